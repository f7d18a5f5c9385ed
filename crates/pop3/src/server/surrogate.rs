//! How large the surrogate of a message is, found out from its headers alone: LIST and RETR have to agree (RFC 6856, 2.1).

use mailbox::operations::Email;
use mailbox::{Account, Fault};
use message::Outline;

use crate::downgrade::{Header, HeaderSpan, InLines, headers};
use crate::limits::{BODY_RANGE_OCTETS, SURROGATE_HEADER_OCTETS_MAX, SURROGATE_HEADERS_MAX};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Surrogate {
    /// The octets that RETR sends.
    pub(crate) octets: u64,
    /// How many octets were read to know that.
    pub(crate) read: u64,
}

/// Measures a surrogate. A message with more header than anybody would look through counts as it is.
pub(crate) fn measure(account: &Account, email: &Email) -> Result<Surrogate, Fault> {
    let outline = Outline::decode(&email.outline);
    let spans = outline.map(|outline| headers(&outline)).unwrap_or_default();
    let read = spans.iter().map(|span| span.range.end.saturating_sub(span.range.start)).sum();
    if spans.len() > SURROGATE_HEADERS_MAX || read > SURROGATE_HEADER_OCTETS_MAX {
        return Ok(Surrogate { octets: email.octets_in_lines, read: 0 });
    }
    let (mut kept, mut sent) = (0u64, 0u64);
    for span in spans {
        let (before, after) = header(account, email, &span)?;
        // The last line end of a message counts even if it is missing; a header at the very end has it.
        let is_last = span.range.end >= email.octets;
        let count = |lines: InLines| if is_last { lines.whole() } else { lines.part() };
        kept = kept.saturating_add(count(before));
        sent = sent.saturating_add(count(after));
    }
    let octets = email.octets_in_lines.saturating_sub(kept).saturating_add(sent);
    Ok(Surrogate { octets, read })
}

/// Counts a header as it is kept, and as it is sent.
fn header(
    account: &Account,
    email: &Email,
    span: &HeaderSpan,
) -> Result<(InLines, InLines), Fault> {
    let (mut before, mut after) = (InLines::default(), InLines::default());
    let mut header = Header::default();
    let mut out = Vec::new();
    let mut from = span.range.start;
    while from < span.range.end {
        let to = from.saturating_add(BODY_RANGE_OCTETS).min(span.range.end);
        let piece = account.body(email, from..to)?;
        if piece.is_empty() {
            return Err(Fault::new("a body is shorter than its outline says"));
        }
        before.take(&piece);
        header.take(&piece, span.labels, &mut out);
        after.take(&out);
        out.clear();
        from = from.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    }
    header.end(span.labels, &mut out);
    after.take(&out);
    Ok((before, after))
}
