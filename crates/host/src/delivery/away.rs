//! Answers for people who are away (RFC 8621, 8; RFC 3834). They come after the mail is stored, at most one for each sender in a week,
//! and whatever becomes of them, the mail has been delivered.

use std::collections::BTreeMap;

use bytes::Bytes;
use directory::NoteWritten;
use jmap::server::Vacation;
use jmap::server::ports::NoteKind;
use mailbox::{AccountId, Received, Timestamp};
use message::Outline;
use queue::{Absence, Answering, Arrived, Submission};
use serde::{Deserialize, Serialize};
use smtp::command::{Mail, Rcpt};
use smtp::delivery::{Claim, Envelope};
use smtp::{Address, Brackets, MailParameters, RecipientParameters};

use super::Deliveries;
use crate::jmap::name_of;

/// For how long a sender who had an answer has no other, in seconds (RFC 5230, 4.1).
const AGAIN_S: i64 = 7 * 24 * 3600;
/// How many senders of one user are remembered: whom is forgotten hears again.
const REMEMBERED_MAX: usize = 1000;
/// How much of a header is looked at.
const HEADER_OCTETS_MAX: u64 = 256 << 10;
/// The note of who was answered.
const ANSWERED: &str = "vacation answered";
/// How often a note is tried that somebody else changes at the same time.
const TRIES_MAX: u32 = 8;

/// Who was answered, with what is said now.
#[derive(Default, Serialize, Deserialize)]
struct Answered {
    /// A fingerprint of what is said: who heard something else hears this, too.
    said: String,
    /// When each was.
    at: BTreeMap<String, i64>,
}

/// Answers a message that one user just got, if they want that.
pub(super) async fn answer(
    deliveries: &Deliveries,
    envelope: &Envelope,
    account: AccountId,
    received: &Received,
) {
    if let Err(why) = try_answer(deliveries, envelope, account, received).await {
        let user = deliveries.people.accounts().name(account);
        tracing::warn!(id = envelope.id, user, reason = %why, "no vacation response");
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn try_answer(
    deliveries: &Deliveries,
    envelope: &Envelope,
    account: AccountId,
    received: &Received,
) -> Result<(), Failed> {
    // One who says to be of this host without having logged in may be anybody (RFC 3834, 2).
    let Some(from) = envelope.from.as_ref().filter(|_| envelope.claim == Claim::Nothing) else {
        return Ok(());
    };
    let people = &deliveries.people;
    let Some(note) = people.note(account, name_of(NoteKind::Vacation))? else { return Ok(()) };
    let now = people.accounts().clock().now();
    let Some(vacation) = Vacation::of_note(&note).filter(|vacation| vacation.is_on(now)) else {
        return Ok(());
    };
    if !deliveries.settings().way_out.is_there() && !deliveries.is_local(from)? {
        return Ok(());
    }
    let (header, sender) = (header_of(deliveries, received)?, from.to_string());
    let arrived = Arrived { from: Some(&sender), header: &header };
    let is_mine = |address: &str| {
        let address: Option<Address> = address.parse().ok();
        address.is_some_and(|it| deliveries.is_theirs(account, &it).unwrap_or(false))
    };
    let Some(answering) = arrived.answered(is_mine) else { return Ok(()) };
    if !remember(deliveries, account, &vacation, &answering, now).await? {
        return Ok(());
    }
    let absence = Absence {
        subject: vacation.subject.as_deref(),
        text: vacation.text_body.as_deref(),
        html: vacation.html_body.as_deref(),
    };
    let name = machine::readable(&machine::random::<20>()?).replace('-', "");
    let message = arrived.answer(&absence, &answering, &name, now);
    let mut incoming = people.accounts().receive();
    incoming.write(&message).await?;
    let body = incoming.finish().await?.body;
    deliveries.queue.add(&submission(name, from.clone()), body).await?;
    tracing::info!(
        id = envelope.id,
        user = people.accounts().name(account),
        to = sender,
        "vacation response"
    );
    Ok(())
}

/// The envelope of an answer has no sender (RFC 3834, 3.3).
fn submission(name: String, to: Address) -> Submission {
    let brackets = Brackets::There;
    Submission {
        name,
        mail: Mail { from: None, parameters: MailParameters::default(), brackets },
        sent_as: None,
        recipients: vec![Rcpt { to, parameters: RecipientParameters::default(), brackets }],
        skipped_octets: 0,
        login: None,
        held_until: None,
    }
}

fn header_of(deliveries: &Deliveries, received: &Received) -> Result<Bytes, Failed> {
    let end = Outline::decode(received.outline()).map_or(0, |outline| outline.header().end);
    let end = end.min(HEADER_OCTETS_MAX);
    match received.octets_in_memory() {
        Some(octets) => {
            let end = usize::try_from(end).unwrap_or(usize::MAX).min(octets.len());
            Ok(octets.slice(..end))
        }
        None => Ok(deliveries.people.accounts().engine().body(&received.body.hash, 0..end)?),
    }
}

/// Notes that a sender is answered now; no if they were lately.
async fn remember(
    deliveries: &Deliveries,
    account: AccountId,
    vacation: &Vacation,
    answering: &Answering,
    now: Timestamp,
) -> Result<bool, Failed> {
    let said = blake3::hash(&serde_json::to_vec(vacation)?).to_hex().to_string();
    let sender = answering.to.to_ascii_lowercase();
    let since = now.0.saturating_sub(AGAIN_S);
    for _ in 0..TRIES_MAX {
        let before = deliveries.people.note(account, ANSWERED)?;
        let read = |note: &Bytes| serde_json::from_slice::<Answered>(note).ok();
        let mut answered = before.as_ref().and_then(read).unwrap_or_default();
        if answered.said != said {
            answered = Answered { said: said.clone(), at: BTreeMap::new() };
        }
        answered.at.retain(|_, at| *at > since);
        if answered.at.contains_key(&sender) {
            return Ok(false);
        }
        while answered.at.len() >= REMEMBERED_MAX {
            let oldest = answered.at.iter().min_by_key(|(_, at)| **at).map(|(it, _)| it.clone());
            oldest.map(|oldest| answered.at.remove(&oldest));
        }
        answered.at.insert(sender.clone(), now.0);
        let after = Bytes::from(serde_json::to_vec(&answered)?);
        match deliveries.people.write_note(account, ANSWERED, before, after).await? {
            NoteWritten::Yes => return Ok(true),
            NoteWritten::No => {}
        }
    }
    Ok(false)
}
