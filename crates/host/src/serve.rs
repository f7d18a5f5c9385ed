//! The running host: the data folder, the doors, and what goes on behind them, from the first listener to the end.

mod accept;
mod again;
mod check;
mod doors;
mod ending;
mod first_run;
mod guarded;
mod http;
mod indexing;
mod listening;
mod live;
mod loaded;
mod periodic;
mod pop3_upkeep;
mod prepare;
mod reload;
mod running;
mod scrub;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use admin::keep::{Folder, Keep};
use admin::{AdminFault, Desk, Running, blocking, socket};
use directory::{AddressFault, LoginSettings, Logins, PeopleError};
use machine::Descriptors;
use queue::{OutboundQueue, Relay, RelayTransport};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::doors::{DoorSettings, Doors};
use self::reload::Reloader;
use self::running::ThisHost;
use crate::acme::{Acme, Lent, Pending, Told};
use crate::config::{Config, LimitsSection, ScrubSection};
use crate::delivery::companion::{Elsewhere, Outboxes, companion_of};
use crate::delivery::held::Ways;
use crate::delivery::{Deliveries, DeliverySettings, WayOut};
use crate::listen::bind::{BindFault, Bound, Reserved};
use crate::listen::connections::Connections;
use crate::listen::{Listen, Protocol};
use crate::metrics::{CountedTransport, Metrics};
use crate::outbound::{Notices, Sockets};
use crate::rights::{self, RightsFault};
use crate::service::Manager;
use crate::tls::{Tls, TlsFault};
use crate::varying::Varying;

pub use check::Checked;
pub use first_run::FirstUser;
pub use loaded::LoadFault;
pub use prepare::{Prepared, Start};
pub(crate) use smtp::server::Phase;

/// How long sessions have to finish when the host stops.
const FINISH: Duration = Duration::from_secs(4);

