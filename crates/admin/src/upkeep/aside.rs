//! What repair put aside: listed, looked into, brought back. Only of a store that nobody has open.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use machine::{files, time_text};
use mailbox::{Description, Fault};
use store::{Aside, Disk, OpenError, bodies_aside, list_aside, restore_aside};

use super::Steps;
use crate::answer::{AsideRow, FindingRow, Progress};
use crate::keep::{Folder, disk};

/// Lists what was put aside.
pub fn aside(folder: &Folder) -> Result<Vec<AsideRow>, Fault> {
    let rows = list_aside(&*disk(&folder.store())?)?.into_iter().map(|aside| {
        let what = match aside.segment {
            Some(segment) => format!("segment {segment} of the journal"),
            None => "index".to_owned(),
        };
        AsideRow { name: aside.name, octets: aside.octets, what }
    });
    Ok(rows.collect())
}

/// Writes each message that is whole in what was put aside into a folder that is empty or not there, as EML, and says what
/// is known of it. Waits for the disk.
pub fn extract_aside(
    folder: &Folder,
    to: &Path,
    steps: Steps<'_>,
) -> Result<Vec<FindingRow>, Fault> {
    files::claim_empty_folder(to).map_err(Fault::new)?;
    let place = disk(&folder.store())?;
    let all = list_aside(&*place)?;
    let of = u64::try_from(all.len()).ok();
    let (mut written, mut rows) = (BTreeSet::new(), Vec::new());
    for (done, aside) in (0u64..).zip(&all) {
        steps(Progress { what: "looking through what was put aside".to_owned(), done, of });
        bodies_aside(&*place, aside, &mut |hash, octets| {
            if !written.insert(hash) {
                return Ok(());
            }
            let name = format!("{}.eml", hash.to_string().get(..16).unwrap_or_default());
            files::write_secret(&to.join(&name), octets).map_err(|error| {
                Fault::caused(format!("{} cannot be written", to.join(&name).display()), error)
            })?;
            let known = Description::of_message(octets);
            rows.push(FindingRow {
                date: known.date.map(time_text),
                from: known.from,
                subject: known.subject,
                octets: known.octets,
                what: name,
                ..FindingRow::default()
            });
            Ok(())
        })?;
    }
    rows.sort_by(|a, b| (&a.date, &a.what).cmp(&(&b.date, &b.what)));
    Ok(rows)
}

/// Puts a segment back to where it was, by the name that the list has.
pub fn bring_back_aside(folder: &Folder, name: &str) -> Result<(), OpenError> {
    let place: Arc<dyn Disk> = disk(&folder.store())?;
    let all: Vec<Aside> = list_aside(&*place)?;
    let found = all.iter().find(|aside| aside.name == name);
    let what = || {
        Fault::new(format!(
            "nothing named {name} was put aside; `correio repair --aside list` lists what was"
        ))
    };
    restore_aside(&place, found.ok_or_else(what)?)
}
