//! What a server says it can do (RFC 2449, 5 and 6).

use super::wire::Wire;
use super::{Fault, Stream, accepted};
use crate::Command;
use crate::limits::CLIENT_CAPABILITIES_MAX;

/// The capabilities of a server, those that matter to us by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It knows TOP.
    pub top: bool,
    /// It knows UIDL.
    pub uidl: bool,
    /// It knows USER and PASS.
    pub user: bool,
    /// Several commands may be under way at once.
    pub pipelining: bool,
    /// It offers TLS.
    pub stls: bool,
    /// A `[` at the beginning of a text begins a response code.
    pub response_codes: bool,
    /// The mechanisms that AUTH takes.
    pub mechanisms: Vec<String>,
    /// All lines as they came, for those who want to know more.
    pub lines: Vec<String>,
}

impl Capabilities {
    /// Takes one line.
    fn take(&mut self, line: &str) {
        let mut words = line.split_ascii_whitespace();
        match words.next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "TOP" => self.top = true,
            "UIDL" => self.uidl = true,
            "USER" => self.user = true,
            "PIPELINING" => self.pipelining = true,
            "STLS" => self.stls = true,
            "RESP-CODES" => self.response_codes = true,
            "SASL" => self.mechanisms.extend(words.map(str::to_ascii_uppercase)),
            _ => {}
        }
        self.lines.push(line.to_owned());
    }
}

/// Asks the server. One without CAPA is taken to know what every server of 1996 knows.
pub(super) async fn ask<S: Stream>(wire: &mut Wire<S>) -> Result<Capabilities, Fault> {
    let mut text = Vec::new();
    Command::Capa.print(&mut text);
    wire.send(&text).await?;
    let mut capabilities = Capabilities::default();
    match accepted(wire.reply().await?) {
        Ok(_) => {}
        Err(Fault::Refused(_)) => return Ok(Capabilities { user: true, ..capabilities }),
        Err(fault) => return Err(fault),
    }
    while let Some(line) = wire.listed().await? {
        if capabilities.lines.len() >= CLIENT_CAPABILITIES_MAX {
            let max = u64::try_from(CLIENT_CAPABILITIES_MAX).unwrap_or(u64::MAX);
            return Err(wire.break_off(Fault::TooMuch { what: "capabilities", max }));
        }
        capabilities.take(&String::from_utf8_lossy(&line));
    }
    Ok(capabilities)
}
