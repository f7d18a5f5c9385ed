//! The directory of what repair and opening replace: nothing damaged is thrown away.

use std::io;

use mailbox::Fault;

use crate::disk::{Disk, DiskFile, Linked, read_what_can_be};
use crate::fault::Doing;

pub(crate) const ASIDE: &str = "aside";
/// Files are copied in pieces of this size.
const PIECE_OCTETS: u64 = 1 << 20;
const DOING: &str = "putting something damaged aside";

/// Moves a file to where nothing else is.
pub(crate) fn put_aside(disk: &dyn Disk, from: &str, like: &str) -> Result<(), Fault> {
    disk.rename(from, &free_name(disk, like)?).doing(DOING)?;
    disk.sync_directory(ASIDE).doing(DOING)
}

/// Gives a file that is about to be replaced a second name where nothing else is, durably, so that at no moment its
/// place is empty. Copies it where a file cannot have two names.
pub(crate) fn keep_aside(disk: &dyn Disk, name: &str, like: &str) -> Result<(), Fault> {
    let second = free_name(disk, like)?;
    if disk.link_within(name, &second).doing(DOING)? == Linked::NotPossible {
        let file = disk.open(name).doing(DOING)?;
        let file = file.ok_or_else(|| Fault::new("a file went away while it was put aside"))?;
        let copy = disk.create(&second).doing(DOING)?;
        copy_what_can_be(&*file, &*copy).doing(DOING)?;
    }
    disk.sync_directory(ASIDE).doing(DOING)
}

/// Copies what can be read of a file, durably.
fn copy_what_can_be(from: &dyn DiskFile, to: &dyn DiskFile) -> io::Result<()> {
    let octets = from.octets()?;
    let mut offset = 0_u64;
    while offset < octets {
        let piece = octets.saturating_sub(offset).min(PIECE_OCTETS);
        let mut held = vec![0; usize::try_from(piece).unwrap_or(0)];
        read_what_can_be(from, offset, &mut held);
        to.write_at(offset, &held)?;
        offset = offset.saturating_add(piece);
    }
    to.sync_data()
}

/// A name among the things put aside that nothing has yet.
fn free_name(disk: &dyn Disk, like: &str) -> Result<String, Fault> {
    let there = disk.list(ASIDE).doing(DOING)?;
    if there.is_empty() {
        disk.create_directory(ASIDE).doing(DOING)?;
        disk.sync_directory("").doing(DOING)?;
    }
    let free = (1_u64..).map(|number| format!("{like}.{number}")).find(|it| !there.contains(it));
    Ok(format!("{ASIDE}/{}", free.unwrap_or_else(|| like.to_owned())))
}
