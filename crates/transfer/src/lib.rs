//! Mail in files: mbox, Maildir and Maildir++, folders of EML, and lists of POP3 unique ids.
//!
//! `plan` finds what is there, `letters` reads it, [`import()`] sends it to a [`MailSink`]; [`export()`] writes what a
//! [`MailSource`] gives. `uidl` takes over the unique ids of other POP3 hosts. An account is a sink and a source; no
//! host, directory or socket is known here.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod account;
mod date;
mod export;
mod flag_list;
mod from_account;
mod gmail;
mod import;
mod into_account;
mod known;
mod letters;
pub mod limits;
mod lines;
mod mail_file;
mod maildir;
mod mbox;
mod moment;
mod names;
mod noted;
mod pack;
mod packed;
mod places;
pub mod plan;
mod port;
mod tar;
mod tree;
pub mod uidl;
mod window;
mod zip;

use std::str::FromStr;

pub use account::{AccountFault, flag_words};
pub use export::{ExportFault, Exported, FileFault, Step, export};
pub use from_account::AccountSource;
pub use gmail::GmailLabels;
pub use import::{ImportFault, Remarks, import};
pub use into_account::AccountSink;
pub use known::{Again, ImportedMailbox, ImportedUidls, Known, KnownUidls};
pub use letters::Dialect;
pub use mail_file::{Content, Handed};
pub use moment::{InMoment, Moment};
pub use noted::Noted;
pub use pack::{Packing, pack};
pub use port::{
    Attributes, CarryFault, Item, LineEnds, MailSink, MailSource, MailboxAttributes, carry,
};
pub use tree::{TreeReader, TreeWriter};

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
