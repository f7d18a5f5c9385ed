//! A host and an authority in memory: names and sockets that lead from one to the other.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use acme_authority::{Authority, Connecting, NAME, Reach};
use admin::keep::Folder;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mailbox::{Clock, Timestamp};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sasl::Ready;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;
use web::{Outside, Stream};

use super::super::{Acme, AcmeParts, Lent, Pending, Told};
use crate::config::AcmeSection;
use crate::listen::Protocol;
use crate::tls::Tls;

pub(super) const NAMES: [&str; 2] = ["mail.example.org", "smtp.example.org"];
pub(super) const DAY_S: i64 = 86_400;
/// 2026-11-30.
const BEGIN_S: i64 = 1_796_000_000;

pub(super) fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

pub(super) fn days(days: u64) -> Duration {
    hours(24 * days)
}

/// The time of the test, which runs as fast as nothing happens.
#[derive(Clone)]
struct TestClock(Instant);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(BEGIN_S + self.0.elapsed().as_secs() as i64)
    }
}

/// What the authority reaches: the host, under the names that lead there.
struct Here {
    pending: Arc<Pending>,
    tls: Mutex<Tls>,
    clock: TestClock,
    /// Whether names lead to the host.
    leads: Arc<Mutex<bool>>,
}

struct Way(Arc<Here>);

impl Reach for Way {
    fn connect(&self, name: String, port: u16) -> Connecting {
        let here = Arc::clone(&self.0);
        Box::pin(async move {
            if !*here.leads.lock().unwrap() {
                return Err(io::Error::other(format!("{name} refuses connections")));
            }
            let (near, far) = duplex(64 << 10);
            tokio::spawn(async move {
                if port == 443 {
                    let config = here.tls.lock().unwrap().config(Protocol::Https);
                    drop(here.pending.accept(far, config).await);
                } else {
                    let service = TowerToHyperService::new(here.pending.router());
                    let http = hyper::server::conn::http1::Builder::new();
                    drop(http.serve_connection(TokioIo::new(far), service).await);
                }
            });
            let near: Box<dyn acme_authority::Stream> = Box::new(near);
            Ok(near)
        })
    }

    fn now_s(&self) -> i64 {
        self.0.clock.now().0
    }
}

/// The network of the host, in which there is an authority.
struct Network {
    authority: Arc<Authority>,
    tls: Arc<ClientConfig>,
}

impl Outside for Network {
    fn resolve<'a>(&'a self, host: &'a str) -> Ready<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            match host {
                NAME => Ok(vec!["192.0.2.1".parse().unwrap()]),
                "mail.example.org" => Ok(vec!["192.0.2.9".parse().unwrap()]),
                _ => Err(io::Error::other("no such name")),
            }
        })
    }

    fn connect(&self, _: SocketAddr) -> Ready<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let (near, far) = duplex(64 << 10);
            tokio::spawn(Arc::clone(&self.authority).serve(far));
            let near: Box<dyn Stream> = Box::new(near);
            Ok(near)
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let name = ServerName::try_from(host.to_owned()).unwrap();
            let connector = TlsConnector::from(Arc::clone(&self.tls));
            let stream: Box<dyn Stream> = Box::new(connector.connect(name, stream).await?);
            Ok(stream)
        })
    }
}

