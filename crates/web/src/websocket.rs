//! Messages over a WebSocket (RFC 6455), the server's half: frames to messages and back. No extensions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How many octets the payload of a control frame has at most (RFC 6455, 5.5).
const CONTROL_OCTETS_MAX: u64 = 125;
/// How many octets are read at once.
const READ_OCTETS: usize = 4 << 10;

/// What the server answers to a key of the client (RFC 6455, 4.2.2).
pub(crate) fn accepted(key: &str) -> String {
    let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(Sha1::digest(text.as_bytes()))
}

/// Something that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A whole message of text.
    Text(Vec<u8>),
    /// Wants a pong with the same octets.
    Ping(Vec<u8>),
    /// The other end is there.
    Pong,
    /// The other end wants to end it, or is gone.
    Close,
}

/// Why a connection is closed (RFC 6455, 7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// As both wish.
    Normal,
    /// The host stops.
    GoingAway,
    /// The rules of frames are broken.
    Protocol,
    /// Something else than text.
    Unsupported,
    /// The login was taken back.
    Policy,
    /// A message is too large.
    TooLarge,
}

impl Closed {
    fn code(self) -> u16 {
        match self {
            Closed::Normal => 1000,
            Closed::GoingAway => 1001,
            Closed::Protocol => 1002,
            Closed::Unsupported => 1003,
            Closed::Policy => 1008,
            Closed::TooLarge => 1009,
        }
    }
}

/// What a frame is, by its opcode (RFC 6455, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Kind {
    fn of(opcode: u8) -> Option<Kind> {
        match opcode {
            0 => Some(Kind::Continuation),
            1 => Some(Kind::Text),
            2 => Some(Kind::Binary),
            8 => Some(Kind::Close),
            9 => Some(Kind::Ping),
            10 => Some(Kind::Pong),
            _ => None,
        }
    }

    fn is_control(self) -> bool {
        match self {
            Kind::Close | Kind::Ping | Kind::Pong => true,
            Kind::Continuation | Kind::Text | Kind::Binary => false,
        }
    }
}

/// The head of a frame.
struct Head {
    kind: Kind,
    is_last: bool,
    octets: u64,
    mask: [u8; 4],
    /// How long the head is itself.
    length: usize,
}

impl Head {
    /// Reads one. None: more octets are needed.
    fn read(octets: &[u8]) -> Result<Option<Head>, Closed> {
        let [first, second, rest @ ..] = octets else { return Ok(None) };
        // No extension was agreed on that would give the other bits a meaning.
        let kind = Kind::of(first & 0x0f).filter(|_| first & 0x70 == 0).ok_or(Closed::Protocol)?;
        let is_last = first & 0x80 != 0;
        // A client masks (5.1).
        if second & 0x80 == 0 {
            return Err(Closed::Protocol);
        }
        let (octets, extended) = match second & 0x7f {
            126 => match rest.first_chunk() {
                Some(octets) => (u64::from(u16::from_be_bytes(*octets)), 2_usize),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(octets) => (u64::from_be_bytes(*octets), 8),
                None => return Ok(None),
            },
            octets => (u64::from(octets), 0),
        };
        if kind.is_control() && (octets > CONTROL_OCTETS_MAX || !is_last) {
            return Err(Closed::Protocol);
        }
        let Some(mask) = rest.get(extended..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        let length = extended.saturating_add(6);
        Ok(Some(Head { kind, is_last, octets, mask: *mask, length }))
    }
}

/// The reading half.
pub(crate) struct Reader<S> {
    stream: S,
    /// What came and was not taken apart yet.
    octets: Vec<u8>,
    /// The pieces of a message that is not complete.
    message: Option<Vec<u8>>,
    message_octets_max: usize,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    /// For messages of at most so many octets.
    pub(crate) fn new(stream: S, message_octets_max: usize) -> Reader<S> {
        Reader { stream, octets: Vec::new(), message: None, message_octets_max }
    }

