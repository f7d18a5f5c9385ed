//! The sessions in which somebody is logged in, so that they can be listed, and end when what let them in is taken back.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use admin::answer::{DoorRow, SessionRow, Sessions};
use directory::{People, Revoked, same_device};
use mailbox::{AccountId, Timestamp};
use sasl::{Login, Peer, Security};
use tokio::sync::Notify;

use crate::listen::Protocol;

/// All of them, and how many connections there are.
#[derive(Default)]
pub(super) struct Live {
    by_user: Mutex<HashMap<AccountId, Vec<Arc<End>>>>,
    revocations: AtomicU64,
    connections: Mutex<HashMap<Protocol, u64>>,
}

/// The end of one session, which may be called for from outside.
pub(super) struct End {
    protocol: Protocol,
    seen: OnceLock<Seen>,
    /// What the program calls itself.
    program: Mutex<Option<Box<str>>>,
    /// The session of a page by which somebody came in.
    page: OnceLock<u64>,
    called: AtomicBool,
    bell: Notify,
}

/// Who has logged in, and how they are connected.
struct Seen {
    user: String,
    device: Option<String>,
    address: Option<IpAddr>,
    tls: bool,
    since: Timestamp,
}

/// The longest name of a program that is kept, in characters.
const PROGRAM_CHARACTERS_MAX: usize = 64;

/// A connection that counts until this is dropped.
pub(super) struct Connected {
    live: Arc<Live>,
    protocol: Protocol,
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut connections = self.live.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connections.get_mut(&self.protocol) {
            *count = count.saturating_sub(1);
        }
    }
}

/// How many revocations there were when somebody began to log in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

/// Something was revoked in between: whoever logs in has to try again.
pub(super) struct Meanwhile;

impl End {
    /// That of a session of this protocol.
    pub(super) fn of(protocol: Protocol) -> End {
        let (seen, program, page) = (OnceLock::new(), Mutex::default(), OnceLock::new());
        End { protocol, seen, program, page, called: AtomicBool::new(false), bell: Notify::new() }
    }

    /// Takes note of the session of a page by which somebody comes in.
    pub(super) fn is_by_page(&self, session: u64) {
        self.page.get_or_init(|| session);
    }

    /// Takes note of what the program calls itself: on one line, and not without end.
    pub(super) fn introduce(&self, program: &str) {
        let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
        let program: String = program.chars().map(plain).take(PROGRAM_CHARACTERS_MAX).collect();
        let program = program.trim();
        *self.program.lock().unwrap_or_else(PoisonError::into_inner) =
            (!program.is_empty()).then(|| program.into());
    }

    fn row(&self) -> Option<SessionRow> {
        let Seen { user, device, address, tls, since } = self.seen.get()?;
        let program = self.program.lock().unwrap_or_else(PoisonError::into_inner);
        Some(SessionRow {
            user: user.clone(),
            device: device.clone(),
            door: self.protocol.to_string(),
            address: address.map(|address| address.to_canonical().to_string()),
            program: program.as_deref().map(str::to_owned),
            since: machine::time_text(*since),
            tls: *tls,
        })
    }

    /// Whether the session shall end.
    pub(super) fn is_called(&self) -> bool {
        self.called.load(Ordering::Acquire)
    }

    /// Waits until the session shall end.
    pub(super) async fn called(&self) {
        loop {
            // Several may wait. Who begins to before it rings hears it.
            let ring = self.bell.notified();
            if self.is_called() {
                return;
            }
            ring.await;
        }
    }

    fn call(&self) {
        self.called.store(true, Ordering::Release);
        self.bell.notify_waiters();
    }
}

impl Live {
    /// Those of these people: what is taken back ends their sessions.
    pub(super) fn of(people: &People) -> Arc<Live> {
        let live = Arc::new(Live::default());
        let sessions = Arc::clone(&live);
        people.on_revoke(move |account, revoked| sessions.end(account, revoked));
        live
    }

    /// To be taken before a login is checked.
    pub(super) fn moment(&self) -> Moment {
        Moment(self.revocations.load(Ordering::SeqCst))
    }

    /// Counts a connection.
    pub(super) fn connect(self: &Arc<Self>, protocol: Protocol) -> Connected {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.entry(protocol).or_default();
        *count = count.saturating_add(1);
        Connected { live: Arc::clone(self), protocol }
    }

