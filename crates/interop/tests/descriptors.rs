//! With few open files allowed, however many connect: the store, the administrator, and who is there already are served.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::net::TcpStream;

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::lmtp::Lmtp;
use interop::{Host, Listener};

fn flood(open_files: u32, connections: usize) {
    let host = Host::start_with_open_files(open_files, &["ana"]);
    let port = host.port(Listener::Imap);
    let mut ana = Imap::login(port, &address("ana"), PASSWORD).unwrap();
    ana.ok("SELECT INBOX").unwrap();
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    let connect = |_| TcpStream::connect(("127.0.0.1", port)).unwrap();
    let flooding: Vec<TcpStream> = (0..connections).map(connect).collect();
    // A message so large that its octets are staged, and administration, which opens a connection of its own.
    let large = format!("Subject: large\r\n\r\n{}", "All of it is kept.\r\n".repeat(20_000));
    for _ in 0..3 {
        ana.append("INBOX", "", large.as_bytes()).unwrap();
        let answers = lmtp.deliver(&[address("ana")], large.as_bytes()).unwrap();
        assert!(answers.iter().all(|answer| answer.starts_with("250")), "{answers:?}");
        assert!(ana.ok("UID FETCH 1 (BODY.PEEK[])").is_ok());
    }
    host.add("bia");
    drop(flooding);
    // And those who come after the flood.
    let mut bia = Imap::login(port, &address("bia"), PASSWORD);
    while bia.is_err() {
        bia = Imap::login(port, &address("bia"), PASSWORD);
    }
    println!("{open_files} open files allowed, {connections} connections: served");
}

#[test]
fn sixty_four_open_files_are_enough_while_three_hundred_connect() {
    flood(64, 300);
}

#[test]
fn a_thousand_open_files_are_enough_while_two_thousand_connect() {
    flood(1_024, 2_000);
}
