//! The identities of RFC 8474, as the client sees them.

use mailbox::{EmailId, MailboxId, ThreadId};

/// MAILBOXID
pub(super) fn of_mailbox(id: MailboxId) -> String {
    format!("F{}", id.0)
}

/// EMAILID
pub(super) fn of_email(id: EmailId) -> String {
    format!("M{}", id.0)
}

/// THREADID
pub(super) fn of_thread(id: ThreadId) -> String {
    format!("T{}", id.0)
}

/// The email of an EMAILID.
pub(super) fn email(text: &str) -> Option<EmailId> {
    number(text, 'M').map(EmailId)
}

/// The thread of a THREADID.
pub(super) fn thread(text: &str) -> Option<ThreadId> {
    number(text, 'T').map(ThreadId)
}

fn number(text: &str, kind: char) -> Option<u64> {
    let digits = text.strip_prefix(kind)?;
    let number: u64 = digits.parse().ok()?;
    // `+7` and `007` are other texts than the one that was given out.
    (number.to_string() == digits).then_some(number)
}
