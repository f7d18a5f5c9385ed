//! Addresses and paths (RFC 5321, 4.1.2; RFC 6531, 3.3). An `Address` that exists is valid.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::Syntax;
use crate::limits::{DOMAIN_OCTETS_MAX, LOCAL_PART_OCTETS_MAX, PATH_OCTETS_MAX};

/// A mailbox on a host. Equal addresses have equal local parts, whatever their quoting was, and equal domains in
/// lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    local: String,
    domain: Domain,
}

/// Where a mailbox is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// A name, in lower case.
    Name(String),
    /// An IP address in brackets. An IPv4 address mapped into IPv6 is the IPv4 address.
    Literal(IpAddr),
    /// None was given: here. Only `postmaster` (RFC 5321, 4.5.1), and anybody over LMTP.
    Here,
}

/// Who is told when a message cannot be delivered; none: nobody (`<>`).
pub type ReversePath = Option<Address>;

/// Whether a domain must stand in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bare {
    /// Always.
    Nobody,
    /// Except for the postmaster (RFC 5321, 4.5.1).
    Postmaster,
    /// Never: LMTP clients leave it out for local users.
    Anybody,
}

impl Address {
    /// Makes an address of a local part (without quoting) and a domain.
    pub fn new(local: &str, domain: Domain) -> Result<Address, Syntax> {
        if local.is_empty() || local.len() > LOCAL_PART_OCTETS_MAX {
            return Err(Syntax("a local part of 1 to 64 octets"));
        }
        if local.chars().any(char::is_control) {
            return Err(Syntax("a local part without control characters"));
        }
        Ok(Address { local: local.to_owned(), domain })
    }

    /// The local part, without quoting.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether it needs SMTPUTF8 (RFC 6531).
    pub fn is_ascii(&self) -> bool {
        let domain = match &self.domain {
            Domain::Name(name) => name.is_ascii(),
            Domain::Literal(_) | Domain::Here => true,
        };
        domain && self.local.is_ascii()
    }
}

impl FromStr for Address {
    type Err = Syntax;

    fn from_str(text: &str) -> Result<Address, Syntax> {
        let (address, rest) = mailbox(text, Bare::Nobody)?;
        if rest.is_empty() { Ok(address) } else { Err(Syntax("nothing after the address")) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_dot_string(&self.local) {
            f.write_str(&self.local)?;
        } else {
            f.write_str("\"")?;
            for character in self.local.chars() {
                if matches!(character, '"' | '\\') {
                    f.write_str("\\")?;
                }
                write!(f, "{character}")?;
            }
            f.write_str("\"")?;
        }
        match &self.domain {
            Domain::Name(name) => write!(f, "@{name}"),
            Domain::Literal(IpAddr::V4(address)) => write!(f, "@[{address}]"),
            Domain::Literal(IpAddr::V6(address)) => write!(f, "@[IPv6:{address}]"),
            Domain::Here => Ok(()),
        }
    }
}

/// How a client wrote a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Brackets {
    /// In angle brackets, as RFC 5321, 4.1.2, wants it.
    #[default]
    There,
    /// Without: scanners, cameras and scripts do so, and Postfix and Exim take it.
    Missing,
}

/// Reads `<path>` at the start, or a mailbox without the brackets; gives what follows it, and how it was written.
pub(crate) fn path(text: &str, bare: Bare) -> Result<(Address, &str, Brackets), Syntax> {
    let Some(inner) = text.strip_prefix('<') else {
        if text.is_empty() {
            return Err(Syntax("an address in angle brackets"));
        }
        let (address, rest) = mailbox(text, bare)?;
        // What follows is nothing or a parameter; anything else belongs to the address and is wrong in it.
        if !rest.is_empty() && !rest.starts_with(' ') {
            return Err(Syntax("an address in angle brackets"));
        }
        return Ok((address, rest, Brackets::Missing));
    };
    let (address, rest) = mailbox(past_route(inner)?, bare)?;
    let rest = rest.strip_prefix('>').ok_or(Syntax("> after the address"))?;
    if text.len().saturating_sub(rest.len()) > PATH_OCTETS_MAX {
        return Err(Syntax("a path of at most 256 octets"));
    }
    Ok((address, rest, Brackets::There))
}

