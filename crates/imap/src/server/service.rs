//! What all sessions of a host share.

use std::sync::Arc;

use mailbox::Accounts;
use sasl::Directory;
use tokio::time::{Duration, Instant};

/// What sessions are given to work with.
#[derive(Clone)]
pub struct Service {
    /// The accounts.
    pub accounts: Accounts,
    /// Who may log in.
    pub directory: Arc<dyn Directory>,
    /// The name of the host, for the greeting.
    pub host_name: Arc<str>,
    /// The version of the program, for ID.
    pub version: Arc<str>,
    /// Whether STARTTLS can be offered.
    pub start_tls: StartTls,
    /// How long things may take.
    pub patience: Patience,
    /// Whether the host is about to stop.
    pub stopping: Stopping,
    /// Who is told what the client says it is (ID).
    pub introduced: Introduced,
    /// Where the session object of JMAP is, to which the same logins lead; none: there is no JMAP.
    pub jmap_url: Option<Arc<str>>,
    /// What all users see as annotations of the server.
    pub metadata: ServerMetadata,
}

/// What those who run the host say of it (RFC 5464, 3.2.1.1).
#[derive(Clone, Debug, Default)]
pub struct ServerMetadata {
    /// How to reach them: a URI like `mailto:postmaster@example.org`.
    pub administrator: Option<Arc<str>>,
    /// A comment.
    pub comment: Option<Arc<str>>,
}

/// Takes the name and version of the client's program, as it gives them. They may be anything.
#[derive(Clone)]
pub struct Introduced(Arc<dyn Fn(&str) + Send + Sync>);

impl Introduced {
    /// Tells this one.
    pub fn to(listener: impl Fn(&str) + Send + Sync + 'static) -> Introduced {
        Introduced(Arc::new(listener))
    }

    /// Nobody wants to know.
    pub fn nobody() -> Introduced {
        Introduced::to(|_| ())
    }

    pub(crate) fn tell(&self, program: &str) {
        (self.0)(program);
    }
}

/// Says whether the host is about to stop: a session whose stream comes to its end then says BYE in whatever form its
/// client can read, compressed or not.
#[derive(Clone)]
pub struct Stopping(Arc<dyn Fn() -> bool + Send + Sync>);

impl Stopping {
    /// Asks this whenever a stream is at its end.
    pub fn when(is_stopping: impl Fn() -> bool + Send + Sync + 'static) -> Stopping {
        Stopping(Arc::new(is_stopping))
    }

    /// A host that never stops by itself.
    pub fn never() -> Stopping {
        Stopping::when(|| false)
    }

    pub(crate) fn is_so(&self) -> bool {
        (self.0)()
    }
}

/// Whether the host has a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// STARTTLS is offered on clear connections.
    Offered,
    /// There is no TLS.
    Missing,
}

/// How long a session waits, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the greeting to the end of the login.
    pub login_s: u64,
    /// For the next command, or for the end of IDLE (RFC 9051, 5.4: at least 30 minutes).
    pub idle_s: u64,
    /// For the client to read what is sent to it.
    pub write_s: u64,
    /// Until the client is told that its command goes on, and again and again (RFC 9585, 4: 10 to 15).
    pub progress_s: u64,
    /// For a search or a listing to compute; what it waits for its turn, the disk or the client is not counted.
    pub computing_s: u64,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            login_s: super::limits::LOGIN_TIMEOUT_S,
            idle_s: super::limits::IDLE_TIMEOUT_S,
            write_s: super::limits::WRITE_TIMEOUT_S,
            progress_s: super::limits::PROGRESS_S,
            computing_s: super::limits::COMPUTED_S_MAX,
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("host_name", &self.host_name).finish_non_exhaustive()
    }
}

/// The moment so many seconds from now.
pub(crate) fn after(seconds: u64) -> Instant {
    let now = Instant::now();
    // The longest wait that the clock can still add up is as good as any longer one.
    now.checked_add(Duration::from_secs(seconds)).unwrap_or(now)
}
