//! UNAUTHENTICATE: goes back to before the login, so that somebody else can log in over the same connection (RFC 8437).
//! TLS stays; the selected mailbox, what SEARCH saved, what was enabled and the compression go. It is never refused.

use crate::Syntax;
use crate::capability::Capability;
use crate::client::{Client, Fault, Stream};
use crate::command::{Command, ConnectionState, Request, Row};
use crate::server::Run;
use crate::server::outcome::{Done, Next, Stop};
use crate::server::session::Session;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row = Row::new("UNAUTHENTICATE", ConnectionState::Authenticated, parse)
    .brings(&[Capability::AfterLogin("UNAUTHENTICATE")]);

/// Ends what the login began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unauthenticate;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Unauthenticate))
}

impl Request for Unauthenticate {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("UNAUTHENTICATE");
    }
}

impl Run for Unauthenticate {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.log_out();
        // The OK is the last that goes out compressed (RFC 8437, 4.1).
        Ok(Done { next: Next::Expand, ..Done::completed() })
    }
}

impl<S: Stream> Client<S> {
    /// Goes back to before the login, to log in as somebody else. Other commands have to be finished.
    pub async fn unauthenticate(&mut self) -> Result<(), Fault> {
        self.run_last(Unauthenticate).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command;
    use crate::wire::Literals;
    use crate::{Dialect, Tag};

    #[test]
    fn it_is_read_as_it_is_printed() {
        let tag = Tag::new(b"a1").unwrap();
        let printed =
            Command::new(Unauthenticate).print(&tag, Dialect::REV1, Literals::Waiting).octets;
        assert_eq!(printed, b"a1 UNAUTHENTICATE\r\n");
        let read = command::parse(b"a1 unauthenticate", Dialect::REV1).unwrap();
        assert_eq!(read.command, Command::new(Unauthenticate));
        assert!(command::parse(b"a1 UNAUTHENTICATE ana", Dialect::REV1).is_err());
    }
}
