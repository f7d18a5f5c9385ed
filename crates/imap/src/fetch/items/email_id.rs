//! EMAILID: which email a message is, the same in all mailboxes it is copied to (RFC 8474, 5.1).

use mailbox::AccountId;

use crate::capability::Capability;
use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, object_id},
};

pub(super) const ROW: Row = Row::plain("EMAILID", |_| Ok(EmailId.into()), parse_answer)
    .brings(Capability::AfterLogin("OBJECTID"));

/// The identity of the email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailId;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    object_id::parse(args).map(Answer::EmailId)
}

impl Ask for EmailId {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"EMAILID");
    }
}

impl Reply for EmailId {
    const SOURCE: Source = Source::Entry;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        line.email_id(message.other, message.entry.email);
        Ok(())
    }
}

impl FetchLine<'_> {
    /// EMAILID, of an email of another's account where one is given.
    pub fn email_id(&mut self, other: Option<AccountId>, id: mailbox::EmailId) {
        self.item(b"EMAILID (");
        object_id::print_email(self.out, other, id);
        self.out.push(b')');
    }
}
