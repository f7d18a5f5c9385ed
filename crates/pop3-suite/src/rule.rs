//! How strongly a rule is asked for, and how a check of it can end.

use serde::Serialize;

/// How strongly the rule is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// MUST; and what RFC 1939, older than that word, states without any "may" or "should".
    #[serde(rename = "MUST")]
    Must,
    /// SHOULD, "strongly discouraged" and the like.
    #[serde(rename = "SHOULD")]
    Should,
    /// Asked by no RFC's letter; what a careful server does. The section is where the matter is spoken of.
    #[serde(rename = "good practice")]
    Practice,
}

impl Level {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::Practice => "good practice",
        }
    }
}

/// How a check ends.
pub type Outcome = Result<(), Miss>;

/// Why a check did not pass.
#[derive(Clone, Debug)]
pub enum Miss {
    /// The rule is broken.
    Fault {
        /// What should have come.
        expected: String,
        /// What was sent (`C:`) and what came (`S:`).
        seen: Vec<String>,
    },
    /// The server does not offer it, and need not.
    NotOffered(String),
    /// It could not be tried.
    Skipped(String),
}

impl Miss {
    /// It could not be tried.
    pub fn skipped(why: impl Into<String>) -> Miss {
        Miss::Skipped(why.into())
    }

    /// It is not offered.
    pub fn not_offered(what: impl Into<String>) -> Miss {
        Miss::NotOffered(what.into())
    }

    /// A fault in the steps before the check proper is no verdict on its rule.
    pub fn as_preparation(self) -> Miss {
        match self {
            Miss::Fault { expected, seen } => {
                let last = seen.last().map_or("", String::as_str);
                Miss::Skipped(format!("could not be prepared: {expected}; last line: {last}"))
            }
            Miss::NotOffered(_) | Miss::Skipped(_) => self,
        }
    }
}

/// What is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule is kept.
    Passed,
    /// The rule is broken.
    Failed {
        /// What should have come.
        expected: String,
        /// What was sent (`C:`) and what came (`S:`).
        seen: Vec<String>,
    },
    /// Optional, and not offered: no fault.
    NotOffered {
        /// What is not offered.
        what: String,
    },
    /// Not tried.
    Skipped {
        /// Why.
        why: String,
    },
}

impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Verdict {
        match outcome {
            Ok(()) => Verdict::Passed,
            Err(Miss::Fault { expected, seen }) => Verdict::Failed { expected, seen },
            Err(Miss::NotOffered(what)) => Verdict::NotOffered { what },
            Err(Miss::Skipped(why)) => Verdict::Skipped { why },
        }
    }
}
