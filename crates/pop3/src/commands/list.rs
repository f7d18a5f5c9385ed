//! LIST: the sizes of the messages (RFC 1939, 5).

use crate::MessageNumber;
use crate::args::{Args, Wrong};
use crate::command::{Capability, Command, Row, States};
use crate::limits::LISTING_ENTRIES;
use crate::server::{Answer, Gone, Maildrop, Next, Stream, Visit, Wire, Words};

pub(crate) const ROW: Row = Row {
    name: "LIST",
    usage: "LIST [message-number]",
    states: States::Transaction,
    capability: Capability::None,
    parse,
};

/// The argument of LIST.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    /// The message; none: all.
    pub message: Option<MessageNumber>,
}

fn parse<'a>(args: &mut Args<'a>) -> Result<Command<'a>, Wrong> {
    let message = args.optional_message()?;
    args.end().map(|()| Command::List(List { message }))
}

impl List {
    pub(crate) async fn run<S: Stream>(
        self,
        maildrop: &mut Maildrop,
        wire: &mut Wire<S>,
    ) -> Result<Next, Gone> {
        if let Some(message) = self.message {
            let octets = |entry| maildrop.octets(&mut maildrop.looks(), &entry);
            wire.answer(&match maildrop.entry(message).map(octets) {
                Ok(Ok(octets)) => Answer::ok(Words::ScanListing(message, octets)),
                Ok(Err(fault)) => Answer::fault(&fault),
                Err(absent) => Answer::err(absent.words()),
            });
            return Ok(Next::Go);
        }
        let (messages, octets) = match maildrop.totals().await {
            Ok(totals) => totals,
            Err(fault) => {
                wire.answer(&Answer::fault(&fault));
                return Ok(Next::Go);
            }
        };
        wire.answer(&Answer::ok(Words::Totals(messages, octets)));
        let mut from = Some(0);
        while let Some(index) = from {
            let mut looks = maildrop.looks();
            let listed = maildrop.visit(index, LISTING_ENTRIES, |message, entry| {
                wire.number(message.number().into());
                wire.text(" ");
                wire.number(maildrop.octets(&mut looks, entry)?);
                wire.text("\r\n");
                Ok(if looks.are_many() { Visit::Pause } else { Visit::More })
            });
            drop(looks);
            from = listed.map_err(Gone::Fault)?;
            wire.drain().await?;
            lane::give_way().await;
        }
        wire.text(".\r\n");
        Ok(Next::Go)
    }
}
