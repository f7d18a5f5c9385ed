//! THREADID: which thread a message belongs to (RFC 8474, 5.2).

use mailbox::AccountId;

use crate::commands::fetch::{Message, Reply, Source};
use crate::fetch::item::{Ask, Row};
use crate::fetch::{Answer, FetchLine};
use crate::server::outcome::Stop;
use crate::{
    Syntax,
    wire::{Args, object_id},
};

pub(super) const ROW: Row = Row::plain("THREADID", |_| Ok(ThreadId.into()), parse_answer);

/// The identity of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadId;

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let id = if args.eat_nil() { None } else { Some(object_id::parse(args)?) };
    Ok(Answer::ThreadId(id))
}

impl Ask for ThreadId {
    fn print(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"THREADID");
    }
}

impl Reply for ThreadId {
    const SOURCE: Source = Source::Email;

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        if let Some(email) = message.email {
            line.thread_id(message.other, email.thread);
        }
        Ok(())
    }
}

impl FetchLine<'_> {
    /// THREADID, of a thread of another's account where one is given.
    pub fn thread_id(&mut self, other: Option<AccountId>, id: mailbox::ThreadId) {
        self.item(b"THREADID (");
        object_id::print_thread(self.out, other, id);
        self.out.push(b')');
    }
}
