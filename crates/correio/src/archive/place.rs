//! Where archived mail goes, as it is said on the command line: `local:NAME`, `mbox:DIR`, `maildir:DIR`, `eml:DIR`,
//! `zip:FILE`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use transfer::Format;

/// A place for mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A user of the same store.
    Local(String),
    /// A folder, in which each run has one of its own.
    Folder(Format, PathBuf),
    /// One file.
    Zip(PathBuf),
}

/// Where the mail of one run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// With a user of the same store.
    Local(String),
    /// In a folder.
    Folder(Format, PathBuf),
    /// In a file.
    Zip(PathBuf),
}

/// Why a text is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected local:NAME, mbox:DIR, maildir:DIR, eml:DIR or zip:FILE")]
pub(crate) struct PlaceFault;

impl FromStr for Place {
    type Err = PlaceFault;

    fn from_str(text: &str) -> Result<Place, PlaceFault> {
        let (kind, rest) =
            text.split_once(':').filter(|(_, rest)| !rest.is_empty()).ok_or(PlaceFault)?;
        match kind {
            "local" if rest.contains('@') => Ok(Place::Local(rest.to_owned())),
            "local" => Ok(Place::Local(format!("{rest}@localhost"))),
            "zip" => Ok(Place::Zip(rest.into())),
            "mbox" | "maildir" | "eml" => {
                let format = kind.parse().map_err(|_| PlaceFault)?;
                Ok(Place::Folder(format, rest.into()))
            }
            _ => Err(PlaceFault),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Local(address) => write!(f, "local:{address}"),
            Place::Folder(format, path) => write!(f, "{}:{}", kind(*format), path.display()),
            Place::Zip(path) => write!(f, "zip:{}", path.display()),
        }
    }
}

fn kind(format: Format) -> &'static str {
    match format {
        Format::Mbox => "mbox",
        Format::Maildir => "maildir",
        Format::Eml => "eml",
    }
}

impl Place {
    /// The same, with a path that does not depend on where one is.
    pub(crate) fn absolute(self) -> std::io::Result<Place> {
        Ok(match self {
            Place::Local(address) => Place::Local(address),
            Place::Folder(format, path) => Place::Folder(format, std::path::absolute(path)?),
            Place::Zip(path) => Place::Zip(std::path::absolute(path)?),
        })
    }

    /// Where the mail of a run goes.
    pub(crate) fn of_run(&self, run: &str) -> Storage {
        match self {
            Place::Local(address) => Storage::Local(address.clone()),
            Place::Folder(format, path) => Storage::Folder(*format, path.join(run)),
            Place::Zip(path) => Storage::Zip(path.clone()),
        }
    }
}

impl Storage {
    /// Where it is, in one text.
    pub(crate) fn shown(&self) -> String {
        match self {
            Storage::Local(address) => address.clone(),
            Storage::Folder(_, path) | Storage::Zip(path) => path.display().to_string(),
        }
    }

    /// The receipt beside it; none: the store has no place for files.
    pub(crate) fn receipt(&self) -> Option<PathBuf> {
        let (Storage::Folder(_, path) | Storage::Zip(path)) = self else { return None };
        let mut name = path.as_os_str().to_owned();
        name.push(".receipt.json");
        Some(name.into())
    }

    /// The folder in which the files are made.
    pub(crate) fn parent(&self) -> Option<&Path> {
        let (Storage::Folder(_, path) | Storage::Zip(path)) = self else { return None };
        path.parent()
    }

    /// The same mail, where it was carried along with the receipt beside it.
    pub(crate) fn beside(self, receipt: &Path) -> Storage {
        let here = |path: PathBuf| {
            let folder = receipt.parent().unwrap_or(Path::new(""));
            let moved = path.file_name().map(|name| folder.join(name));
            if path.exists() { path } else { moved.filter(|it| it.exists()).unwrap_or(path) }
        };
        match self {
            Storage::Local(address) => Storage::Local(address),
            Storage::Folder(format, path) => Storage::Folder(format, here(path)),
            Storage::Zip(path) => Storage::Zip(here(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for (text, want) in [
            ("local:old", "local:old@localhost"),
            ("local:old@example.org", "local:old@example.org"),
            ("mbox:/a/b", "mbox:/a/b"),
            ("maildir:x", "maildir:x"),
            ("eml:C:/x", "eml:C:/x"),
            ("zip:a.zip", "zip:a.zip"),
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), want);
        }
        for wrong in ["", "mbox", "mbox:", "tar:x", "/a/b"] {
            assert_eq!(wrong.parse::<Place>(), Err(PlaceFault), "{wrong}");
        }
    }

    #[test]
    fn each_run_has_a_folder_and_a_receipt_beside_it() {
        let storage = "eml:/a".parse::<Place>().unwrap().of_run("ana-1");
        assert_eq!(storage.shown(), "/a/ana-1");
        assert_eq!(storage.receipt(), Some("/a/ana-1.receipt.json".into()));
        let local = "local:old".parse::<Place>().unwrap().of_run("ana-1");
        assert_eq!((local.shown().as_str(), local.receipt()), ("old@localhost", None));
    }
}
