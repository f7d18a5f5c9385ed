//! The copy in Sent: mail programs that use POP3 have no folder on the host to put one into, so the host does it for
//! those whose policy says so.
//!
//! The copy is made once the message has its way, and before the sender is told so. It is what was submitted, with our
//! trace fields before it, so that it shares its body with what the recipients here got; whatever the client put into
//! a Bcc field stays in it, and none is added. When it cannot be made (no room, a fault), the message has been accepted
//! all the same: that is logged, and the sender hears nothing of it, since being told "refused" would have the mail
//! program send everything again.

use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Device, Error, FlagNames, Flags, Keyword, MailboxId, MailboxKind,
    MailboxName, Received, Role, SentCopy, Who,
};
use smtp::delivery::Envelope;

use super::repeats::{Key, Sameness};
use super::{Deliveries, door};

/// So many of the newest messages in Sent are looked at for a copy that the client has put there itself.
const LOOKED_AT: usize = 32;
/// A copy of the client's own is not older than this, in seconds.
const OWN_COPY_S: i64 = 600;
/// The name of the mailbox when none has the role.
const NAME: &str = "Sent";

/// Makes the copy where the policy of the sender's device asks for one. Gives what to note, so that a message which comes
/// again is not copied again.
pub(super) async fn copy(
    deliveries: &Deliveries,
    envelope: &Envelope,
    received: Received,
    same: Option<&Sameness>,
) -> Key {
    let login = envelope.login.as_ref()?;
    let key = same.map(|same| same.key_of_copy(AccountId(login.account)));
    let who = Who {
        device: login.device.clone(),
        address: envelope.peer.address,
        ..Who::at(door(envelope))
    };
    let opened = deliveries.people.accounts().open(AccountId(login.account), who);
    let copied = match opened {
        Ok(account) => copy_of(deliveries, &account, received, &key).await,
        Err(error) => Err(error),
    };
    match copied {
        Ok(Copied::Made) => {
            tracing::info!(outcome = "ok", id = envelope.id, user = login.address, "copy in Sent");
            key
        }
        Ok(Copied::ThereAlready) => key,
        Ok(Copied::NotAsked) => None,
        Err(error) => {
            tracing::warn!(
                outcome = "failed",
                reason = %error,
                id = envelope.id,
                user = login.address,
                "copy in Sent"
            );
            None
        }
    }
}

enum Copied {
    Made,
    ThereAlready,
    NotAsked,
}

async fn copy_of(
    deliveries: &Deliveries,
    account: &Account,
    received: Received,
    key: &Key,
) -> Result<Copied, Error> {
    let device = account.who().device.as_deref().and_then(Device::new);
    match account.pop3_policy(device.as_ref())?.sent {
        SentCopy::NoCopy => return Ok(Copied::NotAsked),
        SentCopy::Copy => {}
    }
    let now = deliveries.people.accounts().clock().now();
    if deliveries.repeats.is_repeat(key, now) {
        return Ok(Copied::ThereAlready);
    }
    let sent = sent_mailbox(account).await?;
    if has_own_copy(account, sent, &received, now.0)? {
        return Ok(Copied::ThereAlready);
    }
    let flags = FlagNames { system: Flags::SEEN, keywords: Vec::<Keyword>::new() };
    let append = Append { received, flags, internal_date: None, uidl: None };
    account.append(sent, vec![append]).await?;
    Ok(Copied::Made)
}

/// The mailbox with the role, or one of the usual name; made when there is neither.
async fn sent_mailbox(account: &Account) -> Result<MailboxId, Error> {
    let mailboxes = account.mailboxes()?;
    let mut open = mailboxes.iter().filter(|mailbox| mailbox.kind == MailboxKind::Selectable);
    if let Some(sent) = open.find(|mailbox| mailbox.role == Some(Role::Sent)) {
        return Ok(sent.id);
    }
    let name = MailboxName::new(NAME)
        .map_err(|error| mailbox::Fault::caused("Sent is no name for a mailbox", error))?;
    if let Some(named) = account.find(&name)?
        && named.kind == MailboxKind::Selectable
    {
        return Ok(named.id);
    }
    let made = account.create_mailbox(&name, Some(Role::Sent)).await?;
    account.subscribe(&name).await?;
    Ok(made)
}

/// Whether the client has put a copy there itself a moment ago: same Message-ID. Its size tells nothing, because ours has
/// trace fields and theirs may have a Bcc field.
fn has_own_copy(
    account: &Account,
    sent: MailboxId,
    received: &Received,
    now_s: i64,
) -> Result<bool, Error> {
    let Some(own) = message_id(received.outline()) else { return Ok(false) };
    let state = account.state(sent)?;
    let reader = account.reader()?;
    let first = state.entries.len().saturating_sub(LOOKED_AT);
    for (_, entry) in state.entries.iter_from(first) {
        let Some(email) = reader.email(entry.email)? else { continue };
        if message_id(&email.outline) != Some(own) {
            continue;
        }
        let saved = reader.save_date(entry.email, sent, entry.uid)?;
        if saved.is_some_and(|saved| now_s.saturating_sub(saved.0) < OWN_COPY_S) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn message_id(outline: &[u8]) -> Option<&[u8]> {
    message::decode_envelope(outline)?.message_id
}
