//! Content-Length in an mbox (mboxcl, mboxcl2): it counts where it leads to a line that begins a message, or to the end
//! of the file. Elsewhere it is a leftover, or a sender wrote it.

use std::io::Read;

use memchr::{memchr, memmem};
use message::{find, is_field};

use super::{Dialect, Framing, Letters};
use crate::limits::LOOK_AHEAD_OCTETS_MAX;
use crate::lines::Ends;
use crate::mbox::quoting::Quoting;
use crate::mbox::separator::Separator;

/// A line that begins a message is shorter, and so are it and the line behind it, as far as that is looked at.
const SEPARATOR_OCTETS_MAX: usize = 1_500;

impl<R: Read> Letters<R> {
    /// Sees where the text ends and how it is quoted, once the header was read.
    pub(super) fn measure(&mut self, header: &[u8]) {
        let Framing::Mbox(dialect) = self.framing else { return };
        self.body.quoting = match dialect {
            Dialect::Auto | Dialect::Mboxrd => Quoting::Every,
            Dialect::Mboxo | Dialect::Mboxcl => Quoting::Once,
            Dialect::Mboxcl2 => Quoting::Nothing,
        };
        if self.body.octets.is_some() {
            self.body.quoting = Quoting::Every;
            return;
        }
        if matches!(dialect, Dialect::Mboxo | Dialect::Mboxrd) || self.ends == Ends::Cr {
            return;
        }
        let field = find(header, "Content-Length");
        let length = field.and_then(|field| {
            str::from_utf8(field.unfolded().trim_ascii()).ok()?.parse::<usize>().ok()
        });
        let Some(length) = length.filter(|length| *length <= LOOK_AHEAD_OCTETS_MAX) else {
            return;
        };
        let mozilla = self.mozilla;
        self.lines.ahead(length.saturating_add(SEPARATOR_OCTETS_MAX));
        let cut_off = self.lines.is_cut_off();
        let ahead = self.lines.ahead(length.saturating_add(SEPARATOR_OCTETS_MAX));
        let Some((text, rest)) = ahead.split_at_checked(length) else { return };
        if !leads_on(text, rest, mozilla, cut_off) {
            return;
        }
        self.verbatim |= text.starts_with(b"From ") || memmem::find(text, b"\nFrom ").is_some();
        let octets = u64::try_from(length).unwrap_or(u64::MAX);
        self.body.until = Some(self.lines.read().saturating_add(octets));
        if dialect == Dialect::Auto && self.verbatim {
            self.body.quoting = Quoting::Nothing;
        }
    }
}

/// Whether a text is followed by a message, or by the end of the file, unless that is `cut_off`.
fn leads_on(text: &[u8], rest: &[u8], mozilla: bool, cut_off: bool) -> bool {
    let (mut after, mut ends) = (rest, text.is_empty() || text.ends_with(b"\n"));
    for _ in 0..2 {
        let cut = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n"));
        let Some(cut) = cut else { break };
        (after, ends) = (cut, true);
    }
    if after.is_empty() {
        return !cut_off;
    }
    let end = memchr(b'\n', after).unwrap_or(after.len());
    let (line, next) = after.split_at_checked(end).unwrap_or((after, b""));
    ends && match Separator::of(line.strip_suffix(b"\r").unwrap_or(line)) {
        Some(Separator::Dated { .. }) => true,
        Some(Separator::Bare) => {
            let next = next.split(|octet| *octet == b'\n').nth(1).unwrap_or_default();
            mozilla || is_field(next)
        }
        None => false,
    }
}
