//! Looks at the header of a message as it streams by: its print, and when the message came.

use mailbox::Timestamp;
use message::SentDate;

use super::Print;
use crate::limits::CLIENT_HEADER_OCTETS_MAX;

/// Fields that servers change under way: what was read or kept where, and what older servers write into their mbox files.
const RESTLESS: [&str; 8] = [
    "Status",
    "X-Status",
    "X-Keywords",
    "X-UID",
    "X-UIDL",
    "X-IMAPbase",
    "Content-Length",
    "Lines",
];

/// Takes a message piece by piece and keeps its header.
#[derive(Default)]
pub(super) struct HeaderScan {
    header: Vec<u8>,
    state: State,
    octets: u64,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// At the beginning of a line.
    #[default]
    LineStart,
    /// At the beginning of a line, behind a CR.
    Return,
    Inside,
    Over,
}

impl HeaderScan {
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.octets = self.octets.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        let mut rest = piece;
        while self.state != State::Over && !rest.is_empty() {
            let end = match self.state {
                State::LineStart | State::Return => 1,
                State::Inside | State::Over => {
                    memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1))
                }
            };
            let (taken, left) = rest.split_at_checked(end).unwrap_or((rest, b""));
            self.state = match (self.state, taken.last()) {
                (State::LineStart | State::Return, Some(b'\n')) => State::Over,
                (State::LineStart, Some(b'\r')) => State::Return,
                (State::Inside, Some(b'\n')) => State::LineStart,
                (_, _) => State::Inside,
            };
            self.header.extend_from_slice(taken);
            // What is longer is no header that anybody wrote; its beginning tells it from others well enough.
            if self.header.len() >= CLIENT_HEADER_OCTETS_MAX {
                self.header.truncate(CLIENT_HEADER_OCTETS_MAX);
                self.state = State::Over;
            }
            rest = left;
        }
    }

    /// Whether the header has come to its end.
    pub(super) fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// How many octets came by.
    pub(super) fn octets(&self) -> u64 {
        self.octets
    }

    /// The print of the header, without what servers change.
    pub(super) fn print(&self) -> Print {
        let mut hasher = blake3::Hasher::new();
        for field in message::fields(&self.header) {
            if !RESTLESS.iter().any(|name| field.is(name)) {
                hasher.update(field.raw.trim_ascii_end());
                hasher.update(b"\n");
            }
        }
        Print(hasher.finalize().into())
    }

    /// When the message came, as the last server that took it in says; else when it was sent.
    pub(super) fn date(&self) -> Option<Timestamp> {
        let fields = || message::fields(&self.header);
        let received = fields().find(|field| field.is("Received")).and_then(|field| {
            // The date stands behind the last semicolon (RFC 5321, 4.4).
            let at = memchr::memrchr(b';', field.value)?;
            SentDate::parse(field.value.get(at.saturating_add(1)..)?)
        });
        let date = received.or_else(|| SentDate::of_header(&self.header));
        date.map(|date| Timestamp(date.unix_s))
    }
}

/// The name of a message without unique id: its header and its size.
pub(super) fn header_name(header: Print, listed_octets: Option<u64>) -> Print {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&header.0);
    hasher.update(&listed_octets.unwrap_or(u64::MAX).to_be_bytes());
    Print(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::HeaderScan;

    fn scanned(message: &str, piece: usize) -> HeaderScan {
        let mut scan = HeaderScan::default();
        message.as_bytes().chunks(piece).for_each(|piece| scan.take(piece));
        scan
    }

    #[test]
    fn only_the_header_counts_however_it_is_cut() {
        let print = |message: &str, piece| scanned(message, piece).print();
        let want = print("Subject: a\r\nTo: b\r\n\r\n", 100);
        for message in [
            "Subject: a\r\nTo: b\r\n\r\nbody\r\n",
            "Subject: a\nTo: b\n\nother body",
            "Subject: a\r\nTo: b\r\n",
            "Status: RO\r\nSubject: a\r\nX-UIDL: 7\r\n folded\r\nTo: b\r\n\r\nbody",
        ] {
            for piece in [1, 2, 3, 7, 100] {
                assert_eq!(print(message, piece), want, "{message:?}");
            }
        }
        assert_ne!(print("Subject: a\r\n\r\nTo: b\r\n", 100), want);
        assert_ne!(print("Subject: b\r\nTo: b\r\n\r\n", 100), want);
        assert!(scanned("a: b\r\n\r\n", 1).is_over());
        assert!(!scanned("a: b\r\n\rx\r\n", 1).is_over());
    }

    #[test]
    fn it_came_when_the_last_server_says() {
        let date = |message: &str| scanned(message, 9).date();
        let received = "Received: from a; b (x; y)\r\n by c; Tue, 14 Nov 2023 22:13:20 +0000\r\n";
        let sent = "Date: Mon, 1 Jan 2001 00:00:00 +0000\r\n";
        assert_eq!(date(&format!("{received}{sent}\r\n")), Some(Timestamp(1_700_000_000)));
        assert_eq!(date(&format!("{sent}\r\n")), Some(Timestamp(978_307_200)));
        assert_eq!(date(&format!("Received: by c\r\n{sent}\r\n")), Some(Timestamp(978_307_200)));
        assert_eq!(date("Subject: a\r\n\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\n"), None);
    }

    #[test]
    fn a_header_without_end_is_not_kept_whole() {
        let mut scan = HeaderScan::default();
        (0..100).for_each(|_| scan.take(&[b'x'; 10_000]));
        assert!(scan.header.len() <= 256 << 10 && scan.is_over());
        assert_eq!(scan.octets(), 1_000_000);
    }
}
