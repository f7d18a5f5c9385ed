//! `correio backup list`: the snapshots of a repository.

use anyhow::Result;
use backup::{Snapshot, Watch};
use clap::Args;
use machine::{Size, seconds_text};
use serde::Serialize;

use crate::context::Context;
use crate::output::rows;
use crate::repository::{Absent, To, address_in, open, waiting};

/// List the snapshots in a repository
#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    to: To,
    /// Only those of this address
    #[arg(long, value_name = "ADDRESS")]
    of: Option<String>,
}

#[derive(Serialize)]
struct Row {
    snapshot: String,
    time: String,
    address: String,
    machine: String,
    files: u64,
    octets: u64,
    added_octets: u64,
}

impl Row {
    fn of(snapshot: &Snapshot) -> Row {
        Row {
            snapshot: snapshot.short_id().to_owned(),
            time: seconds_text(snapshot.time_s),
            address: address_in(&snapshot.path).to_owned(),
            machine: snapshot.machine.clone(),
            files: snapshot.files,
            octets: snapshot.octets,
            added_octets: snapshot.added_octets,
        }
    }
}

impl List {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let to = &self.to;
        let repository = open(&to.to, &to.password, Absent::Refuse, Watch::nobody()).await?;
        let snapshots = waiting(move || repository.snapshots()).await?;
        let wanted = |row: &Row| self.of.as_ref().is_none_or(|of| *of == row.address);
        let listed: Vec<Row> = snapshots.iter().map(Row::of).filter(wanted).collect();
        rows(
            context.json,
            &listed,
            &[
                ("snapshot", &|row: &Row| row.snapshot.clone()),
                ("time", &|row| row.time.clone()),
                ("address", &|row| row.address.clone()),
                ("files", &|row| row.files.to_string()),
                ("size", &|row| Size(row.octets).to_string()),
                ("added", &|row| Size(row.added_octets).to_string()),
                ("machine", &|row| row.machine.clone()),
            ],
        )
    }
}
