//! Mailboxes of Apple Mail.

use std::path::Path;

/// The file in a mailbox that Apple Mail exported: a folder `NAME.mbox` with a file `mbox` in it.
pub(super) const APPLE_MBOX: &str = "mbox";

/// The name of the mailbox whose file this is, if Apple Mail exported it.
pub(super) fn named_by_package(path: &Path) -> Option<String> {
    let is_there = path.file_name().is_some_and(|name| name == APPLE_MBOX) && path.is_file();
    let package = path.parent()?.file_name().filter(|_| is_there)?.to_string_lossy();
    package.strip_suffix(".mbox").filter(|name| !name.is_empty()).map(str::to_owned)
}
