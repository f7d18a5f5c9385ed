//! The keyring of the system, by the Secret Service of freedesktop.org over D-Bus: what GNOME, KDE and KeePassXC offer. One secret for
//! each key, found again by two attributes. `wire` is the form of D-Bus messages, `bus` a connection, `service` what is asked.
//!
//! A client of our own: of D-Bus a dozen calls are needed, while the libraries for it bring a hundred crates.

mod bus;
mod service;
mod wire;

use std::time::Duration;

use sasl::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::time::timeout;

use self::service::Service;

/// How long the keyring may take to answer, in seconds.
const ANSWER_TIMEOUT_S: u64 = 10;
/// How long a person may take to open it, in seconds.
const PERSON_TIMEOUT_S: u64 = 120;

/// Whether a person can be asked to open the keyring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Somebody is there.
    Asked,
    /// Nobody is there: a locked keyring stays locked.
    Absent,
}

/// Why the keyring gives or takes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringFault {
    /// There is none, or not for this session.
    None(String),
    /// There is one, but nothing to keep secrets in yet.
    NoCollection,
    /// It is locked, and nobody was asked.
    Locked,
    /// The person did not open it.
    Dismissed,
    /// It does not answer.
    TimedOut,
    /// It refuses, in its own words.
    Refused(String),
    /// What it says is not what was expected.
    Broken(&'static str),
}

/// The way to the keyring of this session.
pub struct Keyring {
    person: Person,
}

impl Keyring {
    /// That of this session.
    pub fn new(person: Person) -> Keyring {
        Keyring { person }
    }

    /// Whether it is there, and open.
    pub async fn open(&self) -> Result<(), KeyringFault> {
        self.work(async |service| service.open(self.person).await).await
    }

    /// The secret of a key; none: there is none.
    pub async fn read(&self, key: &str) -> Result<Option<Secret>, KeyringFault> {
        self.work(async |service| service.read(key, self.person).await).await
    }

    /// Keeps a secret in place of the one before. `label` is what people see.
    pub async fn write(&self, key: &str, label: &str, secret: &Secret) -> Result<(), KeyringFault> {
        self.work(async |service| service.write((key, label), secret, self.person).await).await
    }

    /// Takes a secret away. That there is none is no failure.
    pub async fn remove(&self, key: &str) -> Result<(), KeyringFault> {
        self.work(async |service| service.remove(key, self.person).await).await
    }

    async fn work<T>(
        &self,
        work: impl AsyncFnOnce(&mut Service<UnixStream>) -> Result<T, KeyringFault>,
    ) -> Result<T, KeyringFault> {
        worked(connect()?, work).await
    }
}

/// Works on a connection, for as long as a keyring and a person may take.
async fn worked<S: AsyncRead + AsyncWrite + Unpin, T>(
    stream: S,
    work: impl AsyncFnOnce(&mut Service<S>) -> Result<T, KeyringFault>,
) -> Result<T, KeyringFault> {
    let patience = Duration::from_secs(ANSWER_TIMEOUT_S);
    let begun = timeout(patience, Service::begin(stream)).await;
    let mut service = begun.unwrap_or(Err(KeyringFault::TimedOut))?;
    work(&mut service).await
}

/// Connects to the bus of this session.
fn connect() -> Result<UnixStream, KeyringFault> {
    let none = |why: String| KeyringFault::None(why);
    let address = address().ok_or_else(|| none("no session of D-Bus".to_owned()))?;
    let stream = match address {
        Place::Path(path) => std::os::unix::net::UnixStream::connect(path),
        Place::Abstract(name) => abstract_name(&name),
    };
    let stream = stream.map_err(|error| none(error.to_string()))?;
    stream.set_nonblocking(true).map_err(|error| none(error.to_string()))?;
    UnixStream::from_std(stream).map_err(|error| none(error.to_string()))
}

#[cfg(target_os = "linux")]
fn abstract_name(name: &str) -> std::io::Result<std::os::unix::net::UnixStream> {
    use std::os::linux::net::SocketAddrExt as _;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    std::os::unix::net::UnixStream::connect_addr(&address)
}

#[cfg(not(target_os = "linux"))]
fn abstract_name(_: &str) -> std::io::Result<std::os::unix::net::UnixStream> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Where a bus listens.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Path(String),
    Abstract(String),
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the bus of a session is stands in its environment"
)]
fn address() -> Option<Place> {
    let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    match set("DBUS_SESSION_BUS_ADDRESS") {
        Some(text) => place(&text),
        None => set("XDG_RUNTIME_DIR").map(|folder| Place::Path(format!("{folder}/bus"))),
    }
}

/// The first socket in an address such as `unix:path=/run/user/1000/bus,guid=...;tcp:...`.
fn place(text: &str) -> Option<Place> {
    text.split(';').find_map(|one| {
        let pairs = one.strip_prefix("unix:")?;
        pairs.split(',').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            match name {
                "path" => unescaped(value).map(Place::Path),
                "abstract" => unescaped(value).map(Place::Abstract),
                _ => None,
            }
        })
    })
}

/// What stands there as `%2f` is an octet.
fn unescaped(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let digit = |octet: Option<u8>| char::from(octet?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        octets.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests;
