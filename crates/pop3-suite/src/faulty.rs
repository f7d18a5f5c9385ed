//! A POP3 server in memory that is right, but for the faults switched on: shows that the suite sees each of them.
//!
//! Most faults are those of real servers; a few are only easy to make.

mod bugs;
mod lmtp;
mod login;
mod session;
mod stream;
mod transaction;

pub use bugs::Bug;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The only person's name.
pub const USER: &str = "suite";
/// Their password.
pub const PASSWORD: &str = "tao-bom-2026";

/// A running server. Stops when dropped.
pub struct FaultyServer {
    /// Its port, in the clear with STLS.
    pub port: u16,
    /// Its port with TLS from the first octet.
    pub tls_port: u16,
    /// Its LMTP port.
    pub lmtp_port: u16,
    shared: Arc<Shared>,
}

/// What all sessions share.
struct Shared {
    bugs: Vec<Bug>,
    maildrop: Mutex<Maildrop>,
    greetings: AtomicU64,
    tls: Arc<ServerConfig>,
    stops: AtomicBool,
    addresses: Mutex<Vec<SocketAddr>>,
}

#[derive(Default)]
struct Maildrop {
    messages: Vec<Message>,
    last_uid: u64,
    is_locked: bool,
    cuts: u64,
}

#[derive(Clone)]
struct Message {
    uid: u64,
    text: Arc<Vec<u8>>,
}

impl Shared {
    fn has(&self, bug: Bug) -> bool {
        self.bugs.contains(&bug)
    }

    fn maildrop(&self) -> MutexGuard<'_, Maildrop> {
        self.maildrop.lock().unwrap()
    }

    fn add(&self, text: Vec<u8>) {
        let mut maildrop = self.maildrop();
        let highest = maildrop.messages.iter().map(|message| message.uid).max().unwrap_or_default();
        let reused = self.has(Bug::UidlReused);
        maildrop.last_uid = if reused { highest + 1 } else { maildrop.last_uid + 1 };
        let message = Message { uid: maildrop.last_uid, text: Arc::new(text) };
        maildrop.messages.push(message);
    }
}

impl FaultyServer {
    /// Starts it on free ports.
    pub fn start(bugs: &[Bug]) -> FaultyServer {
        let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivatePkcs8KeyDer::from(key.signing_key.serialize_der());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![key.cert.der().clone()], PrivateKeyDer::Pkcs8(private))
            .unwrap();
        let shared = Arc::new(Shared {
            bugs: bugs.to_vec(),
            maildrop: Mutex::default(),
            greetings: AtomicU64::new(1),
            tls: Arc::new(tls),
            stops: AtomicBool::new(false),
            addresses: Mutex::default(),
        });
        let port =
            listen(&shared, |stream, shared| session::serve(stream, shared, session::Begin::Clear));
        let tls_port =
            listen(&shared, |stream, shared| session::serve(stream, shared, session::Begin::Tls));
        let lmtp_port = listen(&shared, |stream, shared| lmtp::serve(stream, &shared));
        FaultyServer { port, tls_port, lmtp_port, shared }
    }

    /// Puts a message into the maildrop.
    pub fn deliver(&self, text: &str) {
        self.shared.add(text.as_bytes().to_vec());
    }

    /// The numbers behind the unique-ids of the messages that are there.
    pub fn unique_ids(&self) -> Vec<u64> {
        self.shared.maildrop().messages.iter().map(|message| message.uid).collect()
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::SeqCst);
        for address in self.shared.addresses.lock().unwrap().iter() {
            drop(TcpStream::connect(address));
        }
    }
}

fn listen(shared: &Arc<Shared>, serve: fn(TcpStream, Arc<Shared>)) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    shared.addresses.lock().unwrap().push(address);
    let shared = shared.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            if shared.stops.load(Ordering::SeqCst) {
                return;
            }
            let shared = shared.clone();
            let Ok(stream) = stream else { continue };
            drop(stream.set_nodelay(true));
            std::thread::spawn(move || serve(stream, shared));
        }
    });
    address.port()
}
