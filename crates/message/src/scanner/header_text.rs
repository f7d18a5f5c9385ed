//! Whether a header has text in UTF-8 in it (RFC 6532, 3), found as its octets come in.

/// What kind of text stands in the headers of a message and its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderText {
    /// ASCII, or octets that are no UTF-8 and mean nothing.
    #[default]
    Ascii,
    /// UTF-8 beyond ASCII in at least one header (RFC 6532).
    Utf8,
}

/// Watches one header after another.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// The beginning of a character whose end has not come yet.
    pending: Vec<u8>,
    header: Header,
    /// What the headers before were.
    pub(super) found: HeaderText,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Header {
    #[default]
    Ascii,
    Utf8,
    Neither,
}

impl Watch {
    /// Takes octets of the header at hand.
    pub(super) fn push(&mut self, octets: &[u8]) {
        if self.header == Header::Neither || self.pending.is_empty() && octets.is_ascii() {
            return;
        }
        let mut joined = std::mem::take(&mut self.pending);
        joined.extend_from_slice(octets);
        self.header = Header::Utf8;
        if let Err(error) = std::str::from_utf8(&joined) {
            match error.error_len() {
                // At most three octets are kept.
                None => self.pending = joined.split_off(error.valid_up_to()),
                Some(_) => self.header = Header::Neither,
            }
        }
    }

    /// The header at hand ends.
    pub(super) fn end_header(&mut self) {
        if self.header == Header::Utf8 && self.pending.is_empty() {
            self.found = HeaderText::Utf8;
        }
        self.pending.clear();
        self.header = Header::Ascii;
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderText;
    use crate::Scanner;

    #[test]
    fn text_in_utf8_is_found_in_every_header_however_the_octets_are_cut() {
        let parts = |inner: &str| {
            format!(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\nPréface\r\n--b\r\n{inner}\r\n--b--\r\n"
            )
            .into_bytes()
        };
        let long = format!("Subject: {}\u{fc}\r\n\r\n", "x".repeat(20_000));
        for (message, want) in [
            (&b"Subject: plain\r\n\r\nbody \xc3\xbc\r\n"[..], HeaderText::Ascii),
            ("Subject: Grüße\r\n\r\n".as_bytes(), HeaderText::Utf8),
            ("Subject: no end 日本".as_bytes(), HeaderText::Utf8),
            (b"Subject: Gr\xfc\xdfe\r\n\r\n", HeaderText::Ascii),
            (b"Subject: Gr\xc3\xbc\r\nTo: \xff\r\n\r\n", HeaderText::Ascii),
            (b"Subject: cut \xc3\r\n\r\n", HeaderText::Ascii),
            (b"Gr\xc3\xbc\xc3\x9fe without a header\r\n", HeaderText::Ascii),
            (long.as_bytes(), HeaderText::Utf8),
            (&parts("Content-Description: né\r\n\r\nx"), HeaderText::Utf8),
            (&parts("Content-Description: ne\r\n\r\né"), HeaderText::Ascii),
            (&parts("Content-Type: message/rfc822\r\n\r\nSubject: né\r\n\r\n"), HeaderText::Utf8),
        ] {
            for cut in [1, 2, 3, 7, 4_000, message.len().max(1)] {
                let mut scanner = Scanner::new();
                message.chunks(cut).for_each(|piece| scanner.push(piece));
                let found = scanner.finish_with_headers().1;
                assert_eq!(found, want, "{} by {cut}", String::from_utf8_lossy(message));
            }
        }
    }
}
