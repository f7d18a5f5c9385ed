//! Peers that mean harm, before any login: each costs the host less than 256 KB, and good clients are served meanwhile.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::{Host, Listener};

const CONNECTIONS: u64 = 32;
const FLOOD_OCTETS: usize = 1 << 20;
const KIB_MAX: u64 = 256;

/// Sends this again and again, until enough went or the host hangs up.
fn flood(port: u16, first: &[u8], again: &[u8]) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
    stream.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
    // What the host answers is read and forgotten, or it would stop to listen.
    let mut answers = stream.try_clone().unwrap();
    answers.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut answers, &mut std::io::sink()));
    if stream.write_all(first).is_ok() {
        let block = again.repeat((64 << 10) / again.len());
        for _ in 0..FLOOD_OCTETS / block.len() {
            if stream.write_all(&block).is_err() {
                break;
            }
        }
    }
    drop(stream.shutdown(std::net::Shutdown::Write));
    drop(reader.join());
}

fn growth(
    host: &Host,
    (name, listener, first, again): (&str, Listener, &'static [u8], &'static [u8]),
) -> u64 {
    let port = host.port(listener);
    let before = host.forget_peak_kib();
    let start = Instant::now();
    let floods: Vec<_> =
        (0..CONNECTIONS).map(|_| std::thread::spawn(move || flood(port, first, again))).collect();
    // Somebody with honest intentions is served meanwhile.
    let mut imap = Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    imap.ok("SELECT INBOX").unwrap();
    floods.into_iter().for_each(|flood| flood.join().unwrap());
    // The host may have given memory back since, so that the new peak lies below the old state.
    let kib = host.memory_kib("VmHWM").saturating_sub(before) / CONNECTIONS;
    println!(
        "{name:<28} {kib:>4} KiB for each of {CONNECTIONS}, {:.1} s",
        start.elapsed().as_secs_f64()
    );
    kib
}

#[test]
fn a_hostile_connection_costs_little_memory() {
    let host = Host::start(&["ana"]);
    let floods: [(&str, Listener, &'static [u8], &'static [u8]); 11] = [
        ("imap: endless line", Listener::Imap, b"a LOGIN ", b"x"),
        ("imap: endless tag", Listener::Imap, b"", b"a"),
        ("imap: endless literal", Listener::Imap, b"a LOGIN {4294967295+}\r\n", b"x"),
        ("imap: literals that add up", Listener::Imap, b"a LOGIN ", b"{4000+}\r\n"),
        ("imap: a million tags", Listener::Imap, b"", b"a NOOP\r\n"),
        ("imap: nested parentheses", Listener::Imap, b"a SEARCH ", b"("),
        ("pop3: endless line", Listener::Pop3, b"USER ", b"x"),
        ("pop3: a million commands", Listener::Pop3, b"", b"CAPA\r\n"),
        ("pop3: endless exchange", Listener::Pop3, b"AUTH PLAIN\r\n", b"A"),
        ("smtp: endless line", Listener::Smtp, b"EHLO ", b"x"),
        ("smtp: a million commands", Listener::Smtp, b"EHLO x\r\n", b"NOOP\r\n"),
    ];
    // Once, so that what the host sets up for itself is not counted.
    growth(&host, ("(warming up)", Listener::Imap, b"", b"a NOOP\r\n"));
    let worst = floods.into_iter().map(|flood| growth(&host, flood)).max().unwrap();
    assert!(worst < KIB_MAX, "{worst} KiB");
}
