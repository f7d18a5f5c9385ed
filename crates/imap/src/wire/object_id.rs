//! The identities of emails, threads and mailboxes as clients see them (RFC 8474, 4 and 5): a letter, so that no two
//! kinds look alike, and a number.

use mailbox::{EmailId, MailboxId, ThreadId};

use super::{Args, print};
use crate::Syntax;

/// Appends an EMAILID.
pub fn print_email(out: &mut Vec<u8>, id: EmailId) {
    out.push(b'M');
    print::number(out, id.0);
}

/// Appends a THREADID.
pub fn print_thread(out: &mut Vec<u8>, id: ThreadId) {
    out.push(b'T');
    print::number(out, id.0);
}

/// The MAILBOXID.
pub fn mailbox(id: MailboxId) -> String {
    format!("F{}", id.0)
}

/// Reads an EMAILID of ours; none if it cannot be one.
pub fn email_of(text: &str) -> Option<EmailId> {
    canonical(text, 'M').map(EmailId)
}

/// Reads a THREADID of ours; none if it cannot be one.
pub fn thread_of(text: &str) -> Option<ThreadId> {
    canonical(text, 'T').map(ThreadId)
}

fn canonical(text: &str, kind: char) -> Option<u64> {
    let digits = text.strip_prefix(kind)?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// Takes an identity in parentheses.
pub(crate) fn parse(args: &mut Args<'_>) -> Result<String, Syntax> {
    args.open()?;
    let id = args.atom("an object identity")?.to_owned();
    args.close()?;
    Ok(id)
}
