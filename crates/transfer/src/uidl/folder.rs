//! The unique ids of the messages of one folder: finds the file that has them, and looks each message up.

use std::collections::HashMap;
use std::path::Path;

use super::courier::SizeList;
use super::cyrus::{self, CyrusForm, Fate, Index};
use super::dovecot::Uidlist;
use super::list::List;
use super::template::Template;
use super::{BadLine, OWN_LIST, UidlChoice, UidlFault, UidlFrom, lasting, read};

const DOVECOT: &str = "dovecot-uidlist";
const COURIER: &str = "courierpop3dsizelist";
const COURIER_IMAP: &str = "courierimapuiddb";

/// Which mail a folder holds. Other hosts give ids over POP3 only to what is in the Inbox; in other folders their
/// files say nothing that a mail program has seen, and may say the same as in the Inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FolderRole {
    /// The Inbox, or what was named on the command line.
    Inbox,
    /// Something else.
    Other,
}

/// The unique ids of a folder.
#[derive(Debug, Default)]
pub(crate) enum FolderUidls {
    /// There are none.
    #[default]
    Nothing,
    /// In a list by names that an export of correio wrote.
    Own(HashMap<String, String>),
    /// In a list of UIDs.
    Uidlist(Uidlist, Template),
    /// In Courier's list.
    Courier(SizeList),
    /// In the names of the files of a Cyrus mailbox.
    Cyrus(CyrusForm, u32),
}

impl FolderUidls {
    /// The id of a file; none: the old host gave none.
    pub(crate) fn uidl(&self, file_name: &str) -> Option<String> {
        match self {
            FolderUidls::Nothing => None,
            FolderUidls::Own(ids) => ids.get(lasting(file_name)).cloned(),
            FolderUidls::Uidlist(list, template) => list.uidl(file_name, template),
            FolderUidls::Courier(list) => list.uidl(file_name),
            FolderUidls::Cyrus(form, validity) => {
                cyrus::uid_of(file_name).map(|uid| form.make(uid, *validity))
            }
        }
    }

    /// Those of a Maildir.
    pub(crate) fn of_maildir(
        folder: &Path,
        role: FolderRole,
        choice: &UidlChoice,
    ) -> Result<FolderUidls, UidlFault> {
        match (&choice.from, role) {
            (UidlFrom::Auto, FolderRole::Other) => own(folder),
            (UidlFrom::Auto, FolderRole::Inbox) => whatever(folder, choice),
            (UidlFrom::Dovecot, FolderRole::Inbox) => {
                dovecot(folder, choice)?.must(folder, DOVECOT)
            }
            (UidlFrom::Courier, FolderRole::Inbox) => {
                let found = courier(folder)?;
                if found.is_nothing() {
                    return courier_imap(folder, choice)?.must(folder, COURIER);
                }
                Ok(found)
            }
            (UidlFrom::Cyrus, FolderRole::Inbox) => {
                FolderUidls::Nothing.must(folder, "mailbox of Cyrus")
            }
            (
                UidlFrom::Nothing
                | UidlFrom::Header
                | UidlFrom::List(_)
                | UidlFrom::Dovecot
                | UidlFrom::Courier
                | UidlFrom::Cyrus,
                _,
            ) => Ok(FolderUidls::Nothing),
        }
    }

    /// Those of a folder of messages that is no Maildir and no mailbox of Cyrus.
    pub(crate) fn of_folder(folder: &Path, choice: &UidlChoice) -> Result<FolderUidls, UidlFault> {
        match choice.from {
            UidlFrom::Auto => own(folder),
            UidlFrom::Nothing
            | UidlFrom::Dovecot
            | UidlFrom::Courier
            | UidlFrom::Cyrus
            | UidlFrom::Header
            | UidlFrom::List(_) => Ok(FolderUidls::Nothing),
        }
    }

    fn must(self, folder: &Path, what: &str) -> Result<FolderUidls, UidlFault> {
        if self.is_nothing() {
            let what = format!("there is no {what}");
            return Err(UidlFault::Whole { path: folder.to_owned(), what });
        }
        Ok(self)
    }

    fn is_nothing(&self) -> bool {
        matches!(self, FolderUidls::Nothing)
    }
}

/// What an export of correio wrote, else what another host left.
fn whatever(folder: &Path, choice: &UidlChoice) -> Result<FolderUidls, UidlFault> {
    let own = own(folder)?;
    if matches!(own, FolderUidls::Own(_)) {
        return Ok(own);
    }
    match (folder.join(DOVECOT).exists(), folder.join(COURIER).exists()) {
        (true, true) => {
            let what = format!(
                "there are {DOVECOT} and {COURIER}: say with --uidl dovecot or --uidl courier which of them served POP3"
            );
            Err(UidlFault::Whole { path: folder.to_owned(), what })
        }
        (true, false) => dovecot(folder, choice),
        (false, _) => courier(folder),
    }
}

