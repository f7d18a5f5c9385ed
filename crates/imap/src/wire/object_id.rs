//! The identities of emails, threads and mailboxes as clients see them (RFC 8474, 4 and 5): a letter, so that no two
//! kinds look alike, and a number. Those of another's account begin with `A` and its number (RFC 8474, 4: no two of one client are
//! equal).

use mailbox::{AccountId, EmailId, MailboxId, ThreadId};

use super::{Args, print};
use crate::Syntax;

fn print_other(out: &mut Vec<u8>, other: Option<AccountId>) {
    if let Some(AccountId(number)) = other {
        out.push(b'A');
        print::number(out, number.into());
    }
}

/// Appends an EMAILID.
pub fn print_email(out: &mut Vec<u8>, other: Option<AccountId>, id: EmailId) {
    print_other(out, other);
    out.push(b'M');
    print::number(out, id.0);
}

/// Appends a THREADID.
pub fn print_thread(out: &mut Vec<u8>, other: Option<AccountId>, id: ThreadId) {
    print_other(out, other);
    out.push(b'T');
    print::number(out, id.0);
}

/// The MAILBOXID.
pub fn mailbox(other: Option<AccountId>, id: MailboxId) -> String {
    match other {
        None => format!("F{}", id.0),
        Some(AccountId(number)) => format!("A{number}F{}", id.0),
    }
}

/// Reads an EMAILID of one's own account, or of this other one; none if it cannot be one.
pub fn email_of(other: Option<AccountId>, text: &str) -> Option<EmailId> {
    canonical(within(other, text)?, 'M').map(EmailId)
}

/// Reads a THREADID of one's own account, or of this other one; none if it cannot be one.
pub fn thread_of(other: Option<AccountId>, text: &str) -> Option<ThreadId> {
    canonical(within(other, text)?, 'T').map(ThreadId)
}

/// An identity without the account it is of.
fn within(other: Option<AccountId>, text: &str) -> Option<&str> {
    match other {
        None => Some(text),
        Some(AccountId(number)) => text.strip_prefix('A')?.strip_prefix(&number.to_string()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_of_anothers_account_begin_with_it() {
        let nine = Some(AccountId(9));
        assert_eq!(mailbox(None, MailboxId(7)), "F7");
        assert_eq!(mailbox(nine, MailboxId(7)), "A9F7");
        let mut out = Vec::new();
        print_email(&mut out, nine, EmailId(12));
        print_thread(&mut out, nine, ThreadId(5));
        assert_eq!(out, b"A9M12A9T5");
        assert_eq!(email_of(nine, "A9M12"), Some(EmailId(12)));
        assert_eq!(thread_of(nine, "A9T5"), Some(ThreadId(5)));
        for foreign in ["M12", "A9M012", "A99M12", "A8M12", "A9T12", "A9"] {
            assert_eq!(email_of(nine, foreign), None, "{foreign}");
        }
        assert_eq!(email_of(None, "A9M12"), None);
    }
}
