//! What came of reading certificate and settings again.

use serde::{Deserialize, Serialize};

/// What was read, what is in force from now on, and what is not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reloaded {
    /// The file with the settings; none: there is none, and the defaults are in force.
    pub file: Option<String>,
    /// The file of the certificate that was read.
    pub certificate: Option<String>,
    /// The settings that were taken.
    pub taken: Vec<SettingRow>,
    /// The settings that only a restart takes.
    pub restart: Vec<SettingRow>,
    /// What is wrong: what it is about stays as it was.
    pub faults: Vec<String>,
}

/// A setting that is said to be something else than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingRow {
    /// Its name.
    pub setting: String,
    /// What was in force, in TOML; none: nothing was set.
    pub before: Option<String>,
    /// What is said now; none: nothing is set.
    pub now: Option<String>,
}
