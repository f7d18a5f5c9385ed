//! An alias that leads to another host, with a relay that notes what it hears.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use crate::program::Program;

/// Takes one message, and gives what the client said.
fn relay() -> (u16, mpsc::Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let mut answer = "220 relay.example";
        let (mut said, mut in_text) = (Vec::new(), false);
        loop {
            if !answer.is_empty() {
                stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).unwrap();
            }
            let mut line = String::new();
            if stream.read_line(&mut line).unwrap() == 0 {
                break;
            }
            let line = line.trim_end().to_owned();
            in_text = (in_text || line == "DATA") && line != ".";
            answer = match (in_text, line.as_str()) {
                (true, "DATA") => "354 go on",
                (true, _) => "",
                (false, _) => "250 ok",
            };
            let is_end = line == "QUIT";
            said.push(line);
            if is_end {
                break;
            }
        }
        told.send(said).unwrap();
    });
    (port, heard)
}

#[test]
fn mail_for_an_alias_goes_on_to_another_host_in_our_name() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    let add = ["alias", "add", "info@example.org", "Carla.C@Example.COM", "ANA@example.org"];
    let done = program.run(&add, "");
    assert_eq!(
        done.output.trim(),
        "info@example.org leads to Carla.C@example.com, ana@example.org"
    );
    assert!(done.error.contains("no relay is configured"), "{}", done.error);
    let (port, heard) = relay();
    let config = program.write("correio.toml", &format!("relay = \"smtp://127.0.0.1:{port}\"\n"));
    let listeners = ["--listen", "lmtp=127.0.0.1:0", "--listen", "pop3=127.0.0.1:0"];
    let mut host = program.serve(&[&["--config", &config][..], &listeners].concat());
    assert_eq!(program.run(&add, "").error, "");
    host.lmtp("info@example.org", "Subject: x\r\n\r\nhello\r\n");
    let said = heard.recv_timeout(Duration::from_secs(60)).unwrap();
    let from = said.iter().find(|line| line.starts_with("MAIL FROM:")).unwrap();
    assert!(
        from.starts_with("MAIL FROM:<SRS0=") && from.contains("=example.net=x@example.org>"),
        "{from}"
    );
    assert!(said.iter().any(|line| line.starts_with("RCPT TO:<Carla.C@example.com>")), "{said:?}");
    assert!(said.iter().any(|line| line == "hello"), "{said:?}");
    assert_eq!(host.pop3_count("ana", "long enough"), Ok(1));
    let refused = program.run(&["domain", "add", "example.com"], "");
    assert!(
        refused.error.contains("the alias info@example.org leads to Carla.C@example.com"),
        "{}",
        refused.error
    );
    assert_eq!(host.stop(), Some(0));
}