/// Reads `<path>` or `<>`, or a mailbox without the brackets.
pub(crate) fn reverse_path(text: &str) -> Result<(ReversePath, &str, Brackets), Syntax> {
    match text.strip_prefix("<>") {
        Some(rest) => Ok((None, rest, Brackets::There)),
        None => path(text, Bare::Nobody).map(|(address, rest, how)| (Some(address), rest, how)),
    }
}

/// Skips a source route, which must be accepted and ignored (RFC 5321, appendix C).
fn past_route(text: &str) -> Result<&str, Syntax> {
    if !text.starts_with('@') {
        return Ok(text);
    }
    let (route, rest) = text.split_once(':').ok_or(Syntax(": after the source route"))?;
    let valid = route.split(',').all(|hop| hop.strip_prefix('@').is_some_and(is_domain_name));
    if valid { Ok(rest) } else { Err(Syntax("@domain in the source route")) }
}

fn mailbox(text: &str, bare: Bare) -> Result<(Address, &str), Syntax> {
    let (local, rest) = local_part(text)?;
    let Some(rest) = rest.strip_prefix('@') else {
        let allowed = match bare {
            Bare::Nobody => false,
            Bare::Postmaster => local.eq_ignore_ascii_case("postmaster"),
            Bare::Anybody => true,
        };
        if !allowed {
            return Err(Syntax("local-part@domain"));
        }
        return Ok((Address::new(&local, Domain::Here)?, rest));
    };
    let (domain, rest) = domain(rest)?;
    Ok((Address::new(&local, domain)?, rest))
}

/// Reads a dot-string or a quoted string; gives it without quoting.
fn local_part(text: &str) -> Result<(String, &str), Syntax> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c| !is_atext(c) && c != '.').unwrap_or(text.len());
        let (local, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        if !is_dot_string(local) {
            return Err(Syntax("a local part"));
        }
        return Ok((local.to_owned(), rest));
    };
    let mut local = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next() {
            Some('"') => return Ok((local, characters.as_str())),
            Some('\\') => match characters.next() {
                Some(c @ ' '..='~') => local.push(c),
                _ => return Err(Syntax("a printable character after the backslash")),
            },
            Some(c) if !c.is_control() => local.push(c),
            _ => return Err(Syntax("a closing quote")),
        }
    }
}

/// Reads a domain name or an address in brackets.
pub(crate) fn domain(text: &str) -> Result<(Domain, &str), Syntax> {
    if let Some(inner) = text.strip_prefix('[') {
        let (literal, rest) = inner.split_once(']').ok_or(Syntax("a closing bracket"))?;
        return Ok((Domain::Literal(address_literal(literal)?), rest));
    }
    let end = text.find(|c| !is_domain_character(c) && c != '.').unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    if !is_domain_name(name) {
        return Err(Syntax("a domain"));
    }
    Ok((Domain::Name(lower(name)), rest))
}

fn address_literal(text: &str) -> Result<IpAddr, Syntax> {
    let tagged = text
        .split_at_checked(5)
        .filter(|(tag, _)| tag.eq_ignore_ascii_case("IPv6:"))
        .map(|(_, address)| address);
    let address = match tagged {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(|v6| IpAddr::V6(v6).to_canonical()),
        None => text.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    };
    address.ok_or(Syntax("an IP address in the brackets"))
}

fn lower(name: &str) -> String {
    if name.is_ascii() { name.to_ascii_lowercase() } else { name.to_lowercase() }
}

/// Whether a name can be a domain. Underscores are no letters of a host name, but senders have them.
pub(crate) fn is_domain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= DOMAIN_OCTETS_MAX
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(is_domain_character)
        })
}

fn is_domain_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || (!c.is_ascii() && !c.is_control())
}

fn is_dot_string(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(c)
        || (!c.is_ascii() && !c.is_control())
}

#[cfg(test)]
mod tests;
