//! A proxy that cuts: it passes octets between a program and the host, and breaks the connection at a chosen octet.

use std::io::Result;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// Whose octets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// What the program sends.
    Client,
    /// What the host sends.
    Server,
}

/// Where the connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutPoint {
    /// When this many octets have gone one way; the next ones are swallowed.
    Octet(From, u64),
    /// When the program says QUIT; the host does not hear of it.
    BeforeQuit,
    /// When QUIT has been handed to the host and this many octets have come back since.
    AfterQuit(u64),
}

/// How the connection is cut, towards both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As when a program crashes or a box on the way loses patience: RST.
    Reset,
    /// As when the other end leaves in order: FIN.
    Close,
}

/// A cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where.
    pub point: CutPoint,
    /// How.
    pub how: How,
}

/// How the octets flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As they come.
    Full,
    /// In pieces of at most so many octets, with a pause of so many microseconds behind each.
    Pieces(usize, u64),
}

/// What happens to the connections from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The cut, for each connection; none: they pass.
    pub cut: Option<Cut>,
    /// The flow.
    pub pace: Pace,
}

impl Plan {
    /// Everything passes.
    pub const PASS: Plan = Plan { cut: None, pace: Pace::Full };
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Octets of the program that reached the host.
    pub from_client: u64,
    /// Octets of the host that reached the program.
    pub from_server: u64,
    /// Whether it was cut by us.
    pub was_cut: bool,
}

/// The proxy. Ends when dropped.
pub struct Cutter {
    port: u16,
    shared: Arc<Shared>,
    _runtime: Runtime,
}

struct Shared {
    plan: Mutex<Plan>,
    connections: Mutex<Connections>,
    ended: Condvar,
}

#[derive(Default)]
struct Connections {
    open: usize,
    passed: Vec<Passed>,
}

impl Cutter {
    /// Begins to listen for a port of this machine.
    pub fn start(target: u16) -> Cutter {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            plan: Mutex::new(Plan::PASS),
            connections: Mutex::default(),
            ended: Condvar::new(),
        });
        runtime.spawn(accept(listener, target, Arc::clone(&shared)));
        Cutter { port, shared, _runtime: runtime }
    }

    /// Where programs connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Says what happens to the connections from now on.
    pub fn plan(&self, plan: Plan) {
        *self.shared.plan.lock().unwrap() = plan;
    }

    /// Whether the connections of the plan that is in force have been cut, and none is open.
    pub fn has_cut(&self) -> bool {
        let connections = self.shared.connections.lock().unwrap();
        connections.open == 0 && connections.passed.iter().any(|passed| passed.was_cut)
    }

    /// Waits until all connections have ended, and tells what became of them since the last time.
    pub fn passed(&self) -> Vec<Passed> {
        let connections = self.shared.connections.lock().unwrap();
        let limit = Duration::from_secs(20);
        let (mut connections, waited) =
            self.shared.ended.wait_timeout_while(connections, limit, |c| c.open > 0).unwrap();
        assert!(!waited.timed_out(), "a connection did not end though its program has");
        std::mem::take(&mut connections.passed)
    }
}

async fn accept(listener: TcpListener, target: u16, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let plan = *shared.plan.lock().unwrap();
        shared.connections.lock().unwrap().open += 1;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut passed = Passed::default();
            drop(pump(client, target, plan, &mut passed).await);
            let mut connections = shared.connections.lock().unwrap();
            connections.open -= 1;
            connections.passed.push(passed);
            shared.ended.notify_all();
        });
    }
}

/// Moves octets until either end is gone or it is time to cut.
async fn pump(mut client: TcpStream, target: u16, plan: Plan, passed: &mut Passed) -> Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", target)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let piece = match plan.pace {
        Pace::Full => 64 << 10,
        Pace::Pieces(octets, _) => octets.max(1),
    };
    let (mut up, mut down) = (vec![0; piece], vec![0; piece]);
    let mut quit = Quit::default();
    loop {
        let keeps = tokio::select! {
            read = client.read(&mut up) => {
                let octets = &up[..read?];
                let (allowed, goes_on) = allowed_up(plan.cut, passed, &mut quit, octets);
                server.write_all(&octets[..allowed]).await?;
                passed.from_client += allowed as u64;
                if octets.is_empty() { End::Left } else { goes_on }
            }
            read = server.read(&mut down) => {
                let octets = &down[..read?];
                let (allowed, goes_on) = allowed_down(plan.cut, passed, &quit, octets);
                client.write_all(&octets[..allowed]).await?;
                passed.from_server += allowed as u64;
                if octets.is_empty() { End::Left } else { goes_on }
            }
        };
        match (keeps, plan.cut) {
            (End::No, _) => {}
            (End::Cut, Some(cut)) => {
                passed.was_cut = true;
                return sever(client, server, cut.how).await;
            }
            (End::Left | End::Cut, _) => return sever(client, server, How::Close).await,
        }
        if let Pace::Pieces(_, pause_us) = plan.pace {
            tokio::time::sleep(Duration::from_micros(pause_us)).await;
        }
    }
}

enum End {
    No,
    Left,
    Cut,
}

