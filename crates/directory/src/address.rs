//! Addresses as the directory knows them: domains in their ASCII form and lower case, local parts in one case and
//! one Unicode form, so that each way of writing an address leads to the same person.

mod punycode;

use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizer;

use crate::limits::{DOMAIN_OCTETS_MAX, LABEL_OCTETS_MAX, LOCAL_PART_OCTETS_MAX};

/// A domain in lower case, each label in its ASCII form (`xn--...`, RFC 5891).
///
/// Names in other scripts are put into NFC and lower case and then into the ASCII form. That is the heart of
/// RFC 5895; the rarer mappings of UTS 46 (full-width letters, ligatures) are left out: whoever registers such a
/// domain writes it in its ASCII form here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Box<str>);

/// An address: a local part in one case and a domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    local: Box<str>,
    domain: Domain,
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// No `@`, or nothing on one of its sides.
    #[error("expected an address such as ana@example.org")]
    Shape,
    /// The local part has characters that need quotes, or too many.
    #[error(
        "the part before @ may have letters, digits and !#$%&'*+-/=?^_`{{|}}~ with single dots, 64 octets in all"
    )]
    Local,
    /// The domain is not one.
    #[error("expected a domain such as example.org")]
    Domain,
}

impl Domain {
    /// The name of every machine for itself.
    pub fn localhost() -> Domain {
        Domain("localhost".into())
    }

    /// A domain that no host has: no name of a domain is empty.
    pub(crate) fn nowhere() -> Domain {
        Domain("".into())
    }

    /// The name in its ASCII form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<Domain, AddressFault> {
        if text.len() > DOMAIN_OCTETS_MAX.saturating_mul(4) {
            return Err(AddressFault::Domain);
        }
        let mut name = String::with_capacity(text.len());
        for label in fold(text).split('.') {
            if !name.is_empty() {
                name.push('.');
            }
            let start = name.len();
            if label.is_ascii() {
                name.push_str(label);
            } else {
                if label.chars().any(|c| c.is_control() || c.is_whitespace()) {
                    return Err(AddressFault::Domain);
                }
                name.push_str("xn--");
                name.push_str(&punycode::encode(label).ok_or(AddressFault::Domain)?);
            }
            let label = name.get(start..).unwrap_or_default();
            let letters = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-';
            if label.is_empty()
                || label.len() > LABEL_OCTETS_MAX
                || !label.bytes().all(letters)
                || label.starts_with('-')
                || label.ends_with('-')
            {
                return Err(AddressFault::Domain);
            }
        }
        // All digits and dots would be an IP address, which is no domain.
        let numeric = name.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
        if numeric || name.len() > DOMAIN_OCTETS_MAX {
            return Err(AddressFault::Domain);
        }
        Ok(Domain(name.into()))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Address {
    /// Joins a local part and a domain.
    pub fn new(local: &str, domain: Domain) -> Result<Address, AddressFault> {
        let local = unquoted(local).unwrap_or_else(|| local.to_owned());
        if local.is_empty() || local.len() > LOCAL_PART_OCTETS_MAX {
            return Err(AddressFault::Local);
        }
        let plain = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(atom_text));
        if !plain {
            return Err(AddressFault::Local);
        }
        Ok(Address { local: fold(&local).into(), domain })
    }

    /// `you@domain`: the first user of a new host.
    pub fn you(domain: &Domain) -> Address {
        Address { local: "you".into(), domain: domain.clone() }
    }

    /// The part before the `@`, in lower case.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The address without its sub-address: `ana+lista` is `ana` (RFC 5233). None when there is none.
    pub fn without_sub_address(&self) -> Option<Address> {
        let (base, _) = self.local.split_once('+').filter(|(base, _)| !base.is_empty())?;
        Some(Address { local: base.into(), domain: self.domain.clone() })
    }
}

impl FromStr for Address {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<Address, AddressFault> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(AddressFault::Shape)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressFault::Shape);
        }
        Address::new(local, domain.parse()?)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.domain.as_str() {
            // Nobody's: a name alone, as it was written.
            "" => f.write_str(&self.local),
            domain => write!(f, "{}@{domain}", self.local),
        }
    }
}

/// One form and one case. (RFC 5321, 2.4 lets local parts differ by case; nobody's people do.)
fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    ComposingNormalizer::new_nfc().normalize(&text.to_lowercase()).into_owned()
}

/// RFC 5321, 4.1.2 `atext`, with RFC 6531, 3.3 for other scripts.
fn atom_text(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
    } else {
        !c.is_control() && !c.is_whitespace()
    }
}

/// What stands in a quoted local part: `"ana"` is `ana` (RFC 5321, 4.1.2).
fn unquoted(local: &str) -> Option<String> {
    let inner = local.strip_prefix('"')?.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        plain.push(if c == '\\' { characters.next()? } else { c });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressFault, Domain};

    #[test]
    fn each_way_of_writing_an_address_is_one() {
        for (text, want) in [
            ("Ana@Example.ORG", "ana@example.org"),
            ("\"ana\"@example.org", "ana@example.org"),
            ("ana@ma\u{f1}ana.example", "ana@xn--maana-pta.example"),
            ("ana@MAN\u{303}ANA.example", "ana@xn--maana-pta.example"),
            ("J\u{d6}RG@example.org", "j\u{f6}rg@example.org"),
            ("you@localhost", "you@localhost"),
            ("a'--@d", "a'--@d"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), want, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        let long = format!("{}@example.org", "a".repeat(65));
        for (text, want) in [
            ("ana", AddressFault::Shape),
            ("@example.org", AddressFault::Shape),
            ("ana@", AddressFault::Shape),
            ("a b@example.org", AddressFault::Local),
            ("a..b@example.org", AddressFault::Local),
            (".a@example.org", AddressFault::Local),
            ("\"\"@example.org", AddressFault::Local),
            ("a@b@example.org", AddressFault::Local),
            (&long, AddressFault::Local),
            ("ana@example.org.", AddressFault::Domain),
            ("ana@-a.org", AddressFault::Domain),
            ("ana@a..org", AddressFault::Domain),
            ("ana@192.0.2.1", AddressFault::Domain),
            ("ana@[192.0.2.1]", AddressFault::Domain),
            ("ana@a\0b", AddressFault::Domain),
        ] {
            assert_eq!(text.parse::<Address>(), Err(want), "{text}");
        }
        assert!("a".repeat(64).parse::<Domain>().is_err());
    }

    #[test]
    fn a_sub_address_leads_to_its_base() {
        let address: Address = "ana+lista+x@example.org".parse().unwrap();
        assert_eq!(address.without_sub_address().unwrap().to_string(), "ana@example.org");
        let plain: Address = "+lista@example.org".parse().unwrap();
        assert_eq!(plain.without_sub_address(), None);
    }
}
