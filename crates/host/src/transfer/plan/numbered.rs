//! A list of unique ids that somebody gives along with the mail: by file name, or by message number. A number is only
//! worth something when the files hold exactly the messages that the old host counted.

use std::cmp::Ordering;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use super::{Source, SourceUidls};
use crate::transfer::letters::{Framing, Letters};
use crate::transfer::mbox;
use crate::transfer::uidl::folder::Place;
use crate::transfer::uidl::list::List;
use crate::transfer::uidl::{UidlFault, lasting, read};

/// Gives the ids of a list to the messages of the Inbox, or of what was named.
pub(super) fn apply(path: &Path, sources: &mut [Source]) -> Result<(), UidlFault> {
    let wrong = |what: String| UidlFault::Whole { path: path.to_owned(), what };
    let octets = read(path)?.ok_or_else(|| wrong("there is no such file".to_owned()))?;
    let list = List::parse(&octets).map_err(|bad| bad.of(path))?;
    let mut inbox: Vec<&mut Source> =
        sources.iter_mut().filter(|source| source.place == Place::Inbox).collect();
    let numbers = match list {
        List::Names(names) => {
            for source in inbox {
                if let Some(id) = names.get(lasting(&name(source))) {
                    source.uidls = SourceUidls::One(id.clone());
                }
            }
            return Ok(());
        }
        List::Numbers(numbers) => numbers,
    };
    let last = numbers.last_key_value().map_or(0, |(number, _)| *number);
    let differ = |found: u64| {
        wrong(format!(
            "it numbers {last} messages and the files hold {found}, so nobody can tell which is which; a list with file names can be given instead"
        ))
    };
    if let [source] = inbox.as_mut_slice()
        && source.framing == Framing::Mbox
    {
        let found =
            count(source).map_err(|cause| UidlFault::File { path: source.path.clone(), cause })?;
        if found != last {
            return Err(differ(found));
        }
        source.uidls = SourceUidls::Numbers(Arc::new(numbers));
        return Ok(());
    }
    if inbox.iter().any(|source| source.framing == Framing::Mbox) {
        let what = "it numbers messages, and there are several files that hold more than one: import the Inbox alone";
        return Err(wrong(what.to_owned()));
    }
    let found = u64::try_from(inbox.len()).unwrap_or(u64::MAX);
    if found != last {
        return Err(differ(found));
    }
    inbox.sort_by_cached_key(|source| NaturalName(name(source)));
    for (number, source) in (1..).zip(inbox) {
        if let Some(id) = numbers.get(&number) {
            source.uidls = SourceUidls::One(id.clone());
        }
    }
    Ok(())
}

fn name(source: &Source) -> String {
    source.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// How many messages an mbox holds that a host shows.
fn count(source: &Source) -> std::io::Result<u64> {
    let mut letters =
        Letters::new(BufReader::new(crate::files::open(&source.path)?), source.framing);
    let mut found = 0u64;
    while let Some(head) = letters.next()? {
        if !mbox::take_status(&head.header).1.is_gone {
            found = found.saturating_add(1);
        }
    }
    Ok(found)
}

/// A file name that sorts by the number it begins with: the UID in MH and Cyrus, the time in a Maildir.
#[derive(PartialEq, Eq)]
struct NaturalName(String);

impl NaturalName {
    fn parts(&self) -> (u128, &str) {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end).unwrap_or(("", &self.0));
        (digits.parse().unwrap_or(0), rest)
    }
}

impl Ord for NaturalName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for NaturalName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::NaturalName;

    #[test]
    fn names_sort_by_the_number_they_begin_with() {
        let mut names = ["10.", "2.", "1655390399.b", "1655390399.a", "x", "1."].map(str::to_owned);
        names.sort_by_cached_key(|name| NaturalName(name.clone()));
        assert_eq!(names, ["x", "1.", "2.", "10.", "1655390399.a", "1655390399.b"]);
    }
}
