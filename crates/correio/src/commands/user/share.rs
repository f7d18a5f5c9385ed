//! `correio user share`: with whom a user shares mailboxes.

use admin::request::{RightsAsked, SeenAsked, ShareTask, UserTask, WithWhom};
use clap::{Args, Subcommand, ValueEnum};
use directory::Address;
use mailbox::Rights;

/// Sharing: who of the host may open which mailbox of a user, and do what in it
///
/// Others find it in their mail programs below "Other Users/". What is made below a shared mailbox is shared in the same way.
#[derive(Subcommand)]
pub(crate) enum Share {
    /// List with whom mailboxes are shared
    List {
        /// The address of their owner
        address: Address,
        /// Only this mailbox
        mailbox: Option<String>,
    },
    /// Share a mailbox, or change what somebody may do in it
    ///
    /// RIGHTS are read (open, and mark as read), write (also put in, flag and delete messages), all (also make, rename and delete mailboxes, and share
    /// them), or letters of RFC 4314: l list, r read, s mark as read, w flag, i put in, p post, k make mailboxes below, x delete it, t mark as
    /// deleted, e expunge, a share. With + before them they are added to what is given, with ^ taken from it.
    Set {
        #[command(flatten)]
        whose: Whose,
        /// What may be done: read, write, all, or letters out of lrswipkxtea
        #[arg(value_parser = rights)]
        rights: RightsAsked,
        /// Withhold the rights instead, whoever else gives them
        #[arg(long)]
        withhold: bool,
    },
    /// Share a mailbox with somebody no longer
    Remove {
        #[command(flatten)]
        whose: Whose,
        /// Withhold nothing any longer, instead
        #[arg(long)]
        withheld: bool,
    },
    /// Say whether each user of a mailbox has its own marks of what is read
    Seen {
        /// The address of the owner
        address: Address,
        /// The mailbox
        mailbox: String,
        /// Whose marks: one for all who share it, or one for each
        by: SeenBy,
    },
}

/// What is shared with whom.
#[derive(Args)]
pub(crate) struct Whose {
    /// The address of the owner
    address: Address,
    /// The mailbox, such as INBOX or Projects/2026
    mailbox: String,
    /// With whom: the address of a user of this host, or anyone
    with: String,
}

/// Whose marks of what is read.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SeenBy {
    /// One for all
    All,
    /// One for each
    Each,
}

/// Reads rights: words or letters.
fn rights(text: &str) -> Result<RightsAsked, String> {
    let (kind, letters): (fn(String) -> RightsAsked, &str) =
        if let Some(letters) = text.strip_prefix('+') {
            (RightsAsked::Add, letters)
        } else if let Some(letters) = text.strip_prefix('^') {
            (RightsAsked::Remove, letters)
        } else {
            (RightsAsked::Replace, text)
        };
    let letters = match letters {
        "read" => "lrs",
        "write" => "lrswite",
        "all" => "lrswipkxtea",
        letters => letters,
    };
    let rights = Rights::parse(letters)
        .map_err(|unknown| format!("{unknown}; or say read, write or all"))?;
    if rights.is_empty() {
        return Err("say read, write, all, or letters out of lrswipkxtea; `user share remove` takes all away".to_owned());
    }
    Ok(kind(rights.to_string()))
}

impl Share {
    /// Whose mailboxes, and what the host is asked.
    pub(super) fn task(self) -> (Address, UserTask) {
        let (address, task) = match self {
            Share::List { address, mailbox } => (address, ShareTask::List { mailbox }),
            Share::Set { whose, rights, withhold } => whose.task(rights, withhold),
            Share::Remove { whose, withheld } => {
                whose.task(RightsAsked::Replace(String::new()), withheld)
            }
            Share::Seen { address, mailbox, by } => {
                let by = match by {
                    SeenBy::All => SeenAsked::All,
                    SeenBy::Each => SeenAsked::Each,
                };
                (address, ShareTask::Seen { mailbox, by })
            }
        };
        (address, UserTask::Share(task))
    }
}

impl Whose {
    fn task(self, rights: RightsAsked, withheld: bool) -> (Address, ShareTask) {
        let with = WithWhom { identifier: self.with, withheld };
        (self.address, ShareTask::Set { mailbox: self.mailbox, with, rights })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_words_or_letters() {
        for (text, want) in [
            ("read", RightsAsked::Replace("lrs".to_owned())),
            ("write", RightsAsked::Replace("lrswite".to_owned())),
            ("all", RightsAsked::Replace("lrswipkxtea".to_owned())),
            ("rl", RightsAsked::Replace("lr".to_owned())),
            ("+d", RightsAsked::Add("te".to_owned())),
            ("^write", RightsAsked::Remove("lrswite".to_owned())),
        ] {
            assert_eq!(rights(text), Ok(want), "{text}");
        }
        for wrong in ["", "+", "everything", "lrz", "L"] {
            assert!(rights(wrong).is_err(), "{wrong}");
        }
    }
}