fn own(folder: &Path) -> Result<FolderUidls, UidlFault> {
    let path = folder.join(OWN_LIST);
    let Some(octets) = read(&path)? else { return Ok(FolderUidls::Nothing) };
    match List::parse(&octets).map_err(|bad| bad.of(&path))? {
        List::Names(names) => Ok(FolderUidls::Own(names)),
        List::Numbers(numbers) if numbers.is_empty() => Ok(FolderUidls::Own(HashMap::new())),
        List::Numbers(_) => {
            Err(UidlFault::Whole { path, what: "expected names of files".to_owned() })
        }
    }
}

fn dovecot(folder: &Path, choice: &UidlChoice) -> Result<FolderUidls, UidlFault> {
    let template = choice.template().cloned().unwrap_or_default();
    let list = parsed(folder, DOVECOT, Uidlist::parse)?;
    Ok(list.map_or(FolderUidls::Nothing, |list| FolderUidls::Uidlist(list, template)))
}

fn courier(folder: &Path) -> Result<FolderUidls, UidlFault> {
    Ok(parsed(folder, COURIER, SizeList::parse)?.map_or(FolderUidls::Nothing, FolderUidls::Courier))
}

/// Courier's UIDs of IMAP. Its own POP3 makes no ids of them, but another host on the same Maildir may have.
fn courier_imap(folder: &Path, choice: &UidlChoice) -> Result<FolderUidls, UidlFault> {
    let Some(list) = parsed(folder, COURIER_IMAP, Uidlist::parse)? else {
        return Ok(FolderUidls::Nothing);
    };
    match choice.template() {
        Some(template) => Ok(FolderUidls::Uidlist(list, template.clone())),
        None => {
            let what = format!(
                "there is no {COURIER}; for ids made of the UIDs in {COURIER_IMAP} say how with --uidl-format, such as %v-%u"
            );
            Err(UidlFault::Whole { path: folder.to_owned(), what })
        }
    }
}

fn parsed<T>(
    folder: &Path,
    name: &str,
    parse: impl Fn(&[u8]) -> Result<T, BadLine>,
) -> Result<Option<T>, UidlFault> {
    let path = folder.join(name);
    let Some(octets) = read(&path)? else { return Ok(None) };
    parse(&octets).map(Some).map_err(|bad| bad.of(&path))
}

/// A mailbox of Cyrus.
#[derive(Debug, Default)]
pub(crate) struct CyrusFolder {
    index: Option<Index>,
    uidls: FolderUidls,
}

impl CyrusFolder {
    /// Whether a folder is one.
    pub(crate) fn is_there(folder: &Path) -> bool {
        folder.join("cyrus.header").exists() || folder.join(cyrus::INDEX).exists()
    }

    /// Reads its index. The index also says which files are messages no more, so one that cannot be read is a fault
    /// however the ids are chosen.
    pub(crate) fn open(
        folder: &Path,
        role: FolderRole,
        choice: &UidlChoice,
    ) -> Result<CyrusFolder, UidlFault> {
        let path = folder.join(cyrus::INDEX);
        let index = match read(&path)? {
            None => None,
            Some(octets) => match Index::parse(&octets) {
                Ok(index) => Some(index),
                // The person says what the index could not.
                Err(_) if choice.uid_validity.is_some() => None,
                Err(what) => return Err(UidlFault::Whole { path, what }),
            },
        };
        let wanted = matches!(choice.from, UidlFrom::Auto | UidlFrom::Cyrus);
        if !wanted || role == FolderRole::Other {
            return Ok(CyrusFolder { index, uidls: FolderUidls::Nothing });
        }
        let form = choice.cyrus_form().or_else(|| index.as_ref().map(Index::form));
        let form = form.unwrap_or_default();
        let validity = choice.uid_validity.or_else(|| index.as_ref().map(|index| index.validity));
        let uidls = match (form, validity, &choice.from) {
            (CyrusForm::UidOnly, None, _) => FolderUidls::Cyrus(form, 0),
            (_, Some(validity), _) => FolderUidls::Cyrus(form, validity),
            (_, None, UidlFrom::Cyrus) => {
                let what = format!(
                    "there is no {}: give the UIDVALIDITY of the mailbox with --uidvalidity",
                    cyrus::INDEX
                );
                return Err(UidlFault::Whole { path: folder.to_owned(), what });
            }
            (_, None, _) => FolderUidls::Nothing,
        };
        Ok(CyrusFolder { index, uidls })
    }

    /// What becomes of a file; none: it is no message.
    pub(crate) fn fate(&self, file_name: &str) -> Option<Fate> {
        let uid = cyrus::uid_of(file_name)?;
        Some(self.index.as_ref().map_or(Fate::Unlisted, |index| index.fate(uid)))
    }

    /// The id of a file; none: the old host gave none.
    pub(crate) fn uidl(&self, file_name: &str) -> Option<String> {
        let is_unknown = self.index.is_some() && self.fate(file_name) == Some(Fate::Unlisted);
        if is_unknown { None } else { self.uidls.uidl(file_name) }
    }
}