/// Why the host does not start or ends early.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] AdminFault),
    /// Listeners.
    #[error("{}", lines(.0))]
    Bind(Vec<BindFault>),
    /// Files that the configuration names.
    #[error("{}", lines(.0))]
    Load(Vec<LoadFault>),
    /// The user, or what is given up.
    #[error(transparent)]
    Rights(#[from] RightsFault),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsFault),
    /// The directory.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The domain.
    #[error("domain: {0}")]
    Domain(#[from] AddressFault),
    /// The admin socket.
    #[error("the admin socket cannot be made: {0}")]
    Socket(std::io::Error),
    /// The accounts at providers cannot be read.
    #[error("{path} cannot be read: {why}", path = .0.display(), why = .1)]
    Companion(PathBuf, String),
    /// A host runs there already.
    #[error("a host is running on {} already", .0.display())]
    Running(PathBuf),
    /// Ours.
    #[error(transparent)]
    Fault(#[from] mailbox::Fault),
}

fn lines<T: ToString>(faults: &[T]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A host whose listeners are bound.
pub struct Host {
    keep: Keep,
    bound: Vec<Bound>,
    doors: Arc<Doors>,
    http: Arc<http::Http>,
    admin: tokio::net::UnixListener,
    desk: Arc<Desk>,
    running: Arc<dyn Running>,
    phase: watch::Sender<Phase>,
    first_user: Option<FirstUser>,
    sending: Sending,
    scrub: Arc<Varying<ScrubSection>>,
    acme: Option<Arc<Acme>>,
    manager: Arc<Manager>,
}

/// Whether mail can leave: through a relay, or into the outboxes of a companion that can send.
fn way_out(relay: Option<&(Relay, Sockets)>, folder: &Folder) -> WayOut {
    match companion_of(folder) {
        _ if relay.is_some() => WayOut::Queue,
        Some(it) if it.accounts.iter().any(|it| it.submission.is_some()) => WayOut::Queue,
        Some(_) => WayOut::Companion,
        None => WayOut::None,
    }
}

/// What takes mail out of the queue.
struct Sending {
    queue: Arc<OutboundQueue>,
    transport: Arc<CountedTransport<Ways<Elsewhere>>>,
    postmaster: Arc<Notices>,
}

impl Sending {
    /// Sends to people here, and through a relay if there is one; a companion's folder has its outboxes.
    fn new(
        keep: &Keep,
        queue: &Arc<OutboundQueue>,
        relay: Option<(Relay, Sockets)>,
        hostname: &str,
        deliveries: &Arc<Deliveries>,
        metrics: &Arc<Metrics>,
    ) -> Sending {
        let clock = Arc::clone(keep.accounts.clock());
        let postmaster = Notices {
            people: Arc::clone(&keep.people),
            hostname: hostname.to_owned(),
            queue: Arc::clone(queue),
        };
        let elsewhere = match relay {
            Some((relay, sockets)) => {
                let relay = Relay { hostname: hostname.to_owned(), ..relay };
                let sockets = Arc::new(sockets);
                Some(Elsewhere::Relay(RelayTransport::new(relay, sockets, Arc::clone(&clock))))
            }
            None if keep.folder.companion().exists() => {
                let (folder, clock) = (keep.folder.clone(), Arc::clone(&clock));
                Some(Elsewhere::Outboxes(Outboxes { folder, clock }))
            }
            None => None,
        };
        let inner = Ways { deliveries: Arc::clone(deliveries), clock, elsewhere };
        Sending {
            queue: Arc::clone(queue),
            transport: Arc::new(CountedTransport { inner, metrics: Arc::clone(metrics) }),
            postmaster: Arc::new(postmaster),
        }
    }
}

impl Host {
    /// Opens the data folder and listens. From here on connections wait; `run` accepts them.
    pub async fn start(prepared: Prepared) -> Result<Host, ServeFault> {
        let Prepared { folder, config, config_file, domain, reserved, confined, loaded, manager } =
            prepared;
        manager.status("opening the mail store");
        let settings = config.admin_confined();
        let (keep, domain) = first_run::open(&folder, &settings, &config, domain).await?;
        let hostname = config.hostname.clone().unwrap_or_else(|| domain.to_string());
        let names = [domain.to_string(), format!("mail.{domain}"), hostname.clone()];
        let tls = loaded.tls.map_or_else(|| Tls::of_folder(&folder, &names), Ok)?;
        let listening = reserved.into_iter().map(Reserved::listen).collect::<Result<Vec<_>, _>>();
        let bound = listening.map_err(|fault| ServeFault::Bind(vec![fault]))?;
        let warnings = warn(&bound, &config);
        let first_user = first_run::first_user(&keep.people, &domain, &config).await?;
        let queue = Arc::new(queue_of(&keep).await?);
        let metrics = Arc::new(Metrics::default());
        let way_out = way_out(loaded.relay.as_ref(), &folder);
        let (phase, phases) = watch::channel(Phase::Serving);
        let delivery = DeliverySettings::of(&config, domain.clone(), &hostname, way_out);
        let people = Arc::clone(&keep.people);
        let deliveries =
            Deliveries::new(people, Arc::clone(&queue), Arc::clone(&metrics), delivery)?;
        let deliveries = Arc::new(deliveries);
        let sending = Sending::new(&keep, &queue, loaded.relay, &hostname, &deliveries, &metrics);
        let login =
            LoginSettings { domain, scram: config.scram_keys(), oauth: config.oauth.clone() };
        let doors = Arc::new(Doors {
            accounts: keep.accounts.clone(),
            logins: Arc::new(Logins::new(Arc::clone(&keep.people), login).await?),
            connections: Connections::new(within_descriptors(config.limits)),
            live: live::Live::of(&keep.people),
            deliveries,
            metrics,
            settings: Varying::new(DoorSettings::of(&config)),
            tls,
            jmap_url: OnceLock::new(),
            pending: Arc::new(Pending::default()),
            acme: Arc::new(Told::default()),
            hostname: hostname.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            phase: phases,
        });
        let acme = Acme::new(&config.acme, &doors.hostname, loaded.acme, lent(&keep, &doors));
        let pages = http::Pages::new(&keep, &doors, &queue, config.http.metrics_for_all);
        let http = http::Http::new(&keep, &doors, &queue, &pages, &bound, &config.http).await?;
        let admin = socket::listen(&folder).map_err(ServeFault::Socket)?;
        let since = keep.accounts.clock().now();
        let scrub = Arc::new(Varying::new(config.scrub));
        let quota = settings.quota.clone();
        let reloader =
            Reloader::new((config_file, config), folder, (&doors, &pages), (&scrub, &acme), quota);
        let told = (warnings, rights::row(&confined));
        let running = ThisHost::of(&bound, &doors, since, told, reloader);
        let desk = Desk::new(&keep, queue, settings).of_host(Arc::clone(&running));
        let (desk, manager) = (Arc::new(desk), Arc::new(manager));
        Ok(Host {
            keep,
            bound,
            doors,
            http,
            admin,
            desk,
            running,
            phase,
            first_user,
            sending,
            scrub,
            acme,
            manager,
        })
    }

    /// The listeners, with the ports they really have.
    pub fn listeners(&self) -> Vec<Listen> {
        let listen =
            |bound: &Bound| Listen { protocol: bound.protocol, address: bound.address.clone() };
        self.bound.iter().map(listen).collect()
    }

    /// The name that the host goes by.
    pub fn hostname(&self) -> &str {
        &self.doors.hostname
    }

    /// The user that was made because there was none, with the password: it cannot be shown again.
    pub fn first_user(&self) -> Option<&FirstUser> {
        self.first_user.as_ref()
    }

    /// Reads through all that is kept, now and then, until the host stops.
    fn scrubbing(&self) -> JoinHandle<()> {
        let (store, people) = (self.keep.store.clone(), Arc::clone(&self.keep.people));
        let (section, tally) = (Arc::clone(&self.scrub), Arc::clone(&self.doors.metrics.scrub));
        let (accounts, phase) = (self.keep.accounts.clone(), self.doors.phase.clone());
        tokio::spawn(again::again("scrub", again::PAUSE, phase.clone(), move || {
            let what = (store.clone(), Arc::clone(&people));
            accounts.in_lanes(scrub::until_the_end(
                what,
                Arc::clone(&section),
                Arc::clone(&tally),
                phase.clone(),
            ))
        }))
    }

    /// Fetches certificates and renews them, if it is to, until the host stops. An order that is under way is left: the next
    /// start goes on.
    fn fetching(&self) -> Option<JoinHandle<()>> {
        let acme = Arc::clone(self.acme.as_ref()?);
        let (accounts, phase) = (self.keep.accounts.clone(), self.doors.phase.clone());
        Some(tokio::spawn(again::again("fetching certificates", again::PAUSE, phase, move || {
            accounts.in_lanes(Arc::clone(&acme).work())
        })))
    }

    /// Brings the indexes for searches up to the mail, until the host stops.
    fn indexing(&self) -> JoinHandle<()> {
        let (accounts, phase) = (self.keep.accounts.clone(), self.doors.phase.clone());
        tokio::spawn(again::again("indexing", again::PAUSE, phase.clone(), move || {
            accounts.in_lanes(indexing::work(accounts.clone(), phase.clone()))
        }))
    }

    /// Pushes what changes to those who subscribed, until the host stops.
    fn pushing(&self) -> JoinHandle<()> {
        let (accounts, phase) = (self.keep.accounts.clone(), self.doors.phase.clone());
        let http = Arc::clone(&self.http);
        tokio::spawn(again::again("pushes", again::PAUSE, phase, move || {
            accounts.in_lanes(Arc::clone(&http).push())
        }))
    }

    /// Serves until `stop` comes. `reload` has certificate and settings read again.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        mut reload: tokio::sync::mpsc::Receiver<()>,
    ) -> Result<(), ServeFault> {
        let (scrub, indexing) = (self.scrubbing(), self.indexing());
        let (pushing, fetching) = (self.pushing(), self.fetching());
        let (desk, phase) = (Arc::clone(&self.desk), self.doors.phase.clone());
        let admin = tokio::spawn(accept::desk(self.admin, desk, phase));
        let accounts = self.keep.accounts.clone();
        let (store, people) = (self.keep.store.clone(), Arc::clone(&self.keep.people));
        let phase = self.doors.phase.clone();
        let periodic =
            tokio::spawn(again::again("upkeep", again::PAUSE, phase.clone(), move || {
                let work = periodic::work(store.clone(), Arc::clone(&people), phase.clone());
                accounts.in_lanes(work)
            }));
        let Sending { queue, transport, postmaster } = self.sending;
        let (accounts, phase) = (self.keep.accounts.clone(), self.doors.phase.clone());
        let sending =
            tokio::spawn(again::again("sending", again::PAUSE, phase.clone(), move || {
                let (queue, transport) = (Arc::clone(&queue), Arc::clone(&transport));
                let postmaster = Arc::clone(&postmaster);
                accounts.in_lanes(queue::run(queue, transport, postmaster, phase.clone()))
            }));
        open(self.bound, &self.doors, &self.http);
        let health = Health { doors: Arc::clone(&self.doors), store: self.keep.store.clone() };
        self.manager.ready(&health.words());
        let alive = tokio::spawn(alive(Arc::clone(&self.manager), health.clone()));
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(()) = reload.recv() => {
                    let running = Arc::clone(&self.running);
                    self.manager.reloading();
                    // What came of it is in the log.
                    drop(self.doors.accounts.apart(move || running.reload()).await);
                    self.manager.ready(&health.words());
                }
            }
        }
        tracing::info!("stopping");
        alive.abort();
        fetching.iter().for_each(JoinHandle::abort);
        self.manager.stopping();
        self.phase.send_replace(Phase::Stopping);
        let end = Instant::now().checked_add(FINISH);
        while self.doors.connections.count() > 0 && end.is_some_and(|end| Instant::now() < end) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let left = self.doors.connections.count();
        if left > 0 {
            tracing::warn!(left, "connections did not end in time and are cut");
        }
        admin.abort();
        drop(periodic.await);
        drop(scrub.await);
        drop(indexing.await);
        drop(pushing.await);
        // What is being sent may take long; it is sent again if it was not finished.
        drop(tokio::time::timeout(Duration::from_secs(1), sending).await);
        drop(machine::files::remove_if_there(&self.keep.folder.admin_socket()));
        let keep = self.keep;
        blocking(move || keep.close()).await??;
        tracing::info!("stopped");
        Ok(())
    }
}