    /// How many are connected over each of these protocols.
    pub(super) fn doors(&self, protocols: impl IntoIterator<Item = Protocol>) -> Vec<DoorRow> {
        let mut sessions: HashMap<Protocol, (u64, u64)> = HashMap::new();
        for ends in self.by_user.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let mut protocols: Vec<Protocol> = ends.iter().map(|end| end.protocol).collect();
            protocols.sort_unstable();
            for of_one in protocols.chunk_by(|one, other| one == other) {
                let Some(protocol) = of_one.first() else { continue };
                let (all, users) = sessions.entry(*protocol).or_default();
                *all = all.saturating_add(u64::try_from(of_one.len()).unwrap_or(u64::MAX));
                *users = users.saturating_add(1);
            }
        }
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |protocol: Protocol| {
            let (sessions, users) = sessions.get(&protocol).copied().unwrap_or_default();
            let connections = connections.get(&protocol).copied().unwrap_or_default();
            DoorRow { door: protocol.to_string(), connections, sessions, users }
        };
        protocols.into_iter().map(row).collect()
    }

    /// The sessions by user, those of one user the oldest first; at most so many.
    pub(super) fn sessions(&self, most: usize) -> Sessions {
        let ends: Vec<Arc<End>> = {
            let by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
            by_user.values().flatten().cloned().collect()
        };
        let mut rows: Vec<SessionRow> = ends.iter().filter_map(|end| end.row()).collect();
        rows.sort_by(|one, other| (&one.user, &one.since).cmp(&(&other.user, &other.since)));
        let more = u64::try_from(rows.len().saturating_sub(most)).unwrap_or(u64::MAX);
        rows.truncate(most);
        Sessions { sessions: rows, more }
    }

    /// Takes a session in once somebody has logged in there.
    pub(super) fn enter(
        &self,
        login: &Login,
        end: &Arc<End>,
        (began, peer, since): (Moment, &Peer, Timestamp),
    ) -> Result<(), Meanwhile> {
        let (user, device) = (login.address.clone(), login.device.clone());
        let (address, tls) = (peer.address, peer.security == Security::Tls);
        drop(end.seen.set(Seen { user, device, address, tls, since }));
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        if self.moment() != began {
            return Err(Meanwhile);
        }
        by_user.entry(AccountId(login.account)).or_default().push(Arc::clone(end));
        Ok(())
    }

    /// Lets a session go.
    pub(super) fn leave(&self, account: AccountId, end: &Arc<End>) {
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sessions) = by_user.get_mut(&account) {
            sessions.retain(|session| !Arc::ptr_eq(session, end));
            if sessions.is_empty() {
                by_user.remove(&account);
            }
        }
    }

    /// Ends the sessions of a user, or those of one device. One that has the same name by its login name ends too,
    /// and comes back.
    pub(super) fn end(&self, account: AccountId, revoked: Revoked<'_>) {
        let by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        self.revocations.fetch_add(1, Ordering::SeqCst);
        for session in by_user.get(&account).into_iter().flatten() {
            let device = session.seen.get().and_then(|seen| seen.device.as_deref());
            let meant = match revoked {
                Revoked::All => true,
                Revoked::Device(name) => device.is_some_and(|device| same_device(device, name)),
                Revoked::Page(ended) => session.page.get() == Some(&ended),
            };
            if meant {
                session.call();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use directory::Revoked;
    use mailbox::{AccountId, Timestamp};
    use sasl::{Login, Peer, Security};

    use super::{End, Live, Protocol};

    fn peer() -> Peer {
        Peer::new(Some("192.0.2.7".parse().unwrap()), Security::Tls)
    }

    fn session(live: &Live, account: u32, device: Option<&str>) -> Arc<End> {
        let (end, device) = (Arc::new(End::of(Protocol::Imaps)), device.map(str::to_owned));
        let login = Login {
            account,
            address: format!("user{account}@example.org"),
            device,
            credential: sasl::Credential::Other,
        };
        assert!(live.enter(&login, &end, (live.moment(), &peer(), Timestamp(0))).is_ok());
        end
    }

    #[tokio::test]
    async fn what_is_revoked_ends_and_nothing_else() {
        let live = Live::default();
        let phone = session(&live, 1, Some("Phone"));
        let main = session(&live, 1, None);
        let bob = session(&live, 2, Some("Phone"));
        live.end(AccountId(1), Revoked::Device("phone"));
        phone.called().await;
        assert!(!main.is_called() && !bob.is_called());
        live.end(AccountId(1), Revoked::All);
        main.called().await;
        assert!(!bob.is_called());
        for (account, end) in [(1, &phone), (1, &main), (2, &bob)] {
            live.leave(AccountId(account), end);
        }
        assert!(live.by_user.lock().unwrap().is_empty());
    }

    #[test]
    fn who_logs_in_while_something_is_revoked_does_not_slip_through() {
        let live = Live::default();
        let began = live.moment();
        live.end(AccountId(1), Revoked::Device("Phone"));
        let login = Login {
            account: 1,
            address: String::new(),
            device: Some("Phone".to_owned()),
            credential: sasl::Credential::Other,
        };
        let end = Arc::new(End::of(Protocol::Imaps));
        assert!(live.enter(&login, &end, (began, &peer(), Timestamp(0))).is_err());
    }

    #[test]
    fn who_is_connected_is_listed_and_counted() {
        let live = Arc::new(Live::default());
        let connected = [live.connect(Protocol::Imaps), live.connect(Protocol::Imaps)];
        let phone = session(&live, 1, Some("Phone"));
        session(&live, 1, None);
        session(&live, 2, None);
        phone.introduce("K-9 Mail\u{1b}[2J 6.8");
        let listed = live.sessions(2);
        assert_eq!(listed.more, 1);
        let row = listed.sessions.iter().find(|row| row.device.is_some()).unwrap();
        assert_eq!(
            (row.user.as_str(), row.door.as_str(), row.tls),
            ("user1@example.org", "imaps", true)
        );
        assert_eq!(row.address.as_deref(), Some("192.0.2.7"));
        assert_eq!(row.program.as_deref(), Some("K-9 Mail [2J 6.8"));
        let rows = live.doors([Protocol::Imaps, Protocol::Pop3]);
        let numbers: Vec<_> =
            rows.iter().map(|row| (row.connections, row.sessions, row.users)).collect();
        assert_eq!(numbers, [(2, 3, 2), (0, 0, 0)]);
        drop(connected);
        assert_eq!(live.doors([Protocol::Imaps])[0].connections, 0);
    }
}
