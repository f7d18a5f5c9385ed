//! Gives out messages that an administrator exports, one after the other.

use mailbox::operations::Email;
use mailbox::{Account, Entry, Flags, MailboxKind, MailboxName, MailboxState};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{Desk, DeskFault};
use crate::answer::{Event, MessageLine, Progress};
use crate::wire;

/// So many octets are read at once.
const PIECE_OCTETS: u64 = 256 << 10;

/// What was given out.
#[derive(Default)]
pub(crate) struct GivenOut {
    pub(crate) messages: u64,
    pub(crate) octets: u64,
}

impl Desk {
    /// Gives out the messages of some mailboxes, or of all.
    pub(crate) async fn give_out(
        &self,
        address: &str,
        mailboxes: &[String],
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<GivenOut, DeskFault> {
        let account = self.account(&super::parsed(address)?).await?;
        let mut wanted = Vec::new();
        for name in mailboxes {
            let valid = MailboxName::new(name)
                .map_err(|fault| DeskFault::Words(format!("{name}: {fault}")))?;
            let found = account.find(&valid)?;
            wanted.push(
                found.ok_or_else(|| DeskFault::Words(format!("there is no mailbox {valid}")))?,
            );
        }
        if mailboxes.is_empty() {
            wanted.extend(account.mailboxes()?.iter().cloned());
        }
        wanted.retain(|mailbox| mailbox.kind == MailboxKind::Selectable);
        let total = wanted.iter().map(|mailbox| mailbox.messages).sum();
        let progress = Progress { what: "messages".to_owned(), done: 0, of: Some(total) };
        wire::write(to, &Event::Progress(progress)).await?;
        let mut given = GivenOut::default();
        for mailbox in wanted {
            let state = account.state(mailbox.id)?;
            let reader = account.reader()?;
            let uidls = account.uidls(&state)?;
            for (entry, uidl) in state.entries.iter().zip(uidls) {
                let Some(email) = reader.email(entry.email)? else { continue };
                let mut line = line(&mailbox.name, &state, entry, &email);
                line.uidl = Some(uidl.to_string());
                wire::write(to, &Event::Message(line)).await?;
                write_body(&account, &email, to).await?;
                given.messages = given.messages.saturating_add(1);
                given.octets = given.octets.saturating_add(email.octets);
            }
        }
        to.flush().await?;
        Ok(given)
    }
}

fn line(name: &MailboxName, state: &MailboxState, entry: &Entry, email: &Email) -> MessageLine {
    let system = [
        (Flags::SEEN, "\\Seen"),
        (Flags::ANSWERED, "\\Answered"),
        (Flags::FLAGGED, "\\Flagged"),
        (Flags::DELETED, "\\Deleted"),
        (Flags::DRAFT, "\\Draft"),
    ];
    let set = system.iter().filter(|(flag, _)| entry.flags.contains(*flag));
    let keywords = state.keywords_of(entry.flags).map(|keyword| keyword.as_str().to_owned());
    MessageLine {
        mailbox: name.to_string(),
        flags: set.map(|(_, name)| (*name).to_owned()).chain(keywords).collect(),
        date_s: Some(email.internal_date.0),
        octets: email.octets,
        uid: Some((state.uid_validity.0, entry.uid.number())),
        uidl: None,
    }
}

async fn write_body(
    account: &Account,
    email: &Email,
    to: &mut (impl AsyncWrite + Unpin),
) -> Result<(), DeskFault> {
    let mut at = 0;
    while at < email.octets {
        let octets = account.body(email, at..at.saturating_add(PIECE_OCTETS))?;
        if octets.is_empty() {
            break;
        }
        at = at.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        wire::write_piece(to, &octets).await?;
    }
    wire::write_piece(to, &[]).await?;
    Ok(())
}
