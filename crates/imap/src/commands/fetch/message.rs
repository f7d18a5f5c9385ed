//! The answer to FETCH for one message.

use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use mailbox::operations::Email;
use mailbox::{AccountId, Entry, Keyword, Timestamp};

use super::seen::Seen;
use super::{Missed, break_off};
use crate::Dialect;
use crate::fetch::item::Ask;
use crate::fetch::{FetchLine, Item, Recent, items};
use crate::server::outcome::Stop;
use crate::server::session::Session;
use crate::view::SequenceNumber;

/// What has to be read to answer an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nothing: the hot state has it.
    Entry,
    /// What is stored beside the body, where the hot state does not know when the message came.
    Arrival,
    /// What is stored beside the body.
    Email,
    /// When it came into the mailbox.
    SaveDate,
    /// Octets of the body.
    Octets,
}

/// An item that can be answered: by `answer`, or, where octets have to be read, by `send`.
pub(crate) trait Reply: Ask {
    const SOURCE: Source;

    /// Prints the answer.
    fn answer(&self, _line: &mut FetchLine<'_>, _message: &Message<'_>) -> Result<(), Stop> {
        Ok(())
    }

    /// Prints the answer and sends it, slice by slice.
    fn send(&self, _to: Sending<'_, '_>) -> impl Future<Output = Result<(), Stop>> + Send {
        std::future::ready(Ok(()))
    }
}

/// An answer being sent.
type Sent<'r> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'r>>;

/// Any item. The methods are those of `Ask` and `Reply`.
pub(crate) trait AnyItem: Any + Debug + Send + Sync {
    fn print(&self, out: &mut Vec<u8>);
    fn sets_seen(&self) -> bool;
    fn source(&self) -> Source;
    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop>;
    fn send<'r>(&'r self, to: Sending<'r, '_>) -> Sent<'r>;
    fn to_boxed(&self) -> Box<dyn AnyItem>;
    fn equals(&self, other: &dyn AnyItem) -> bool;
}

impl<I: Reply> AnyItem for I {
    fn print(&self, out: &mut Vec<u8>) {
        Ask::print(self, out);
    }

    fn sets_seen(&self) -> bool {
        Ask::sets_seen(self)
    }

    fn source(&self) -> Source {
        I::SOURCE
    }

    fn answer(&self, line: &mut FetchLine<'_>, message: &Message<'_>) -> Result<(), Stop> {
        Reply::answer(self, line, message)
    }

    fn send<'r>(&'r self, to: Sending<'r, '_>) -> Sent<'r> {
        Box::pin(Reply::send(self, to))
    }

    fn to_boxed(&self) -> Box<dyn AnyItem> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn AnyItem) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<I>() == Some(self)
    }
}

/// Whether an item is the first in the answer for its message, and so begins the line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemOrder {
    First,
    Later,
}

/// One message to be shown.
pub(crate) struct Message<'m> {
    pub(crate) number: SequenceNumber,
    pub(crate) entry: &'m Entry,
    /// What is stored of it; none if no item has to know.
    pub(crate) email: Option<&'m Email>,
    /// When it came into the mailbox; none if no item has to know, or that is damaged.
    pub(crate) saved: Option<Timestamp>,
    pub(crate) keywords: &'m [Keyword],
    pub(crate) recent: Recent,
    pub(crate) dialect: Dialect,
    /// The account that identities name, where it is another's (RFC 8474, 4).
    pub(crate) other: Option<AccountId>,
}

/// Where octets of a message are to be sent.
pub(crate) struct Sending<'a, 's> {
    pub(crate) session: &'a mut Session<'s>,
    pub(crate) email: &'a Email,
    pub(crate) missed: &'a mut Missed,
    message: &'a Message<'a>,
    order: ItemOrder,
}

impl Sending<'_, '_> {
    /// The answer for the message, to be gone on with.
    pub(crate) fn line(&mut self) -> FetchLine<'_> {
        self.message.line(self.session.channel.out(), self.order)
    }
}

impl Message<'_> {
    /// Prints the answer for this message; with its flags, if it was marked `\Seen` for it, and notes whether it was shown.
    /// An item whose octets are damaged is left out: NIL would be kept by clients as a message without content
    /// (RFC 2180, 4.1.2).
    pub(super) async fn print_all(
        &self,
        session: &mut Session<'_>,
        items: &[Item],
        seen: &mut Seen,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        let mut order = ItemOrder::First;
        let mut is_seen = false;
        for item in items {
            let item = item.inner();
            match self.email {
                Some(email) if item.source() == Source::Octets => {
                    let mark = session.channel.mark();
                    let to = Sending { session, email, missed, message: self, order };
                    match item.send(to).await {
                        Ok(()) if session.channel.mark() == mark => continue,
                        Ok(()) => {}
                        Err(stop) if stop.is_damaged() => {
                            if !session.channel.take_back(mark) {
                                return Err(break_off(stop));
                            }
                            missed.damaged(session, self.entry, &stop)?;
                            continue;
                        }
                        Err(stop) => return Err(stop),
                    }
                }
                // What tells it is damaged.
                Some(_) | None if item.source() == Source::SaveDate && self.saved.is_none() => {
                    continue;
                }
                Some(_) | None => {
                    item.answer(&mut self.line(session.channel.out(), order), self)?;
                }
            }
            order = ItemOrder::Later;
            is_seen |= item.sets_seen();
        }
        let shows_flags = is_seen
            && seen.is_marked(self.entry.uid)
            && !items.iter().any(Item::is::<items::Flags>);
        if order == ItemOrder::First && !shows_flags {
            // All that was asked for is damaged, or cannot be decoded.
            return Ok(());
        }
        let mut line = self.line(session.channel.out(), order);
        if shows_flags {
            Reply::answer(&items::Flags, &mut line, self)?;
        }
        line.end();
        if is_seen {
            seen.show(self.entry.uid);
        }
        Ok(())
    }

    fn line<'o>(&self, out: &'o mut Vec<u8>, order: ItemOrder) -> FetchLine<'o> {
        match order {
            ItemOrder::First => {
                FetchLine::begin(out, self.number.number(), self.entry.uid, self.dialect)
            }
            ItemOrder::Later => FetchLine::resume(out, self.dialect),
        }
    }
}
