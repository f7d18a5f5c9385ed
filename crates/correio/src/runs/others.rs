//! The record of a run that root makes on the data folder of somebody else: a process that is its owner keeps it, for root leaves no
//! file of its own there and follows no link.

use std::io::{self, BufRead as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::keep::Running;
use super::row::RunRow;
use super::{About, Names, turn};
use crate::context::Context;

/// What that process is told, a line each. It ends with its input: then the run did not end.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Note {
    /// The run begins.
    Begun(RunRow),
    /// It ended; whose mail was backed up, as they were named.
    Ended(RunRow, Vec<String>),
}

/// The process, while a run goes on.
pub(super) struct Others(Child);

impl Others {
    pub(super) fn begin(context: &Context, row: &RunRow) -> io::Result<Others> {
        let folder = context.folder().map_err(io::Error::other)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("note-run").arg("--data").arg(&folder.0);
        // Who interrupts the run from a terminal does not interrupt its record.
        command.process_group(0);
        let streams = (Stdio::piped(), Stdio::null(), Stdio::null());
        let child = command.stdin(streams.0).stdout(streams.1).stderr(streams.2).spawn()?;
        let mut others = Others(child);
        others.say(&Note::Begun(row.clone()))?;
        Ok(others)
    }

    pub(super) fn end(mut self, row: &RunRow, about: &About) -> io::Result<()> {
        self.say(&Note::Ended(row.clone(), about.whose.clone()))?;
        drop(self.0.stdin.take());
        match self.0.wait()?.success() {
            true => Ok(()),
            false => Err(io::Error::other("the owner of the data folder cannot write it")),
        }
    }

    fn say(&mut self, note: &Note) -> io::Result<()> {
        let mut line = serde_json::to_vec(note)?;
        line.push(b'\n');
        self.0.stdin.as_mut().map_or(Ok(()), |input| input.write_all(&line))
    }
}

/// Does the work of that process, once it is the owner.
pub(crate) async fn keep(context: &Context) -> Result<()> {
    let runs = context.folder()?.runs();
    let mut lines = io::stdin().lock().lines();
    let mut running = None;
    while let Some(line) = lines.next().transpose()? {
        match serde_json::from_str(&line)? {
            Note::Begun(row) => running = Some(Running::begin(&runs, &row, turn).await?),
            Note::Ended(row, whose) => {
                let running = running.take().unwrap_or_else(|| Running::unseen(&runs));
                let (about, names) = (About { whose, ..About::default() }, Names::of(context));
                running.end(&row, turn, |standing| standing.take(&row, &about, &names)).await?;
            }
        }
    }
    Ok(())
}
