//! HELO, EHLO and LHLO: who calls, and what we can do (RFC 5321, 4.1.1.1; RFC 2033, 4.1).

use super::{Command, CommandFault};
use crate::address::is_domain_name;
use crate::limits::ODD_NAME_CHARACTERS_MAX;
use crate::server::{Session, Tls};
use crate::{Flavour, Reply, Syntax};
use sasl::Security;

/// Which greeting was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// HELO: no extensions.
    Helo,
    /// EHLO.
    Ehlo,
    /// LHLO.
    Lhlo,
}

/// A client's greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Which command it was.
    pub greeting: Greeting,
    /// What it calls itself; `unknown` if that is no name.
    pub name: String,
    /// What it calls itself if that is no name, in printable ASCII.
    pub odd: Option<String>,
}

pub(super) fn parse_ehlo(argument: &str, flavour: Flavour) -> Result<Command, CommandFault> {
    parse(argument, flavour, Greeting::Ehlo)
}

pub(super) fn parse_helo(argument: &str, flavour: Flavour) -> Result<Command, CommandFault> {
    parse(argument, flavour, Greeting::Helo)
}

pub(super) fn parse_lhlo(argument: &str, flavour: Flavour) -> Result<Command, CommandFault> {
    parse(argument, flavour, Greeting::Lhlo)
}

fn parse(argument: &str, flavour: Flavour, greeting: Greeting) -> Result<Command, CommandFault> {
    // LMTP must not take HELO or EHLO, nor SMTP LHLO, lest one be taken for the other (RFC 2033, 4.1).
    let fits = match flavour {
        Flavour::Lmtp => greeting == Greeting::Lhlo,
        Flavour::Smtp | Flavour::Submission => greeting != Greeting::Lhlo,
    };
    if !fits {
        return Err(CommandFault::Unknown);
    }
    let name = argument.trim_matches(' ');
    if is_host(name) {
        return Ok(Command::Hello(Hello { greeting, name: name.to_owned(), odd: None }));
    }
    if name.is_empty() {
        return Err(Syntax("your host's name, or its address in brackets").into());
    }
    // Computers and devices greet with whatever they are called. It proves nothing either way, and is no ground to refuse
    // mail (RFC 5321, 4.1.4).
    Ok(Command::Hello(Hello { greeting, name: "unknown".to_owned(), odd: Some(harmless(name)) }))
}

/// The name as it can stand in a comment of a trace field (RFC 5322, 3.2.2).
fn harmless(name: &str) -> String {
    let harmless = |c| match c {
        ' '..='~' if !matches!(c, '(' | ')' | '\\') => c,
        _ => '?',
    };
    name.chars().take(ODD_NAME_CHARACTERS_MAX).map(harmless).collect()
}

fn is_host(name: &str) -> bool {
    let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match literal {
        Some(literal) => {
            // A zone such as %eth0 is no part of an address elsewhere, but programs send it.
            let part = |o: u8| o.is_ascii_alphanumeric() || matches!(o, b'.' | b':' | b'%');
            literal.len() <= 64 && literal.bytes().all(part)
        }
        None => name.is_ascii() && is_domain_name(name.strip_suffix('.').unwrap_or(name)),
    }
}

impl Hello {
    pub(super) fn print(&self) -> String {
        let word = match self.greeting {
            Greeting::Helo => "HELO",
            Greeting::Ehlo => "EHLO",
            Greeting::Lhlo => "LHLO",
        };
        format!("{word} {}", self.name)
    }
}

impl<S> Session<S> {
    /// Runs it: a greeting also forgets the transaction (RFC 5321, 4.1.4).
    pub(crate) fn hello(&mut self, hello: Hello) -> Reply {
        self.transaction = None;
        let mut text = format!("{} greets {}", self.service.hostname, hello.name);
        if hello.greeting != Greeting::Helo {
            for capability in self.capabilities() {
                text.push('\n');
                text.push_str(&capability);
            }
        }
        self.hello = Some(Box::new(hello));
        Reply::plain(250, text)
    }

    fn capabilities(&self) -> Vec<String> {
        let mut list: Vec<String> =
            ["PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"]
                .map(str::to_owned)
                .into();
        list.push(format!("SIZE {}", self.service.message_octets_max));
        if self.service.tls == Tls::Offered && self.peer.security != Security::Tls {
            list.push("STARTTLS".to_owned());
        }
        if self.service.flavour == Flavour::Submission {
            // Whom a stranger's mail reaches, and when, is not told to strangers: DSN is for our own people.
            list.push("DSN".to_owned());
            if self.login.is_none() {
                list.extend(self.mechanisms_line());
            }
        }
        list
    }

    fn mechanisms_line(&self) -> Option<String> {
        let names: Vec<&str> = self.mechanisms().into_iter().map(sasl::Mechanism::name).collect();
        (!names.is_empty()).then(|| format!("AUTH {}", names.join(" ")))
    }
}
