//! Mail in files: mbox, Maildir and Maildir++, folders of EML. `plan` finds what is there, `letters` reads it, `import`
//! sends it to the desk; `export` writes what the desk gives out. `uidl` takes over the unique ids of other POP3 hosts.

pub mod export;
pub mod import;
mod letters;
mod lines;
mod maildir;
mod mbox;
mod names;
pub mod plan;
pub mod uidl;

use std::str::FromStr;

/// How mail lies in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One file for each mailbox; messages begin with a line `From `.
    Mbox,
    /// One file for each message, in `cur` and `new`; folders are folders, or have a dot before their names (Maildir++).
    Maildir,
    /// One file for each message, in folders.
    Eml,
}

/// Why a text is no format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected mbox, maildir or eml")]
pub struct FormatFault;

impl FromStr for Format {
    type Err = FormatFault;

    fn from_str(text: &str) -> Result<Format, FormatFault> {
        match text {
            "mbox" => Ok(Format::Mbox),
            "maildir" => Ok(Format::Maildir),
            "eml" => Ok(Format::Eml),
            _ => Err(FormatFault),
        }
    }
}