    /// What comes next. It may be dropped and called again.
    pub(crate) async fn next(&mut self) -> Result<Heard, Closed> {
        loop {
            if let Some(heard) = self.take()? {
                return Ok(heard);
            }
            self.octets.reserve(READ_OCTETS);
            if !matches!(self.stream.read_buf(&mut self.octets).await, Ok(1..)) {
                return Ok(Heard::Close);
            }
        }
    }

    /// Takes whole frames off the beginning, until something is complete.
    fn take(&mut self) -> Result<Option<Heard>, Closed> {
        loop {
            let Some(head) = Head::read(&self.octets)? else { return Ok(None) };
            let begun = self.message.as_ref().map_or(0, Vec::len);
            let octets = usize::try_from(head.octets).unwrap_or(usize::MAX);
            if octets.saturating_add(begun) > self.message_octets_max.max(128) {
                return Err(Closed::TooLarge);
            }
            let end = head.length.saturating_add(octets);
            let Some(payload) = self.octets.get(head.length..end) else { return Ok(None) };
            let masked = payload.iter().zip(head.mask.iter().cycle());
            let payload: Vec<u8> = masked.map(|(octet, mask)| octet ^ mask).collect();
            self.octets.drain(..end);
            if self.octets.is_empty() {
                self.octets = Vec::new();
            }
            match head.kind {
                Kind::Ping => return Ok(Some(Heard::Ping(payload))),
                Kind::Pong => return Ok(Some(Heard::Pong)),
                Kind::Close => return Ok(Some(Heard::Close)),
                Kind::Binary => return Err(Closed::Unsupported),
                // A message within another, or a piece of none (5.4).
                Kind::Text if self.message.is_some() => return Err(Closed::Protocol),
                Kind::Continuation if self.message.is_none() => return Err(Closed::Protocol),
                Kind::Text | Kind::Continuation => {
                    let mut message = self.message.take().unwrap_or_default();
                    message.extend_from_slice(&payload);
                    if head.is_last {
                        return Ok(Some(Heard::Text(message)));
                    }
                    self.message = Some(message);
                }
            }
        }
    }
}

/// The writing half.
pub(crate) struct Writer<S>(pub(crate) S);

impl<S: AsyncWrite + Unpin> Writer<S> {
    async fn frame(&mut self, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
        let mut head = vec![0x80 | opcode];
        match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
            (Ok(octets @ 0..=125), _) => head.push(octets),
            (_, Ok(octets)) => {
                head.push(126);
                head.extend(octets.to_be_bytes());
            }
            (_, Err(_)) => {
                head.push(127);
                head.extend(u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
            }
        }
        self.0.write_all(&head).await?;
        self.0.write_all(payload).await?;
        self.0.flush().await
    }

    /// Sends a message.
    pub(crate) async fn text(&mut self, text: &str) -> std::io::Result<()> {
        self.frame(1, text.as_bytes()).await
    }

    /// Answers a ping.
    pub(crate) async fn pong(&mut self, payload: &[u8]) -> std::io::Result<()> {
        self.frame(10, payload).await
    }

    /// Asks whether the other end is there.
    pub(crate) async fn ping(&mut self) -> std::io::Result<()> {
        self.frame(9, b"").await
    }

    /// Ends it.
    pub(crate) async fn close(&mut self, why: Closed) -> std::io::Result<()> {
        self.frame(8, &why.code().to_be_bytes()).await?;
        self.0.shutdown().await
    }
}

#[cfg(test)]
mod tests {
    use super::{Closed, Heard, Reader, Writer, accepted};

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut octets = vec![first];
        match u8::try_from(payload.len()) {
            Ok(length @ 0..=125) => octets.push(0x80 | length),
            Ok(_) | Err(_) => {
                octets.push(0x80 | 126);
                octets.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            }
        }
        octets.extend(mask);
        octets.extend(payload.iter().zip(mask.iter().cycle()).map(|(octet, mask)| octet ^ mask));
        octets
    }

