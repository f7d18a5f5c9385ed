//! What the host holds while many POP3 sessions are in the middle of a large RETR at once.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Barrier, Semaphore};

use crate::host::{Host, Listener, PASSWORD, address};
use crate::lmtp::Lmtp;

/// How many sessions one account has; each is a device of its own, as the lock is by device.
const SESSIONS_PER_ACCOUNT: usize = 50;
/// How much of the message each session has read when all wait for one another.
const READ_FIRST_OCTETS: usize = 128 << 10;
/// Small, so that the system's buffers do not swallow the message.
const RECEIVE_BUFFER_OCTETS: u32 = 64 << 10;
const LOGINS_AT_ONCE: usize = 16;

/// What was measured.
#[derive(Clone, Debug)]
pub struct Report {
    sessions: usize,
    octets: usize,
    at_rest_kib: u64,
    logged_in_kib: u64,
    in_flight_kib: u64,
    /// Of these, how much belongs to files that are mapped into memory.
    in_flight_file_kib: u64,
    peak_kib: u64,
    took: Duration,
}

impl Report {
    /// How much the peak lies above the sessions that are logged in and wait, for each of them.
    pub fn retr_kib_per_session(&self) -> u64 {
        self.peak_kib.saturating_sub(self.logged_in_kib) / self.sessions as u64
    }

    /// How much the peak lies above the host without sessions, for each of them.
    pub fn kib_per_session(&self) -> u64 {
        self.peak_kib.saturating_sub(self.at_rest_kib) / self.sessions as u64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| format!("{:.1} MiB", kib as f64 / 1024.0);
        let total = self.sessions as u64 * self.octets as u64;
        let rate = total as f64 / self.took.as_secs_f64() / 1e6;
        writeln!(
            f,
            "{} sessions, each in the middle of a message of {} octets",
            self.sessions, self.octets
        )?;
        writeln!(f, "resident, with no session            {:>11}", mib(self.at_rest_kib))?;
        writeln!(f, "resident, all logged in              {:>11}", mib(self.logged_in_kib))?;
        writeln!(
            f,
            "resident, all in the middle of RETR  {:>11} (of that mapped files: {})",
            mib(self.in_flight_kib),
            mib(self.in_flight_file_kib)
        )?;
        writeln!(f, "peak (VmHWM)                         {:>11}", mib(self.peak_kib))?;
        writeln!(f, "for each session                     {:>7} KiB", self.kib_per_session())?;
        writeln!(f, "of that for RETR                     {:>7} KiB", self.retr_kib_per_session())?;
        writeln!(f, "sent {total} octets in {:.1} s, {rate:.0} MB/s", self.took.as_secs_f64())
    }
}

/// Starts a host and measures.
pub fn run(sessions: usize, octets: usize) -> Report {
    let config = format!(
        "[limits]\nconnections_per_user_max = {0}\nconnections_per_user_and_address_max = {0}\n",
        SESSIONS_PER_ACCOUNT + 5
    );
    let accounts: Vec<String> = (0..sessions.div_ceil(SESSIONS_PER_ACCOUNT))
        .map(|number| format!("user{number}"))
        .collect();
    let people: Vec<&str> = accounts.iter().map(String::as_str).collect();
    let host = Host::start_configured(&config, &people);
    deliver(&host, &accounts, octets);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(measured(&host, sessions, octets))
}

