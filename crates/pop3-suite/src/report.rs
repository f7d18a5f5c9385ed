//! The report: what each check found, as text, JSON or Markdown.

use std::fmt::{Display, Formatter};

use serde::Serialize;

use super::check::Check;
use super::rule::{Level, Verdict};
use super::target::Target;

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The check's name.
    pub id: &'static str,
    /// The RFC.
    pub rfc: u16,
    /// The section.
    pub section: &'static str,
    /// How strongly it is asked.
    pub level: Level,
    /// The rule, in our words.
    pub rule: &'static str,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Entry {
    pub(crate) fn new(check: &Check, verdict: Verdict) -> Entry {
        let Check { id, rfc, section, level, rule, .. } = *check;
        Entry { id, rfc, section, level, rule, verdict }
    }

    /// Where the entry belongs: RFC, then the numbers of the section.
    pub(crate) fn place(&self) -> (u16, Vec<u32>) {
        let numbers = self.section.split([' ', ',']).next().unwrap_or_default();
        (self.rfc, numbers.split('.').filter_map(|number| number.parse().ok()).collect())
    }
}

/// What a whole run found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The server, as it was addressed.
    pub server: String,
    /// Its greeting.
    pub greeting: String,
    /// What CAPA's IMPLEMENTATION says, if anything.
    pub implementation: Option<String>,
    /// What each check found, by document and section.
    pub entries: Vec<Entry>,
    /// What could not be cleaned up, if anything.
    pub left_behind: Option<String>,
}

/// Numbers of verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rules kept.
    pub passed: usize,
    /// MUSTs broken.
    pub failed_must: usize,
    /// SHOULDs broken.
    pub failed_should: usize,
    /// Good practices not followed.
    pub failed_practice: usize,
    /// Optional, and not offered.
    pub not_offered: usize,
    /// Not tried.
    pub skipped: usize,
}

impl Report {
    pub(crate) fn new(target: &Target, entries: Vec<Entry>, left: Result<u64, String>) -> Report {
        let mut entries = entries;
        entries.sort_by_key(Entry::place);
        let left_behind = match left {
            Ok(0) => None,
            Ok(count) => Some(format!("{count} letters of this run could not be removed")),
            Err(why) => Some(format!("the letters of this run could not be removed: {why}")),
        };
        Report {
            server: format!("{}:{}", target.options.host, target.options.port),
            greeting: target.greeting.clone(),
            implementation: target.implementation.take(),
            entries,
            left_behind,
        }
    }

    /// How many of each verdict.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for entry in &self.entries {
            match (&entry.verdict, entry.level) {
                (Verdict::Passed, _) => summary.passed += 1,
                (Verdict::Failed { .. }, Level::Must) => summary.failed_must += 1,
                (Verdict::Failed { .. }, Level::Should) => summary.failed_should += 1,
                (Verdict::Failed { .. }, Level::Practice) => summary.failed_practice += 1,
                (Verdict::NotOffered { .. }, _) => summary.not_offered += 1,
                (Verdict::Skipped { .. }, _) => summary.skipped += 1,
            }
        }
        summary
    }

    /// The checks that failed.
    pub fn failed(&self) -> Vec<&Entry> {
        self.entries.iter().filter(|e| matches!(e.verdict, Verdict::Failed { .. })).collect()
    }

    /// The names of the checks that failed.
    pub fn failed_ids(&self) -> Vec<&'static str> {
        self.failed().into_iter().map(|entry| entry.id).collect()
    }

    /// Whether no MUST is broken.
    pub fn is_conformant(&self) -> bool {
        self.summary().failed_must == 0
    }

    /// As JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Entry { id, level, rule, verdict, .. } = self;
        let level = level.name();
        match verdict {
            Verdict::Passed => write!(f, "  passed       {id} ({level})"),
            Verdict::NotOffered { what } => write!(f, "  not offered  {id} ({level}): {what}"),
            Verdict::Skipped { why } => write!(f, "  skipped      {id} ({level}): {why}"),
            Verdict::Failed { expected, seen } => {
                writeln!(f, "  FAILED       {id} ({level})")?;
                writeln!(f, "      rule      RFC {}, {}: {rule}", self.rfc, self.section)?;
                write!(f, "      expected  {expected}")?;
                for line in seen {
                    write!(f, "\n      {line}")?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Summary { passed, failed_must, failed_should, failed_practice, .. } = self;
        write!(
            f,
            "{passed} passed; failed: {failed_must} MUST, {failed_should} SHOULD, \
             {failed_practice} good practice; {} not offered; {} skipped",
            self.not_offered, self.skipped
        )
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}: {}", self.server, self.greeting)?;
        let mut place = None;
        for entry in &self.entries {
            if place != Some((entry.rfc, entry.section)) {
                writeln!(f, "\nRFC {}, {}", entry.rfc, entry.section)?;
                place = Some((entry.rfc, entry.section));
            }
            writeln!(f, "{entry}")?;
        }
        if let Some(left) = &self.left_behind {
            writeln!(f, "\nNOTE: {left}")?;
        }
        write!(f, "\n{}", self.summary())
    }
}