async fn queue_of(keep: &Keep) -> Result<OutboundQueue, ServeFault> {
    let (engine, clock) = (keep.accounts.engine(), keep.accounts.clock());
    Ok(OutboundQueue::open(Arc::clone(engine), Arc::clone(clock)).await?)
}

/// What fetching certificates needs of the host.
fn lent(keep: &Keep, doors: &Doors) -> Lent {
    Lent {
        folder: keep.folder.clone(),
        tls: doors.tls.clone(),
        clock: Arc::clone(keep.accounts.clock()),
        pending: Arc::clone(&doors.pending),
        told: Arc::clone(&doors.acme),
    }
}

/// How the host is, in a few words.
#[derive(Clone)]
struct Health {
    doors: Arc<Doors>,
    store: store::Store,
}

impl Health {
    fn words(&self) -> String {
        let sick = http::sick(&self.store).map(|why| format!("; {why}")).unwrap_or_default();
        let acme = self.doors.acme.trouble().map(|why| format!("; {why}")).unwrap_or_default();
        format!("serving, {} connections open{sick}{acme}", self.doors.connections.count())
    }
}

/// Tells the service manager that the host is alive. It is in the quick lane: where that stands still, nobody is served, and
/// the host is started anew. A failing disk is no reason for that, for mail can be read.
async fn alive(manager: Arc<Manager>, health: Health) {
    let Some(every) = manager.alive_every() else { return };
    loop {
        tokio::time::sleep(every).await;
        manager.alive(&health.words());
    }
}

