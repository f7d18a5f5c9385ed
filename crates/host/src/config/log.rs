//! `[log]`: what is logged, and how it looks.

use serde::{Deserialize, Serialize};

/// Logging.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSection {
    /// Text or JSON.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, or a filter such as `info,smtp=debug`.
    pub level: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

impl Default for LogSection {
    fn default() -> LogSection {
        LogSection { format: LogFormat::default(), level: "info".to_owned() }
    }
}

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

impl LogSection {
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        // The library takes a word that it does not know for a part of the program, and then logs nothing else.
        for part in self.level.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let level = part.rsplit_once('=').map_or(part, |(_, level)| level);
            let known = LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level));
            if !known && !part.contains(['[', '{']) {
                let why = format!(
                    "unknown level {level}; expected error, warn, info, debug, trace or off, or a filter such as \
                     info,smtp=debug"
                );
                return Err(("log.level", why));
            }
        }
        tracing_subscriber::EnvFilter::try_new(&self.level)
            .map(drop)
            .map_err(|error| ("log.level", error.to_string()))
    }
}
