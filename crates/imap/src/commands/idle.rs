//! IDLE: tells the news as they come, until the client says DONE (RFC 9051, 6.3.13).

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use tokio::time::timeout_at;

use crate::Syntax;
use crate::capability::Capability;
use crate::command::{Command, ConnectionState, Request, Row};
use crate::frame::Line;
use crate::server::outcome::{Done, Stop};
use crate::server::service::after;
use crate::server::session::{Session, either_rings};
use crate::server::{Run, words};
use crate::view::Removals;
use crate::wire::{Args, By, CommandWriter};

pub(super) const ROW: Row =
    Row::new("IDLE", ConnectionState::Authenticated, parse).brings(&[Capability::Always("IDLE")]);

/// Waits for news until the line DONE (RFC 9051, 6.3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Idle;

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.end().map(|()| Command::new(Idle))
}

impl Request for Idle {
    fn print(&self, out: &mut CommandWriter) {
        out.raw("IDLE");
    }
}

/// `DONE` and whatever little may stand around it.
const LINE_OCTETS_MAX: usize = 100;

/// What ended the waiting.
enum Woken {
    News,
    Octets,
}

impl Run for Idle {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        session.channel.out().extend_from_slice(b"+ idling\r\n");
        let until = after(session.service.patience.idle_s);
        loop {
            match session.channel.framer.line(LINE_OCTETS_MAX) {
                Line::Line(line) if line.trim_ascii().eq_ignore_ascii_case(b"DONE") => {
                    return Ok(Done::saying("IDLE terminated"));
                }
                Line::Line(_) | Line::TooLong => {
                    return Err(Stop::Bad("Expected DONE, to end IDLE".into()));
                }
                Line::More => {}
            }
            session.catch_up(Removals::Told, By::Number).await?;
            lane::quick();
            session.channel.flush().await?;
            match timeout_at(until, woken(session)).await {
                Ok(woken) => {
                    woken?;
                }
                Err(_) => return Err(Stop::Bye(None, words::TOO_LONG)),
            }
        }
    }
}

/// Waits until the bell rings or the client says something.
async fn woken(session: &mut Session<'_>) -> Result<Woken, Stop> {
    let Some(person) = session.person.as_deref_mut() else {
        return Err(Stop::Bad("Log in first".into()));
    };
    let channel = &mut session.channel;
    let guest = session.guest.as_deref_mut().map(|guest| &mut guest.bell);
    let mut bell = pin!(either_rings(&mut person.bell, guest));
    channel.rest();
    poll_fn(|context| {
        if let Poll::Ready(result) = channel.poll_fill(context) {
            return Poll::Ready(result.map(|()| Woken::Octets).map_err(Stop::Gone));
        }
        // A bell that is gone for good rings no more; the client can still say DONE.
        bell.as_mut().poll(context).map(|()| Ok(Woken::News))
    })
    .await
}
