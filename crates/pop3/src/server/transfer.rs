//! Sends a message, or its top, in constant memory: a range from the store at a time, and the next one only when the
//! client has taken the one before.

use super::{Answer, Gone, Maildrop, Stream, Wire, Words};
use crate::MessageNumber;
use crate::limits::BODY_RANGE_OCTETS;
use crate::stuffing::Stuffer;
use crate::top_scan::TopScan;

/// Sends a message; only its top, if there is a scan for that.
pub(crate) async fn send<S: Stream>(
    maildrop: &Maildrop,
    wire: &mut Wire<S>,
    message: MessageNumber,
    mut top: Option<TopScan>,
) -> Result<(), Gone> {
    let entry = match maildrop.entry(message) {
        Ok(entry) => entry,
        Err(absent) => {
            wire.answer(&Answer::err(absent.words()));
            return Ok(());
        }
    };
    let email = match maildrop.email(&entry) {
        Ok(Some(email)) => email,
        Ok(None) => {
            wire.answer(&Answer::err(Words::IsGone(message)));
            return Ok(());
        }
        Err(fault) => {
            wire.answer(&Answer::fault(&fault));
            return Ok(());
        }
    };
    // The beginning is read before anything is promised; after the +OK only hanging up can say that we failed.
    let mut piece = match maildrop.account().body(&email, 0..BODY_RANGE_OCTETS) {
        Ok(piece) => piece,
        Err(fault) => {
            wire.answer(&Answer::fault(&fault));
            return Ok(());
        }
    };
    wire.answer(&Answer::ok(match top {
        None => Words::Octets(email.octets_in_lines),
        Some(_) => Words::TopFollows,
    }));
    let mut stuffer = Stuffer::default();
    let mut sent = 0u64;
    loop {
        let wanted = top.as_mut().map_or(piece.len(), |top| top.take(&piece));
        stuffer.take(piece.get(..wanted).unwrap_or_default(), wire.output());
        wire.drain().await?;
        sent = sent.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if sent >= email.octets || top.as_ref().is_some_and(TopScan::is_over) {
            break;
        }
        let range = sent..sent.saturating_add(BODY_RANGE_OCTETS);
        piece = maildrop.account().body(&email, range).map_err(Gone::Fault)?;
        if piece.is_empty() {
            return Err(Gone::Fault(mailbox::Fault::new("a body is shorter than its size says")));
        }
    }
    stuffer.end(wire.output());
    wire.drain().await
}
