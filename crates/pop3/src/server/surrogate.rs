//! How large the surrogate of a message is, found out from its headers alone: LIST and RETR have to agree (RFC 6856, 2.1).

use mailbox::operations::Email;
use mailbox::{Account, Fault};
use message::Outline;

use crate::downgrade::{Header, InLines, Place, headers};
use crate::limits::{BODY_RANGE_OCTETS, SURROGATE_HEADERS_MAX};

/// The octets that RETR sends of a surrogate. A message with more headers than anybody would look through counts as it is.
pub(crate) fn octets(account: &Account, email: &Email) -> Result<u64, Fault> {
    let places = Outline::decode(&email.outline).map(|outline| headers(&outline));
    let Some(places) = places.filter(|places| places.len() <= SURROGATE_HEADERS_MAX) else {
        return Ok(email.octets_in_lines);
    };
    let (mut kept, mut sent) = (0u64, 0u64);
    for place in places {
        let (before, after) = header(account, email, &place)?;
        // The last line end of a message counts even if it is missing; a header at the very end has it.
        let is_last = place.range.end >= email.octets;
        let count = |lines: InLines| if is_last { lines.whole() } else { lines.part() };
        kept = kept.saturating_add(count(before));
        sent = sent.saturating_add(count(after));
    }
    Ok(email.octets_in_lines.saturating_sub(kept).saturating_add(sent))
}

/// Counts a header as it is kept, and as it is sent.
fn header(account: &Account, email: &Email, place: &Place) -> Result<(InLines, InLines), Fault> {
    let (mut before, mut after) = (InLines::default(), InLines::default());
    let mut header = Header::default();
    let mut out = Vec::new();
    let mut from = place.range.start;
    while from < place.range.end {
        let to = from.saturating_add(BODY_RANGE_OCTETS).min(place.range.end);
        let piece = account.body(email, from..to)?;
        if piece.is_empty() {
            return Err(Fault::new("a body is shorter than its outline says"));
        }
        before.take(&piece);
        header.take(&piece, place.labels, &mut out);
        after.take(&out);
        out.clear();
        from = from.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    }
    header.end(place.labels, &mut out);
    after.take(&out);
    Ok((before, after))
}
