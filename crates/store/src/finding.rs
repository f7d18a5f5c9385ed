//! What checking and repairing report.

use std::fmt;

use mailbox::BodyHash;

/// What check and repair tell while they work.
#[derive(Debug)]
pub enum Report<'a> {
    /// How far the work is.
    Progress {
        /// What is being done.
        doing: &'static str,
        /// How much of it is done.
        done: u64,
        /// How much there is.
        of: u64,
    },
    /// Something is not as it should be.
    Finding(&'a Finding),
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A place of the journal cannot be read.
    Journal {
        /// The number of the segment.
        segment: u32,
        /// Where in the segment.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The store cannot be opened, or the index cannot be read.
    Index {
        /// What is wrong.
        what: String,
    },
    /// The index is not what the journal says.
    Differs {
        /// Where.
        what: String,
    },
    /// The octets of a body are not what its name says, or are not there.
    Body {
        /// Its name.
        hash: BodyHash,
        /// What is wrong.
        what: String,
    },
    /// A body is referred to and lies nowhere.
    Lost {
        /// Its name.
        hash: BodyHash,
    },
    /// A body is kept that nothing refers to.
    Unreferenced {
        /// Its name.
        hash: BodyHash,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Journal { segment, offset, what } => {
                write!(f, "journal segment {segment}, octet {offset}: {what}")
            }
            Finding::Index { what } => write!(f, "index: {what}"),
            Finding::Differs { what } => {
                write!(f, "the index is not what the journal says: {what}")
            }
            Finding::Body { hash, what } => write!(f, "body {hash}: {what}"),
            Finding::Lost { hash } => write!(f, "body {hash} is referred to and not there"),
            Finding::Unreferenced { hash } => write!(f, "body {hash} is kept for nothing"),
        }
    }
}

impl Finding {
    /// The body that is damaged or lost, if it is about one.
    pub fn body(&self) -> Option<BodyHash> {
        match self {
            Finding::Body { hash, .. } | Finding::Lost { hash } => Some(*hash),
            Finding::Journal { .. }
            | Finding::Index { .. }
            | Finding::Differs { .. }
            | Finding::Unreferenced { .. } => None,
        }
    }
}

/// Keeps count of findings and passes them on.
pub(crate) struct Findings<'a> {
    report: &'a mut dyn FnMut(Report<'_>),
    pub(crate) list: Vec<Finding>,
    pub(crate) count: u64,
}

/// So many findings are kept; all are counted and reported.
const FINDINGS_KEPT: usize = 10_000;

impl<'a> Findings<'a> {
    pub(crate) fn new(report: &'a mut dyn FnMut(Report<'_>)) -> Findings<'a> {
        Findings { report, list: Vec::new(), count: 0 }
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        (self.report)(Report::Finding(&finding));
        self.count = self.count.saturating_add(1);
        if self.list.len() < FINDINGS_KEPT {
            self.list.push(finding);
        }
    }

    pub(crate) fn progress(&mut self, doing: &'static str, done: u64, of: u64) {
        (self.report)(Report::Progress { doing, done, of });
    }
}