/// Opens the doors: what is bound accepts connections.
fn open(bound: Vec<Bound>, doors: &Arc<Doors>, http: &Arc<http::Http>) {
    for bound in bound {
        match bound.protocol {
            Protocol::Http | Protocol::Https => {
                drop(tokio::spawn(http::door(bound, Arc::clone(http))));
            }
            Protocol::Imap
            | Protocol::Imaps
            | Protocol::Pop3
            | Protocol::Pop3s
            | Protocol::Smtp
            | Protocol::Submission
            | Protocol::Submissions
            | Protocol::Lmtp => drop(tokio::spawn(accept::door(bound, Arc::clone(doors)))),
        }
    }
}

/// With fewer connections than this somebody may soon be refused.
const CONNECTIONS_FEW: usize = 1_000;

/// No more connections than there are descriptors for.
fn within_descriptors(limits: LimitsSection) -> LimitsSection {
    let possible = Descriptors::claim().connections;
    if possible >= limits.connections_max {
        return limits;
    }
    let configured = limits.connections_max;
    if possible < CONNECTIONS_FEW {
        tracing::warn!(configured, possible, "the limit of open files allows few connections");
    } else {
        tracing::info!(configured, possible, "the limit of open files allows fewer connections");
    }
    LimitsSection { connections_max: possible, ..limits }
}

/// Says in the log what most likely is not meant so in the configuration of these listeners, and gives it.
fn warn(bound: &[Bound], config: &Config) -> Vec<String> {
    let listen =
        |bound: &Bound| Listen { protocol: bound.protocol, address: bound.address.clone() };
    let listeners: Vec<Listen> = bound.iter().map(listen).collect();
    let warnings = config.warnings_with(&listeners);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    warnings
}
