//! LIST patterns (RFC 9051, 6.3.9): `*` stands for anything, `%` for anything within one level. Takes time in
//! proportion to the pattern times the name at worst, whatever the pattern.

use mailbox::MailboxName;

/// A pattern ready to be matched.
#[derive(Debug)]
pub struct Pattern {
    pieces: Vec<Piece>,
    /// How many octets a name must have at least.
    octets_min: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Octet(u8),
    /// `%`
    Level,
    /// `*`
    Any,
}

impl Pattern {
    /// Takes a pattern in UTF-8, with the reference name before it.
    pub fn new(reference: &str, pattern: &str) -> Pattern {
        let mut pieces: Vec<Piece> = Vec::with_capacity(pattern.len());
        let mut octets_min = 0usize;
        for octet in reference.bytes().chain(pattern.bytes()) {
            let piece = match octet {
                b'*' => Piece::Any,
                b'%' => Piece::Level,
                octet => Piece::Octet(octet),
            };
            match (pieces.last_mut(), piece) {
                // A run of wildcards is one `*` if there is one among them, else one `%`.
                (Some(last @ (Piece::Any | Piece::Level)), Piece::Any) => *last = Piece::Any,
                (Some(Piece::Any | Piece::Level), Piece::Level) => {}
                (_, piece) => {
                    octets_min =
                        octets_min.saturating_add(usize::from(matches!(piece, Piece::Octet(_))));
                    pieces.push(piece);
                }
            }
        }
        Pattern { pieces, octets_min }
    }

    /// Whether the pattern fits a name.
    pub fn fits(&self, name: &MailboxName) -> bool {
        let name = name.as_str();
        if name.len() < self.octets_min {
            return false;
        }
        // The Inbox is the Inbox in any case (RFC 9051, 5.1), and so is what lies below it.
        let inbox = name == "INBOX" || name.starts_with("INBOX/");
        let any_case = if inbox { "INBOX".len() } else { 0 };
        let octets = name.as_bytes();
        // Whether the pieces so far fit the first `n` octets, for each `n`.
        let mut reached = vec![false; octets.len().saturating_add(1)];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for piece in &self.pieces {
            match piece {
                Piece::Any => spread(&mut reached, octets, |_| true),
                Piece::Level => {
                    spread(&mut reached, octets, |octet| octet != b'/');
                }
                Piece::Octet(want) => {
                    let mut before = false;
                    let mut some = false;
                    for (index, slot) in reached.iter_mut().enumerate() {
                        let octet = index.checked_sub(1).and_then(|at| octets.get(at)).copied();
                        let same = octet.is_some_and(|octet| {
                            octet == *want
                                || (index <= any_case && octet.eq_ignore_ascii_case(want))
                        });
                        let now = before && same;
                        before = std::mem::replace(slot, now);
                        some |= now;
                    }
                    if !some {
                        return false;
                    }
                }
            }
        }
        reached.last().copied().unwrap_or(false)
    }
}

/// Lets what is reached reach on over all octets that may be passed.
fn spread(reached: &mut [bool], octets: &[u8], may_pass: impl Fn(u8) -> bool) {
    let mut before = false;
    for (index, slot) in reached.iter_mut().enumerate() {
        let octet = index.checked_sub(1).and_then(|at| octets.get(at)).copied();
        *slot |= before && octet.is_some_and(&may_pass);
        before = *slot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_the_rfc_says() {
        for (pattern, name, want) in [
            ("*", "a/b/c", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("a/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("a/%", "a", false),
            ("%/%", "a/b", true),
            ("*b", "a/b", true),
            ("%b", "a/b", false),
            ("%*", "a/b", true),
            ("*%/c", "a/b/c", true),
            ("inbox", "INBOX", true),
            ("InB*", "INBOX", true),
            ("inbox/%", "INBOX/Sub", true),
            ("inbox/sub", "INBOX/Sub", false),
            ("inboxes", "Inboxes", false),
            ("", "a", false),
            ("caf\u{e9}", "caf\u{e9}", true),
        ] {
            let name = MailboxName::new(name).unwrap();
            assert_eq!(Pattern::new("", pattern).fits(&name), want, "{pattern} {name}");
        }
        let name = MailboxName::new("lists/rust").unwrap();
        assert!(Pattern::new("lists/", "%").fits(&name));
        assert!(!Pattern::new("list/", "%").fits(&name));
    }

    #[test]
    fn many_wildcards_take_no_longer_than_few() {
        let pattern = Pattern::new("", &"*%*%*%a".repeat(200));
        let names: Vec<MailboxName> = (0..10_000)
            .map(|n| MailboxName::new(&format!("{}{n}", "a/".repeat(20))).unwrap())
            .collect();
        assert_eq!(names.iter().filter(|name| pattern.fits(name)).count(), 0);
        let long = MailboxName::new(&"a".repeat(250)).unwrap();
        assert!(pattern.fits(&long));
    }
}
