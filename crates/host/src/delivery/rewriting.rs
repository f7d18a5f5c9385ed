//! The sender of mail that an alias passes on to another host. That host would look up in DNS whether ours may send for the
//! sender's domain (SPF, RFC 7208), and it may not: so an address of the alias's domain is named that holds the sender's, sealed
//! (the Sender Rewriting Scheme, as postsrsd and Exim write it), and reports that come back to it go to the sender.
//!
//! `SRS0=seal=day=domain=local@ours`; mail that was rewritten by another host already is `SRS1=seal=host=...`, so that it does not
//! grow with each host. The seal keeps strangers from having us send reports wherever they like.

use smtp::{Address, Domain};

/// For so many days reports come back.
const DAYS_MAX: i64 = 21;
/// Days are counted round this, in two letters.
const DAYS_AROUND: i64 = 1_024;
const DAY_S: i64 = 24 * 3600;
/// Letters and digits that survive being put into lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const SEAL_LETTERS: usize = 8;

/// What seals them.
pub(super) struct Rewriting {
    key: [u8; 32],
}

impl Rewriting {
    pub(super) fn new(key: [u8; 32]) -> Rewriting {
        Rewriting { key }
    }

    /// The address that is named instead of a sender; none where that has no name, or would be too long (RFC 5321,
    /// 4.5.3.1.1): then the sender stays.
    pub(super) fn sent_as(&self, sender: &Address, ours: &Domain, now_s: i64) -> Option<Address> {
        let Domain::Name(domain) = sender.domain() else { return None };
        let local = sender.local();
        let (kind, rest) = match local.split_at_checked(5) {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("SRS0=") => {
                ("SRS1", format!("{domain}=={rest}"))
            }
            Some((kind, rest)) if kind.eq_ignore_ascii_case("SRS1=") => {
                // What that host has sealed is kept, for the first one.
                let (_, rest) = rest.split_once('=')?;
                ("SRS1", rest.to_owned())
            }
            Some(_) | None => ("SRS0", format!("{}={domain}={local}", day(now_s))),
        };
        Address::new(&format!("{kind}={}={rest}", self.seal(&rest)), ours.clone()).ok()
    }

    /// The sender whose address this one holds; none where it holds none, or not one that we sealed lately.
    pub(super) fn sender(&self, address: &Address, now_s: i64) -> Option<Address> {
        let (kind, sealed) = address.local().split_at_checked(5)?;
        let (seal, rest) = sealed.split_once('=')?;
        if !seal.eq_ignore_ascii_case(&self.seal(rest)) {
            return None;
        }
        if kind.eq_ignore_ascii_case("SRS1=") {
            let (host, rest) = rest.split_once("==")?;
            return Address::new(&format!("SRS0={rest}"), Domain::Name(host.to_lowercase())).ok();
        }
        let (day, rest) = rest.split_once('=')?;
        let (domain, local) = rest.split_once('=')?;
        let is_lately = kind.eq_ignore_ascii_case("SRS0=") && is_lately(day, now_s);
        is_lately.then(|| Address::new(local, Domain::Name(domain.to_lowercase())).ok())?
    }

    fn seal(&self, text: &str) -> String {
        // Hosts on the way may have put it into lower case.
        let hash = blake3::keyed_hash(&self.key, text.to_lowercase().as_bytes());
        hash.as_bytes().iter().take(SEAL_LETTERS).map(|octet| letter(i64::from(*octet))).collect()
    }
}

fn letter(number: i64) -> char {
    let index = usize::try_from(number.rem_euclid(32)).unwrap_or(0);
    ALPHABET.get(index).map_or('a', |octet| char::from(*octet))
}

fn day(now_s: i64) -> String {
    let day = now_s.div_euclid(DAY_S).rem_euclid(DAYS_AROUND);
    [letter(day.div_euclid(32)), letter(day)].iter().collect()
}

fn is_lately(text: &str, now_s: i64) -> bool {
    (0..=DAYS_MAX).any(|days| {
        text.eq_ignore_ascii_case(&day(now_s.saturating_sub(days.saturating_mul(DAY_S))))
    })
}

#[cfg(test)]
mod tests {
    use smtp::{Address, Domain};

    use super::{DAY_S, DAYS_MAX, Rewriting};

    const NOW: i64 = 1_800_000_000;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn ours() -> Domain {
        Domain::Name("example.org".to_owned())
    }

    #[test]
    fn a_sender_comes_out_as_it_went_in_for_three_weeks() {
        let rewriting = Rewriting::new([7; 32]);
        for sender in ["Bob.Jones@example.net", "a=b@example.net", "x@sub.example.net"] {
            let sealed = rewriting.sent_as(&address(sender), &ours(), NOW).unwrap();
            assert!(sealed.to_string().starts_with("SRS0="), "{sealed}");
            assert_eq!(sealed.domain(), &ours());
            let last = NOW + DAYS_MAX * DAY_S;
            for at in [NOW, last] {
                assert_eq!(rewriting.sender(&sealed, at), Some(address(sender)), "{sealed}");
            }
            assert_eq!(rewriting.sender(&sealed, last + DAY_S), None);
            // In lower case it is still ours.
            let lower = address(&sealed.to_string().to_lowercase());
            let back = rewriting.sender(&lower, NOW).unwrap();
            assert_eq!(back.to_string(), sender.to_lowercase());
            assert_eq!(Rewriting::new([8; 32]).sender(&sealed, NOW), None, "sealed by another");
        }
    }

    #[test]
    fn what_others_have_rewritten_does_not_grow() {
        let rewriting = Rewriting::new([7; 32]);
        let first = address("SRS0=abcd=xy=example.com=bob@one.example");
        let second = rewriting.sent_as(&first, &ours(), NOW).unwrap();
        assert_eq!(rewriting.sender(&second, NOW), Some(first.clone()));
        // Another host's SRS1 keeps naming the first host.
        let others = address("SRS1=wxyz=one.example==abcd=xy=example.com=bob@two.example");
        let third = rewriting.sent_as(&others, &ours(), NOW).unwrap();
        assert_eq!(rewriting.sender(&third, NOW), Some(first));
        assert_eq!(third.local().len(), second.local().len());
    }

    #[test]
    fn what_is_forged_or_too_long_is_nothing() {
        let rewriting = Rewriting::new([7; 32]);
        for forged in [
            "SRS0=aaaaaaaa=ab=example.net=bob@example.org",
            "SRS0=@example.org",
            "SRS1=aaaaaaaa=x@example.org",
            "SRS0@example.org",
            "ana@example.org",
        ] {
            assert_eq!(rewriting.sender(&address(forged), NOW), None, "{forged}");
        }
        let long = address(&format!("{}@example.net", "b".repeat(40)));
        assert_eq!(rewriting.sent_as(&long, &ours(), NOW), None);
        assert_eq!(rewriting.sent_as(&address("bob@[192.0.2.1]"), &ours(), NOW), None);
    }
}