/// Finds the line with QUIT in what the program sends.
#[derive(Default)]
struct Quit {
    line: Vec<u8>,
    /// How many octets the host had sent when QUIT came.
    heard: Option<u64>,
}

impl Quit {
    /// Takes an octet; whether it begins a line that says QUIT and nothing else cannot be known before its end.
    fn take(&mut self, octet: u8) -> bool {
        if octet == b'\n' {
            let is_quit = self.line.trim_ascii().eq_ignore_ascii_case(b"QUIT");
            self.line.clear();
            return is_quit;
        }
        if self.line.len() < 32 {
            self.line.push(octet);
        }
        false
    }
}

/// How many of these octets of the program may pass.
fn allowed_up(cut: Option<Cut>, passed: &Passed, quit: &mut Quit, octets: &[u8]) -> (usize, End) {
    for (index, octet) in octets.iter().enumerate() {
        if quit.take(*octet) {
            quit.heard = Some(passed.from_server);
            match cut.map(|cut| cut.point) {
                // All but the line end: the host must not act on it.
                Some(CutPoint::BeforeQuit) => return (index.saturating_sub(1), End::Cut),
                Some(CutPoint::AfterQuit(0)) => return (index + 1, End::Cut),
                _ => {}
            }
        }
    }
    match cut.map(|cut| cut.point) {
        Some(CutPoint::Octet(From::Client, at)) => limited(at, passed.from_client, octets.len()),
        _ => (octets.len(), End::No),
    }
}

/// How many of these octets of the host may pass.
fn allowed_down(cut: Option<Cut>, passed: &Passed, quit: &Quit, octets: &[u8]) -> (usize, End) {
    match (cut.map(|cut| cut.point), quit.heard) {
        (Some(CutPoint::Octet(From::Server, at)), _) => {
            limited(at, passed.from_server, octets.len())
        }
        (Some(CutPoint::AfterQuit(count)), Some(heard)) => {
            limited(heard + count, passed.from_server, octets.len())
        }
        _ => (octets.len(), End::No),
    }
}

fn limited(at: u64, passed: u64, octets: usize) -> (usize, End) {
    let left = usize::try_from(at.saturating_sub(passed)).unwrap_or(usize::MAX);
    if left > octets { (octets, End::No) } else { (left, End::Cut) }
}

async fn sever(mut client: TcpStream, mut server: TcpStream, how: How) -> Result<()> {
    match how {
        How::Reset => {
            client.set_zero_linger()?;
            server.set_zero_linger()
        }
        How::Close => {
            // Either may be gone already.
            drop(client.shutdown().await);
            drop(server.shutdown().await);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// A server that says `+OK` to each line.
    fn server() -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let mut octet = [0];
                while stream.read(&mut octet).is_ok_and(|read| read == 1) {
                    if octet == *b"\n" && stream.write_all(b"+OK\r\n").is_err() {
                        break;
                    }
                }
            }
        });
        port
    }

    fn heard(plan: Plan) -> (Vec<u8>, Passed) {
        let cutter = Cutter::start(server());
        cutter.plan(plan);
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", cutter.port())).unwrap();
        let mut heard = Vec::new();
        for line in ["NOOP\r\n", "STAT\r\n", "QUIT\r\n"] {
            let mut answer = [0; 5];
            if stream.write_all(line.as_bytes()).is_err() {
                break;
            }
            while !answer.ends_with(b"\n") {
                match stream.read(&mut answer) {
                    Ok(read) if read > 0 => heard.extend_from_slice(&answer[..read]),
                    _ => return (heard, cutter.passed()[0]),
                }
                if heard.ends_with(b"\n") {
                    break;
                }
            }
        }
        drop(stream);
        (heard, cutter.passed()[0])
    }

    fn cut(point: CutPoint) -> Plan {
        Plan { cut: Some(Cut { point, how: How::Close }), pace: Pace::Full }
    }

    #[test]
    fn what_is_not_cut_passes_whole() {
        for pace in [Pace::Full, Pace::Pieces(1, 0)] {
            let (heard, passed) = heard(Plan { cut: None, pace });
            assert_eq!(heard, b"+OK\r\n+OK\r\n+OK\r\n");
            let whole = Passed { from_client: 18, from_server: 15, was_cut: false };
            assert_eq!(passed, whole);
        }
    }

    #[test]
    fn the_cut_is_at_the_octet() {
        let (said, passed) = heard(cut(CutPoint::Octet(From::Server, 7)));
        assert_eq!((said.as_slice(), passed.was_cut), (b"+OK\r\n+O".as_slice(), true));
        let (said, passed) = heard(cut(CutPoint::Octet(From::Client, 8)));
        assert_eq!((said.as_slice(), passed.from_client), (b"+OK\r\n".as_slice(), 8));
        let (said, passed) = heard(cut(CutPoint::BeforeQuit));
        assert_eq!((said.len(), passed.from_client, passed.was_cut), (10, 16, true));
        let (said, passed) = heard(cut(CutPoint::AfterQuit(0)));
        assert_eq!((said.len(), passed.from_client), (10, 18));
        let (said, passed) = heard(cut(CutPoint::AfterQuit(3)));
        assert_eq!((said.len(), passed.from_client), (13, 18));
    }
}