pub(super) fn client(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// All of it.
pub(super) struct World {
    _temporary: Arc<TempDir>,
    pub(super) folder: Folder,
    pub(super) tls: Tls,
    pub(super) authority: Arc<Authority>,
    pub(super) told: Arc<Told>,
    here: Arc<Here>,
    acme: Mutex<Option<Arc<Acme>>>,
}

impl World {
    pub(super) fn new() -> World {
        let temporary = Arc::new(tempfile::tempdir().unwrap());
        let clock = TestClock(Instant::now());
        World::on(temporary, clock, None)
    }

    fn on(temporary: Arc<TempDir>, clock: TestClock, kept: Option<&World>) -> World {
        let folder = Folder(temporary.path().to_owned());
        let tls = Tls::of_folder(&folder, &[]).unwrap();
        let (here, authority) = match kept {
            Some(kept) => {
                *kept.here.tls.lock().unwrap() = tls.clone();
                (Arc::clone(&kept.here), Arc::clone(&kept.authority))
            }
            None => {
                let leads = Arc::new(Mutex::new(true));
                let (pending, tls) = (Arc::new(Pending::default()), Mutex::new(tls.clone()));
                let here = Arc::new(Here { pending, tls, clock, leads });
                let authority = Authority::new(NAME, 443, Box::new(Way(Arc::clone(&here))));
                (here, authority)
            }
        };
        let (told, acme) = (Arc::default(), Mutex::default());
        World { _temporary: temporary, folder, tls, authority, told, here, acme }
    }

    /// The same data folder and the same authority, as a start finds them.
    pub(super) fn again(&self) -> World {
        World::on(Arc::clone(&self._temporary), self.here.clock.clone(), Some(self))
    }

    /// The same data folder, and another authority.
    pub(super) fn at_another_authority(&self) -> World {
        let mut world = World::on(Arc::clone(&self._temporary), self.here.clock.clone(), None);
        world.authority = Authority::new(NAME, 8443, Box::new(Way(Arc::clone(&world.here))));
        world
    }

    pub(super) fn now_s(&self) -> i64 {
        self.here.clock.now().0
    }

    /// Says whether names lead to the host from now on.
    pub(super) fn let_names_lead_here(&self, leads: bool) {
        *self.here.leads.lock().unwrap() = leads;
    }

    pub(super) fn trusting_authority(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.authority.root_pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        client(roots)
    }

    /// Begins to fetch certificates, with this section; dropped, what comes ends it.
    pub(super) fn work(&self, change: impl FnOnce(&mut AcmeSection)) -> JoinSet<()> {
        self.try_work(change).unwrap()
    }

    pub(super) fn try_work(&self, change: impl FnOnce(&mut AcmeSection)) -> Option<JoinSet<()>> {
        let mut section = AcmeSection {
            directory: Some(self.authority.directory()),
            terms_agreed: Some(true),
            contacts: vec!["ana@example.org".to_owned()],
            names: NAMES.map(str::to_owned).to_vec(),
            ..AcmeSection::default()
        };
        change(&mut section);
        let mut parts = AcmeParts::read(&section).unwrap().unwrap();
        let (authority, tls) = (Arc::clone(&self.authority), self.trusting_authority());
        parts.outside = Arc::new(Network { authority, tls });
        let lent = Lent {
            folder: self.folder.clone(),
            tls: self.tls.clone(),
            clock: Arc::new(self.here.clock.clone()),
            pending: Arc::clone(&self.here.pending),
            told: Arc::clone(&self.told),
        };
        let acme = Acme::new(&section, "mail.example.org", Some(parts), lent)?;
        *self.acme.lock().unwrap() = Some(Arc::clone(&acme));
        let mut work = JoinSet::new();
        work.spawn(acme.work());
        Some(work)
    }

    /// As `correio reload` does.
    pub(super) fn try_now(&self) {
        self.acme.lock().unwrap().as_ref().unwrap().try_now();
    }

    /// Lets time go by.
    pub(super) async fn pass(&self, time: Duration) {
        sleep(time).await;
    }

    /// Waits until so many certificates came.
    pub(super) async fn until_issued(&self, issued: u64) {
        let until = Instant::now() + Duration::from_secs(600);
        while self.told.standing().issued < issued {
            let standing = self.told.standing();
            assert!(Instant::now() < until, "{standing:?} {:?}", self.authority.seen());
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Asks the http listener for a challenge.
    pub(super) async fn ask_for_token(&self, token: &str) -> String {
        let mut stream =
            Way(Arc::clone(&self.here)).connect("mail.example.org".to_owned(), 80).await.unwrap();
        let question = format!(
            "GET /.well-known/acme-challenge/{token} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(question.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
