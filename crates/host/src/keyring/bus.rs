//! A connection to a bus of D-Bus: who we are, and one call after the other.

use sasl::Secret;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::KeyringFault;
use super::wire::{self, Call, FIXED_OCTETS, Kind, Message, Writer};

/// The longest line of the greeting.
const LINE_OCTETS_MAX: usize = 1_024;
/// How many messages that nobody asked for are read while one waits for an answer.
const OTHERS_MAX: usize = 10_000;
/// How many signals that came while something else was waited for are kept.
const SIGNALS_MAX: usize = 64;

/// A connection.
pub(super) struct Bus<S> {
    stream: S,
    serial: u32,
    /// Signals that came before anybody waited for them.
    signals: Vec<Message>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Bus<S> {
    /// Says who we are (the system tells the bus, EXTERNAL), and hello.
    pub(super) async fn begin(mut stream: S, user: u32) -> Result<Bus<S>, KeyringFault> {
        let digits: String = user.to_string().bytes().map(|octet| format!("{octet:02x}")).collect();
        let greeting = format!("\0AUTH EXTERNAL {digits}\r\n");
        stream.write_all(greeting.as_bytes()).await.map_err(cut)?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.push(stream.read_u8().await.map_err(cut)?);
            if line.len() > LINE_OCTETS_MAX {
                return Err(KeyringFault::Broken("a greeting without an end"));
            }
        }
        if !line.starts_with(b"OK ") {
            return Err(KeyringFault::None("the bus lets nobody in".to_owned()));
        }
        stream.write_all(b"BEGIN\r\n").await.map_err(cut)?;
        let mut bus = Bus { stream, serial: 0, signals: Vec::new() };
        bus.call(of_bus("Hello", "", Writer::default())).await?;
        Ok(bus)
    }

    /// Calls, and waits for the answer.
    pub(super) async fn call(&mut self, call: Call<'_>) -> Result<Message, KeyringFault> {
        self.serial = self.serial.checked_add(1).ok_or(KeyringFault::Broken("fewer calls"))?;
        let octets: Secret = wire::call(call, self.serial);
        self.stream.write_all(octets.expose()).await.map_err(cut)?;
        self.stream.flush().await.map_err(cut)?;
        for _ in 0..OTHERS_MAX {
            let message = self.next().await?;
            match message.kind {
                Kind::Return if message.reply_to == Some(self.serial) => return Ok(message),
                Kind::Error if message.reply_to == Some(self.serial) => {
                    return Err(refused(&message));
                }
                Kind::Signal if self.signals.len() < SIGNALS_MAX => self.signals.push(message),
                Kind::Return | Kind::Error | Kind::Signal | Kind::Call | Kind::Other => {}
            }
        }
        Err(KeyringFault::Broken("an answer among all that came"))
    }

    /// Waits for a signal of an object.
    pub(super) async fn signal(
        &mut self,
        path: &str,
        member: &str,
    ) -> Result<Message, KeyringFault> {
        let is_it = |message: &Message| message.path == path && message.member == member;
        if let Some(at) = self.signals.iter().position(is_it) {
            return Ok(self.signals.swap_remove(at));
        }
        for _ in 0..OTHERS_MAX {
            let message = self.next().await?;
            if message.kind == Kind::Signal && is_it(&message) {
                return Ok(message);
            }
        }
        Err(KeyringFault::Broken("an answer among all that came"))
    }

    /// Has the bus tell of the signals of an object.
    pub(super) async fn listen(&mut self, path: &str) -> Result<(), KeyringFault> {
        let mut body = Writer::default();
        body.text(&format!("type='signal',path='{path}'"));
        self.call(of_bus("AddMatch", "s", body)).await.map(drop)
    }

    async fn next(&mut self) -> Result<Message, KeyringFault> {
        let mut fixed = [0; FIXED_OCTETS];
        self.stream.read_exact(&mut fixed).await.map_err(cut)?;
        let mut rest = Vec::new();
        let octets = u64::try_from(wire::rest_octets(&fixed)?).unwrap_or(0);
        // As much room as there is to read.
        let read = (&mut self.stream).take(octets).read_to_end(&mut rest).await.map_err(cut)?;
        if u64::try_from(read).unwrap_or(0) < octets {
            return Err(KeyringFault::None("the bus hung up".to_owned()));
        }
        let rest = Secret::new(rest);
        wire::read(&fixed, rest.expose())
    }
}

fn of_bus<'c>(member: &'c str, signature: &'c str, body: Writer) -> Call<'c> {
    let (to, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    Call { to, path, interface: to, member, signature, body }
}

fn cut(error: std::io::Error) -> KeyringFault {
    KeyringFault::None(error.to_string())
}

/// What an error means.
fn refused(message: &Message) -> KeyringFault {
    let said = sync::shown(&message.text());
    match message.error.as_str() {
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner"
        | "org.freedesktop.DBus.Error.Spawn.ChildExited" => KeyringFault::None(said),
        "org.freedesktop.Secret.Error.IsLocked" => KeyringFault::Locked,
        name if said.is_empty() => KeyringFault::Refused(sync::shown(name)),
        _ => KeyringFault::Refused(said),
    }
}
