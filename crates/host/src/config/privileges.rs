//! `[privileges]`: as whom the host works, and what it may reach.

use std::path::PathBuf;

use privileges::Demand;
use serde::{Deserialize, Serialize};

/// As whom the host works, and what it may reach.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct PrivilegesSection {
    /// The user as whom a host works that root starts; without one, the owner of the data folder, or `correio`.
    pub run_as: Option<String>,
    /// Whether the host goes on where the kernel cannot confine it.
    pub confinement: Confinement,
    /// Folders into which the host itself may write backups, and so share files with them.
    pub backup_folders: Vec<PathBuf>,
}

/// Whether the host goes on where the kernel cannot confine it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Confinement {
    /// It goes on, as confined as can be, and says so.
    #[default]
    Possible,
    /// It does not start.
    Required,
    /// It is not confined.
    Off,
}

impl PrivilegesSection {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        match self.backup_folders.iter().find(|folder| !folder.is_absolute()) {
            None => Ok(()),
            Some(folder) => {
                let why = format!("{} does not begin with /", folder.display());
                Err(("privileges.backup_folders", why))
            }
        }
    }

    /// What is asked of the kernel.
    pub fn demand(&self) -> Demand {
        match self.confinement {
            Confinement::Possible => Demand::Possible,
            Confinement::Required => Demand::Required,
            Confinement::Off => Demand::Off,
        }
    }
}
