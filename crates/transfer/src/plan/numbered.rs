//! A list of unique ids that somebody gives along with the mail: by file name, or by message number. A number is only
//! worth something when the files hold exactly the messages that the old host counted.

use std::path::Path;
use std::sync::Arc;

use super::{Source, SourceUidls};
use crate::letters::{Framing, Letters};
use crate::mbox::status::take_status;
use crate::names::NaturalName;
use crate::uidl::folder::FolderRole;
use crate::uidl::list::List;
use crate::uidl::{UidlFault, lasting, read};

/// Gives the ids of a list to the messages of the Inbox, or of what was named.
pub(super) fn apply(path: &Path, sources: &mut [Source]) -> Result<(), UidlFault> {
    let wrong = |what: String| UidlFault::Whole { path: path.to_owned(), what };
    let octets = read(path)?.ok_or_else(|| wrong("there is no such file".to_owned()))?;
    let list = List::parse(&octets).map_err(|bad| bad.of(path))?;
    let mut inbox: Vec<&mut Source> =
        sources.iter_mut().filter(|source| source.role == FolderRole::Inbox).collect();
    let numbers = match list {
        List::Names(names) => {
            for source in inbox {
                if let Some(id) = names.get(lasting(&source.file_name())) {
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
        && matches!(source.framing, Framing::Mbox(_))
    {
        let found = count(source)
            .map_err(|cause| UidlFault::File { path: source.path().to_owned(), cause })?;
        if found != last {
            return Err(differ(found));
        }
        source.uidls = SourceUidls::Numbers(Arc::new(numbers));
        return Ok(());
    }
    if inbox.iter().any(|source| matches!(source.framing, Framing::Mbox(_))) {
        let what = "it numbers messages, and there are several files that hold more than one: import the Inbox alone";
        return Err(wrong(what.to_owned()));
    }
    let found = u64::try_from(inbox.len()).unwrap_or(u64::MAX);
    if found != last {
        return Err(differ(found));
    }
    inbox.sort_by(|a, b| NaturalName(a.file_name()).cmp(&NaturalName(b.file_name())));
    for (number, source) in (1..).zip(inbox) {
        if let Some(id) = numbers.get(&number) {
            source.uidls = SourceUidls::One(id.clone());
        }
    }
    Ok(())
}

/// How many messages an mbox holds that a host shows.
fn count(source: &Source) -> std::io::Result<u64> {
    let mut letters = Letters::new(source.open()?.from, source.framing);
    let mut found = 0u64;
    while let Some(head) = letters.next()? {
        if head.own.is_some() || take_status(&head.header, head.number).1.gone.is_none() {
            found = found.saturating_add(1);
        }
    }
    Ok(found)
}
