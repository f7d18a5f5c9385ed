//! The real host, confined as it always is, fetches its certificate from an authority over the network, and shows it at all doors.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use acme_authority::{Authority, Connecting, Reach, Stream, Ways};
use interop::{Host, Listener, Program, need};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

const NAME: &str = "mail.example.org";

/// The name leads to the host of the test, once that runs: https is port 443, http port 80.
#[derive(Clone, Default)]
struct Ports(Arc<OnceLock<(u16, u16)>>);

impl Reach for Ports {
    fn connect(&self, name: String, port: u16) -> Connecting {
        let found = self.0.get().copied().filter(|_| name == NAME);
        Box::pin(async move {
            let (https, http) = found.ok_or_else(|| io::Error::other("no such host"))?;
            let port = if port == 443 { https } else { http };
            let stream: Box<dyn Stream> = Box::new(TcpStream::connect(("127.0.0.1", port)).await?);
            Ok(stream)
        })
    }

    fn now_s(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
    }
}

struct World {
    authority: Arc<Authority>,
    ports: Ports,
    folder: tempfile::TempDir,
    _runtime: Runtime,
}

impl World {
    fn new() -> World {
        let runtime = Runtime::new().unwrap();
        let ports = Ports::default();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let authority = Authority::new("localhost", port, Box::new(ports.clone()));
        let serving = Arc::clone(&authority);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), authority.root_pem()).unwrap();
        World { authority, ports, folder, _runtime: runtime }
    }

    fn root(&self) -> String {
        self.folder.path().join("root.pem").to_string_lossy().into_owned()
    }

    fn start(&self, challenge: &str) -> Host {
        let (directory, root) = (self.authority.directory(), self.root());
        let config = format!(
            "[acme]\ndirectory = \"{directory}\"\nterms_agreed = true\nnames = [\"{NAME}\"]\n\
             challenges = [\"{challenge}\"]\nauthority_file = \"{root}\"\n"
        );
        let host = Host::start_configured(&config, &["ana"]);
        self.ports.0.set((host.port(Listener::Https), host.port(Listener::Http))).unwrap();
        host
    }
}

/// What the status says of the certificate, as soon as that is so.
fn until(host: &Host, is_so: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, said) = host.command(&["status", "--json"], "");
        let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
        let certificate = said["host"]["certificate"].clone();
        if is_so(&certificate) {
            return said;
        }
        assert!(Instant::now() < end, "{said}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Whether a door shows a certificate of the authority for the name.
fn is_trusted(curl: &Path, world: &World, scheme: &str, port: u16) -> (bool, String) {
    let url = format!("{scheme}://{NAME}:{port}/");
    let lead = format!("{NAME}:{port}:127.0.0.1");
    let words = ["-sS", "-v", "--cacert", &world.root(), "--resolve", &lead, "--max-time", "20"];
    let ran = Program::new(curl, world.folder.path()).args(words).args([&url]).run();
    (ran.errors.contains("SSL certificate verify ok"), ran.errors)
}

#[test]
fn the_host_fetches_its_certificate_and_all_doors_show_it() {
    let Some(curl) = need("curl") else { return };
    for challenge in ["tls-alpn-01", "http-01"] {
        let world = World::new();
        let host = world.start(challenge);
        // The ports were not known when the host began to ask: it is told to ask again.
        let mut asked = Instant::now();
        let end = asked + Duration::from_secs(60);
        let fetched = |certificate: &serde_json::Value| {
            certificate["file"].as_str().is_some_and(|file| file.ends_with("acme-certificate.pem"))
        };
        while !fetched(&until(&host, |_| true)["host"]["certificate"]) {
            if asked.elapsed() > Duration::from_secs(3) {
                assert!(host.command(&["reload"], "").0);
                asked = Instant::now();
            }
            assert!(Instant::now() < end, "no certificate by {challenge}");
            std::thread::sleep(Duration::from_millis(200));
        }
        let seen = world.authority.seen();
        assert_eq!(seen.wrong, Vec::<String>::new());
        assert_eq!(seen.proved.keys().collect::<Vec<_>>(), [challenge]);
        for (scheme, listener) in [
            ("imaps", Listener::Imaps),
            ("pop3s", Listener::Pop3s),
            ("smtps", Listener::Submissions),
            ("https", Listener::Https),
        ] {
            let (trusted, said) = is_trusted(&curl, &world, scheme, host.port(listener));
            assert!(trusted, "{scheme}: {said}");
        }
        drop(host);
    }
}

#[test]
fn what_goes_wrong_is_told_and_the_self_signed_certificate_serves() {
    let Some(curl) = need("curl") else { return };
    let world = World::new();
    world.authority.err(Ways::RateLimited(3600));
    let host = world.start("tls-alpn-01");
    let said = until(&host, |certificate| certificate["acme"]["why"].is_string());
    let why = said["host"]["certificate"]["acme"]["why"].as_str().unwrap();
    assert!(why.contains("left alone for a while"), "{why}");
    let trouble = said["trouble"].to_string();
    assert!(trouble.contains("no new certificate: the authority has had too many"), "{trouble}");
    let (_, told) = host.command(&["status"], "");
    assert!(told.contains("1 order in a row came to nothing"), "{told}");
    let health = format!("http://127.0.0.1:{}/health", host.port(Listener::Http));
    let metrics = health.replace("/health", "/metrics");
    let ask =
        |url: &str| Program::new(&curl, world.folder.path()).args(["-sS", "-i", url]).run().output;
    let health = ask(&health);
    assert!(
        health.starts_with("HTTP/1.1 200") && health.contains("no new certificate"),
        "{health}"
    );
    let metrics = ask(&metrics);
    for want in ["correio_acme_failures_in_a_row 1", "correio_acme_orders_failed_total 1"] {
        assert!(metrics.contains(want), "{want}: {metrics}");
    }
}