async fn measured(host: &Host, sessions: usize, octets: usize) -> Report {
    let port = host.port(Listener::Pop3);
    // One of each account comes and goes first, one after another: what the host sets up once is not counted, nor what it
    // takes to hash a password, which it does once for each.
    for number in (0..sessions).step_by(SESSIONS_PER_ACCOUNT) {
        answered(&mut login(port, number).await, "QUIT\r\n").await;
    }
    read_rest(login(port, 0).await, octets, &Barrier::new(1), &Barrier::new(1)).await;
    let at_rest_kib = host.memory_kib("VmRSS");
    let (all_in, all_off) =
        (Arc::new(Barrier::new(sessions + 1)), Arc::new(Barrier::new(sessions + 1)));
    let logged_in = Arc::new(Barrier::new(sessions + 1));
    let begin = Arc::new(Barrier::new(sessions + 1));
    let places = Arc::new(Semaphore::new(LOGINS_AT_ONCE));
    let mut tasks = Vec::new();
    for number in 0..sessions {
        let (all_in, all_off, logged_in, begin) =
            (Arc::clone(&all_in), Arc::clone(&all_off), Arc::clone(&logged_in), Arc::clone(&begin));
        let places = Arc::clone(&places);
        tasks.push(tokio::spawn(async move {
            let place = places.acquire_owned().await.unwrap();
            let stream = login(port, number).await;
            drop(place);
            logged_in.wait().await;
            begin.wait().await;
            read_rest(stream, octets, &all_in, &all_off).await;
        }));
    }
    logged_in.wait().await;
    let logged_in_kib = host.memory_kib("VmRSS");
    host.forget_peak_kib();
    let start = Instant::now();
    begin.wait().await;
    all_in.wait().await;
    let in_flight_kib = host.memory_kib("VmRSS");
    let in_flight_file_kib = host.memory_kib("RssFile");
    all_off.wait().await;
    for task in tasks {
        task.await.unwrap();
    }
    Report {
        sessions,
        octets,
        at_rest_kib,
        logged_in_kib,
        in_flight_kib,
        in_flight_file_kib,
        peak_kib: host.memory_kib("VmHWM"),
        took: start.elapsed(),
    }
}

type Stream = BufReader<TcpStream>;

async fn login(port: u16, number: usize) -> Stream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(RECEIVE_BUFFER_OCTETS).unwrap();
    let stream = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let mut stream = BufReader::with_capacity(16 << 10, stream);
    let user = number / SESSIONS_PER_ACCOUNT;
    let login = address(&format!("user{user}+device{number}"));
    answered(&mut stream, "").await;
    answered(&mut stream, &format!("USER {login}\r\n")).await;
    answered(&mut stream, &format!("PASS {PASSWORD}\r\n")).await;
    stream
}

async fn answered(stream: &mut Stream, command: &str) -> String {
    stream.get_mut().write_all(command.as_bytes()).await.unwrap();
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    assert!(line.starts_with("+OK"), "{command}{line}");
    line
}

/// Reads the message: a little of it, and when all have done so, the rest.
async fn read_rest(mut stream: Stream, octets: usize, all_in: &Barrier, all_off: &Barrier) {
    answered(&mut stream, "RETR 1\r\n").await;
    let mut piece = vec![0; 64 << 10];
    let mut read = 0;
    let mut end = Vec::new();
    while !end.ends_with(b"\r\n.\r\n") {
        let count = stream.read(&mut piece).await.unwrap();
        assert!(count > 0, "the host hung up after {read} octets");
        let is_first = read < READ_FIRST_OCTETS && read + count >= READ_FIRST_OCTETS;
        read += count;
        end.extend_from_slice(&piece[..count]);
        end.drain(..end.len().saturating_sub(8));
        if is_first {
            all_in.wait().await;
            all_off.wait().await;
        }
    }
    assert!(read >= octets, "{read} octets came");
    answered(&mut stream, "QUIT\r\n").await;
}

/// Delivers a message of this size to all of them, in one transaction.
fn deliver(host: &Host, accounts: &[String], octets: usize) {
    let head = "From: a@example.net\r\nSubject: large\r\n\r\n";
    let line = format!("{}\r\n", "0123456789".repeat(7));
    let mut text = String::with_capacity(octets + 100);
    text.push_str(head);
    while text.len() < octets {
        text.push_str(&line);
    }
    let to: Vec<String> = accounts.iter().map(|account| address(account)).collect();
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    let answers = lmtp.deliver(&to, text.as_bytes()).unwrap();
    assert!(answers.iter().all(|answer| answer.starts_with("250")), "{answers:?}");
}
