//! LMTP into the maildrop in memory (RFC 2033), as little as the suite needs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use super::Shared;

pub(super) fn serve(stream: TcpStream, shared: &Shared) {
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    let mut say = move |line: &str| writer.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    let mut going = say("220 ready");
    while going {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return;
        }
        let word = String::from_utf8_lossy(&line).trim_end().to_ascii_uppercase();
        going = match word.get(..4).unwrap_or_default() {
            "LHLO" => say("250-faulty\r\n250-8BITMIME\r\n250 SMTPUTF8"),
            "DATA" => {
                say("354 go on");
                shared.add(dotted(&mut reader));
                say("250 kept")
            }
            "QUIT" => {
                say("221 goodbye");
                return;
            }
            _ => say("250 fine"),
        };
    }
}

fn dotted(reader: &mut BufReader<TcpStream>) -> Vec<u8> {
    let mut text = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).unwrap_or(0) == 0 || line == b".\r\n" {
            return text;
        }
        text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
