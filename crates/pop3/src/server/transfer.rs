//! Sends a message, or its top, in constant memory: a range from the store at a time, and the next one only when the
//! client has taken the one before.

use bytes::Bytes;
use mailbox::operations::Email;
use mailbox::{Fault, Flags};
use message::Outline;

use super::{Answer, Gone, Maildrop, Stream, Wire, Words, surrogate};
use crate::MessageNumber;
use crate::downgrade::Downgrade;
use crate::limits::BODY_RANGE_OCTETS;
use crate::stuffing::{LineEnds, Stuffer};
use crate::top_scan::TopScan;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// All that was asked for.
    Whole,
    /// Nothing but a refusal.
    Nothing,
}

/// Sends a message; only its top, if there is a scan for that.
pub(crate) async fn send<S: Stream>(
    maildrop: &Maildrop,
    wire: &mut Wire<S>,
    message: MessageNumber,
    top: Option<TopScan>,
) -> Result<Sent, Gone> {
    let entry = match maildrop.entry(message) {
        Ok(entry) => entry,
        Err(absent) => return refuse(wire, &Answer::err(absent.words())),
    };
    let email = match maildrop.looks().email(&entry) {
        Ok(Some(email)) => email,
        Ok(None) => return refuse(wire, &Answer::err(Words::IsGone(message))),
        Err(fault) if fault.is_damaged() => return refuse(wire, &Answer::damaged(message, &fault)),
        Err(fault) => return refuse(wire, &Answer::fault(&fault)),
    };
    let line_ends =
        if entry.flags.contains(Flags::UNEVEN) { LineEnds::Any } else { LineEnds::Even };
    let mut pipe = Pipe::new(line_ends, top.clone());
    let mut octets = email.octets_in_lines;
    if maildrop.needs_surrogate(&entry) {
        let Some(outline) = Outline::decode(&email.outline) else {
            return refuse(wire, &Answer::needs_utf8(message));
        };
        pipe = Pipe::rewriting(Downgrade::of(&outline), top.clone());
        if top.is_none() {
            octets = match surrogate::measure(maildrop.account(), &email) {
                Ok(surrogate) => surrogate.octets,
                Err(fault) => return unreadable(maildrop, wire, &email, message, &fault),
            };
        }
    }
    // What is needed is read before anything is promised; after the +OK only hanging up can say that we failed.
    let piece = match first_piece(maildrop, &email, top.clone()).await {
        Ok(piece) => piece,
        Err(fault) => return unreadable(maildrop, wire, &email, message, &fault),
    };
    wire.answer(&Answer::ok(match top {
        None => Words::Octets(octets),
        Some(_) => Words::TopFollows,
    }));
    send_from(maildrop, wire, &email, piece, pipe).await
}

/// Sends a message from its first piece on.
async fn send_from<S: Stream>(
    maildrop: &Maildrop,
    wire: &mut Wire<S>,
    email: &Email,
    first: Bytes,
    mut pipe: Pipe,
) -> Result<Sent, Gone> {
    let (mut piece, mut taken) = (first, 0u64);
    loop {
        pipe.take(&piece, wire.output());
        taken = taken.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        // Not held while the client takes its time.
        drop(piece);
        if taken >= email.octets || pipe.is_over() {
            break;
        }
        wire.drain().await?;
        lane::give_way().await;
        let range = taken..taken.saturating_add(BODY_RANGE_OCTETS);
        piece = maildrop.account().body(email, range).map_err(Gone::Fault)?;
        if piece.is_empty() {
            return Err(Gone::Fault(Fault::new("a body is shorter than its size says")));
        }
    }
    pipe.end(wire.output());
    Ok(Sent::Whole)
}

/// Reads the beginning; of a message that is known to be damaged all that would be sent. Of the top the lines are
/// counted as they are kept, which may be a few more than are sent.
async fn first_piece(
    maildrop: &Maildrop,
    email: &Email,
    mut top: Option<TopScan>,
) -> Result<Bytes, Fault> {
    let account = maildrop.account();
    let first = account.body(email, 0..BODY_RANGE_OCTETS)?;
    if !account.is_known_damaged(email) {
        return Ok(first);
    }
    let (mut taken, mut piece) = (0u64, first.clone());
    while !piece.is_empty() {
        if let Some(top) = &mut top {
            top.take(&piece);
            if top.is_over() {
                break;
            }
        }
        lane::breathe(Some(account.turns())).await;
        taken = taken.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        piece = account.body(email, taken..taken.saturating_add(BODY_RANGE_OCTETS))?;
    }
    Ok(first)
}

fn refuse<S: Stream>(wire: &mut Wire<S>, answer: &Answer<'_>) -> Result<Sent, Gone> {
    wire.answer(answer);
    Ok(Sent::Nothing)
}

/// Says why a message cannot be read. One that is damaged stays so, however often a client asks (RFC 3206, 4: SYS/PERM);
/// but one that was dropped for good while we looked has lost its octets too.
fn unreadable<S: Stream>(
    maildrop: &Maildrop,
    wire: &mut Wire<S>,
    email: &Email,
    message: MessageNumber,
    fault: &Fault,
) -> Result<Sent, Gone> {
    if !fault.is_damaged() {
        return refuse(wire, &Answer::fault(fault));
    }
    let now = maildrop.account().reader().and_then(|reader| reader.email(email.id));
    refuse(
        wire,
        &match now {
            Ok(None) => Answer::err(Words::IsGone(message)),
            Ok(Some(_)) | Err(_) => Answer::damaged(message, fault),
        },
    )
}

/// What a message passes through on its way out.
struct Pipe {
    downgrade: Option<Downgrade>,
    /// What comes out of that, before it goes on.
    rewritten: Vec<u8>,
    /// The top is counted in lines of what is sent.
    top: Option<TopScan>,
    stuffer: Stuffer,
}

impl Pipe {
    fn new(line_ends: LineEnds, top: Option<TopScan>) -> Pipe {
        Pipe { downgrade: None, rewritten: Vec::new(), top, stuffer: Stuffer::new(line_ends) }
    }

    /// Puts headers into ASCII on the way.
    fn rewriting(downgrade: Downgrade, top: Option<TopScan>) -> Pipe {
        Pipe { downgrade: Some(downgrade), ..Pipe::new(LineEnds::Any, top) }
    }

    fn take(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let Some(downgrade) = &mut self.downgrade else {
            return pass_on(piece, &mut self.top, &mut self.stuffer, out);
        };
        self.rewritten.clear();
        downgrade.take(piece, &mut self.rewritten);
        pass_on(&self.rewritten, &mut self.top, &mut self.stuffer, out);
    }

    fn is_over(&self) -> bool {
        self.top.as_ref().is_some_and(TopScan::is_over)
    }

    fn end(mut self, out: &mut Vec<u8>) {
        if let Some(downgrade) = self.downgrade {
            self.rewritten.clear();
            downgrade.end(&mut self.rewritten);
            pass_on(&self.rewritten, &mut self.top, &mut self.stuffer, out);
        }
        self.stuffer.end(out);
    }
}

fn pass_on(octets: &[u8], top: &mut Option<TopScan>, stuffer: &mut Stuffer, out: &mut Vec<u8>) {
    let wanted = top.as_mut().map_or(octets.len(), |top| top.take(octets));
    stuffer.take(octets.get(..wanted).unwrap_or_default(), out);
}
