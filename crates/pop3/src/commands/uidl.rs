//! UIDL: the unique ids of the messages, for life (RFC 1939, 7).

use mailbox::Fault;

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::limits::LISTING_ENTRIES;
use crate::server::{Answer, Gone, Maildrop, Next, Stream, Wire, Words};

pub(crate) const ROW: Row = Row {
    name: "UIDL",
    usage: "UIDL [message-number]",
    states: States::Transaction,
    capability: Capability::Always("UIDL"),
    parse,
};

/// The argument of UIDL.
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
        let answered = wire.output().len();
        wire.answer(&Answer::ok(Words::UniqueIdsFollow));
        let mut from = match page(maildrop, wire, 0) {
            Ok(from) => from,
            Err(fault) => {
                wire.output().truncate(answered);
                wire.answer(&Answer::fault(&fault));
                return Ok(Next::Go);
            }
        };
        while let Some(index) = from {
            wire.drain().await?;
            lane::give_way().await;
            from = page(maildrop, wire, index).map_err(Gone::Fault)?;
        }
        wire.text(".\r\n");
        Ok(Next::Go)
    }
}

/// Gathers some ids; gives where to go on.
fn page<S: Stream>(
    maildrop: &Maildrop,
    wire: &mut Wire<S>,
    from: usize,
) -> Result<Option<usize>, Fault> {
    maildrop.uidls(from, LISTING_ENTRIES, |message, uidl| {
        wire.number(message.number().into());
        wire.text(" ");
        wire.text(uidl);
        wire.text("\r\n");
    })
}

fn one<S: Stream>(maildrop: &Maildrop, wire: &mut Wire<S>, message: MessageNumber) {
    if let Err(absent) = maildrop.entry(message) {
        return wire.answer(&Answer::err(absent.words()));
    }
    let mut given = false;
    let found = maildrop.uidls(message.index(), 1, |message, uidl| {
        wire.answer(&Answer::ok(Words::UniqueId(message, uidl)));
        given = true;
    });
    match found {
        Ok(_) if given => {}
        Ok(_) => wire.answer(&Answer::err(Words::NoUniqueId(message))),
        Err(fault) => wire.answer(&Answer::fault(&fault)),
    }
}
