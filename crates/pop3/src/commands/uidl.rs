//! UIDL: the unique ids of the messages, for life (RFC 1939, 7).

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Command, Row, Stage};
use crate::limits::LISTING_ENTRIES;
use crate::server::{Answer, Gone, Maildrop, Next, Stream, Wire, Words};

pub(crate) const ROW: Row =
    Row { name: "UIDL", usage: "UIDL [message-number]", stage: Stage::Transaction, parse };

/// UIDL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uidl {
    /// The message; none: all.
    pub message: Option<MessageNumber>,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let message = args.optional_message()?;
    args.end().map(|()| Command::Uidl(Uidl { message }))
}

impl Uidl {
    pub(crate) async fn run<S: Stream>(
        self,
        maildrop: &mut Maildrop,
        wire: &mut Wire<S>,
    ) -> Result<Next, Gone> {
        if let Some(message) = self.message {
            one(maildrop, wire, message);
            return Ok(Next::Go);
        }
        // The first ids are looked up before anything is promised.
        let mut ids = match maildrop.uidls(0, LISTING_ENTRIES) {
            Ok(ids) => ids,
            Err(fault) => {
                wire.answer(&Answer::fault(&fault));
                return Ok(Next::Go);
            }
        };
        wire.answer(&Answer::ok(Words::UniqueIdsFollow));
        loop {
            for (message, uidl) in &ids.found {
                wire.number(message.number().into());
                wire.text(" ");
                wire.text(uidl);
                wire.text("\r\n");
            }
            wire.drain().await?;
            let Some(from) = ids.next else { break };
            ids = maildrop.uidls(from, LISTING_ENTRIES).map_err(Gone::Fault)?;
        }
        wire.text(".\r\n");
        Ok(Next::Go)
    }
}

fn one<S: Stream>(maildrop: &Maildrop, wire: &mut Wire<S>, message: MessageNumber) {
    if let Err(absent) = maildrop.entry(message) {
        return wire.answer(&Answer::err(absent.words()));
    }
    let found = maildrop.uidls(message.index(), 1).map(|ids| ids.found);
    wire.answer(&match found.as_ref().map(|found| found.first()) {
        Ok(Some((_, uidl))) => Answer::ok(Words::UniqueId(message, uidl)),
        Ok(None) => Answer::err(Words::NoUniqueId(message)),
        Err(fault) => Answer::fault(fault),
    });
}
