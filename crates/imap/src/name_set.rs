//! A set of mailbox names that takes little memory: sessions keep such sets for as long as they last.

use std::cmp::Ordering;

use mailbox::MailboxName;

/// Some mailbox names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NameSet {
    /// All names in their order, one behind the other.
    text: Box<str>,
    /// Where each ends.
    ends: Box<[u32]>,
}

impl NameSet {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether a name is among them.
    pub(crate) fn contains(&self, name: &MailboxName) -> bool {
        let (mut from, mut to) = (0usize, self.ends.len());
        while from < to {
            let middle = from.midpoint(to);
            match self.at(middle).cmp(name.as_str()) {
                Ordering::Less => from = middle.saturating_add(1),
                Ordering::Equal => return true,
                Ordering::Greater => to = middle,
            }
        }
        false
    }

    fn at(&self, index: usize) -> &str {
        let end = |index: usize| self.ends.get(index).and_then(|end| usize::try_from(*end).ok());
        let start = index.checked_sub(1).and_then(end).unwrap_or(0);
        end(index).and_then(|end| self.text.get(start..end)).unwrap_or_default()
    }
}

impl FromIterator<MailboxName> for NameSet {
    fn from_iter<I: IntoIterator<Item = MailboxName>>(names: I) -> NameSet {
        let mut names: Vec<MailboxName> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        let mut text = String::new();
        let mut ends = Vec::with_capacity(names.len());
        for name in &names {
            text.push_str(name.as_str());
            // A command is far shorter than that.
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        NameSet { text: text.into(), ends: ends.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_was_put_in_and_nothing_else() {
        let name = |text: &str| MailboxName::new(text).unwrap();
        let all = ["b", "a/c", "INBOX", "a", "b", "\u{e9}"];
        let set: NameSet = all.into_iter().map(name).collect();
        assert!(all.into_iter().all(|text| set.contains(&name(text))));
        for other in ["a/", "c", "aa", "IN", "zz", "a/c/d", "ba"] {
            assert!(MailboxName::new(other).map_or(true, |name| !set.contains(&name)), "{other}");
        }
        assert!(NameSet::default().is_empty() && !NameSet::default().contains(&name("a")));
    }
}
