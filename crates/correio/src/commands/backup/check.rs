//! `correio backup check`: finds what is damaged in a repository, and which messages that hits.

use std::sync::Mutex;

use anyhow::Result;
use backup::{Checked, Depth, Watch};
use clap::Args;
use serde::Serialize;
use sync::Exit;

use crate::companion::{failed, language};
use crate::context::Context;
use crate::output::{json, line};
use crate::progress::Bar;
use crate::repository::{Absent, To, open, waiting};
use crate::runs::noted;

/// Check a repository: whether all that snapshots need is there, and is what was written
///
/// What is damaged is named, and so is each message that cannot be restored whole any more.
#[derive(Args)]
pub(super) struct Check {
    #[command(flatten)]
    to: To,
    /// Read every octet, not only what says where the mail is
    #[arg(long)]
    read: bool,
}

#[derive(Serialize)]
struct Row {
    files: u64,
    octets_read: u64,
    snapshots: u64,
    findings: Vec<String>,
    hit: Vec<String>,
    hit_more: u64,
}

impl Check {
    pub(super) fn to(&self) -> &To {
        &self.to
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let bar = Mutex::new(Bar::new());
        let what = language().checking();
        let watch = Watch::new(move |step| {
            if let Ok(mut bar) = bar.lock() {
                bar.transfer(what, step.done, step.of);
                if step.done >= step.of {
                    bar.clear();
                }
            }
        });
        let repository = open(&self.to.to, &self.to.password, Absent::Refuse, watch).await?;
        let depth = if self.read { Depth::Everything } else { Depth::Structure };
        let checked = waiting(move || repository.check(depth)).await?;
        let row = Row::of(checked);
        noted(context, &row);
        if context.json {
            json(&row)?;
        } else {
            row.tell(depth)?;
        }
        match row.findings.is_empty() {
            true => Ok(()),
            false => Err(failed(Exit::Verification, language().repository_damaged())),
        }
    }
}

impl Row {
    fn of(checked: Checked) -> Row {
        let finding = |one: backup::Finding| match one.file {
            Some(file) => format!("{file}: {}", one.what),
            None => one.what,
        };
        Row {
            files: checked.files,
            octets_read: checked.octets,
            snapshots: checked.snapshots,
            findings: checked.findings.into_iter().map(finding).collect(),
            hit: checked.hit,
            hit_more: checked.hit_more,
        }
    }

    fn tell(&self, depth: Depth) -> Result<()> {
        let text = language();
        self.findings.iter().try_for_each(|finding| line(finding))?;
        for hit in &self.hit {
            line(&text.hit(hit))?;
        }
        if self.hit_more > 0 {
            line(&text.hit_more(self.hit_more))?;
        }
        line(&text.looked_at(self.files, self.octets_read, self.snapshots))?;
        if self.findings.is_empty() {
            line(text.nothing_wrong(depth))?;
        }
        Ok(())
    }
}