    async fn heard(octets: &[u8]) -> Vec<Result<Heard, Closed>> {
        let mut reader = Reader::new(octets, 1_000);
        let mut all = Vec::new();
        loop {
            let next = reader.next().await;
            let is_over = matches!(next, Err(_) | Ok(Heard::Close));
            all.push(next);
            if is_over {
                return all;
            }
        }
    }

    fn text(text: &str) -> Result<Heard, Closed> {
        Ok(Heard::Text(text.as_bytes().to_vec()))
    }

    #[test]
    fn the_example_of_rfc_6455_comes_out() {
        assert_eq!(accepted("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn messages_come_whole_however_they_were_cut() {
        let long = "x".repeat(500);
        let octets = [
            frame(0x81, b"one"),
            frame(0x01, b"t"),
            frame(0x89, b"?"),
            frame(0x00, b"w"),
            frame(0x80, b"o"),
            frame(0x81, long.as_bytes()),
            frame(0x8a, b""),
            frame(0x88, &[3, 232]),
        ]
        .concat();
        let want = [
            text("one"),
            Ok(Heard::Ping(b"?".to_vec())),
            text("two"),
            text(&long),
            Ok(Heard::Pong),
            Ok(Heard::Close),
        ];
        assert_eq!(heard(&octets).await, want);
        for cut in 0..octets.len() {
            // What comes in two pieces is the same.
            let (mut near, far) = tokio::io::duplex(4_096);
            let (first, second) = octets.split_at(cut);
            let (first, second) = (first.to_vec(), second.to_vec());
            let writing = tokio::spawn(async move {
                use tokio::io::AsyncWriteExt as _;
                near.write_all(&first).await.unwrap();
                tokio::task::yield_now().await;
                near.write_all(&second).await.unwrap();
                near
            });
            let mut reader = Reader::new(far, 1_000);
            for want in &want {
                assert_eq!(&reader.next().await, want, "cut at {cut}");
            }
            drop(writing.await);
        }
    }

    #[tokio::test]
    async fn who_breaks_the_rules_is_closed() {
        let bare = [0x81, 3, b'o', b'n', b'e'];
        for (octets, why) in [
            (bare.to_vec(), Closed::Protocol),
            (frame(0xc1, b"x"), Closed::Protocol),
            (frame(0x83, b"x"), Closed::Protocol),
            (frame(0x80, b"x"), Closed::Protocol),
            ([frame(0x01, b"x"), frame(0x81, b"y")].concat(), Closed::Protocol),
            (frame(0x09, b"x"), Closed::Protocol),
            (frame(0x89, &[0; 126]), Closed::Protocol),
            (frame(0x82, b"x"), Closed::Unsupported),
            (frame(0x81, &[b'x'; 1_001]), Closed::TooLarge),
            ([frame(0x01, &[b'x'; 600]), frame(0x80, &[b'x'; 600])].concat(), Closed::TooLarge),
            (
                vec![0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4],
                Closed::TooLarge,
            ),
        ] {
            assert_eq!(heard(&octets).await.pop(), Some(Err(why)), "{octets:?}");
        }
    }

    #[tokio::test]
    async fn frames_of_ours_have_their_length() {
        for (length, head) in [
            (5, vec![0x81, 5]),
            (300, vec![0x81, 126, 1, 44]),
            (70_000, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]),
        ] {
            let mut writer = Writer(Vec::new());
            writer.text(&"x".repeat(length)).await.unwrap();
            assert_eq!(writer.0[..head.len()], head);
            assert_eq!(writer.0.len(), head.len() + length);
        }
        let mut writer = Writer(Vec::new());
        writer.close(Closed::Policy).await.unwrap();
        assert_eq!(writer.0, [0x88, 2, 3, 240]);
    }
}
