//! `correio backup drill`: restores a sample elsewhere, and compares it with what is here.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;

use anyhow::Result;
use backup::{Content, Contents as _, Entry, NotRead, Reading, Repository, Snapshot, Watch};
use clap::Args;
use machine::seconds_text;
use serde::Serialize;
use sync::Exit;
use transfer::TreeReader;

use crate::companion::{failed, language};
use crate::context::Context;
use crate::output::{json, line};
use crate::repository::{Absent, AccountFiles, Bodies, Of, To, open, path_of, told};
use crate::runs::noted;

/// Try a backup out: restore a sample of the newest snapshot, and compare it with the mail here
///
/// Each message of the sample is decrypted, compared with its checksums, written to a folder of its own and read back from
/// there, and then compared octet for octet with the message here. Those that have been deleted here since are compared with
/// their checksums alone. Let a timer run this: a backup that was never restored is only hoped to be one.
#[derive(Args)]
pub(super) struct Drill {
    #[command(flatten)]
    to: To,
    #[command(flatten)]
    of: Of,
    /// How many messages of each account
    #[arg(long, value_name = "N", default_value_t = 50)]
    sample: u32,
}

/// What the drill of an account came to.
#[derive(Default, Serialize)]
pub(crate) struct Row {
    pub(crate) address: String,
    pub(crate) snapshot: String,
    pub(crate) time: String,
    pub(crate) messages: u64,
    pub(crate) restored: u64,
    pub(crate) equal: u64,
    pub(crate) gone_here: u64,
    pub(crate) damaged_here: u64,
    pub(crate) wrong: Vec<String>,
}

impl Drill {
    pub(super) fn to(&self) -> &To {
        &self.to
    }

    pub(super) fn of(&self) -> &Of {
        &self.of
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let addresses = self.of.addresses(context).await?;
        let to = &self.to;
        let repository = open(&to.to, &to.password, Absent::Refuse, Watch::nobody()).await?;
        let repository = Arc::new(repository);
        let mut rows = Vec::new();
        for address in addresses {
            let row = self.drill(context, &repository, address).await?;
            if !context.json {
                row.wrong.iter().try_for_each(|wrong| line(wrong))?;
                line(&language().drilled(&row))?;
            }
            rows.push(row);
            noted(context, &rows);
        }
        if context.json {
            json(&rows)?;
        }
        match rows.iter().all(|row| row.wrong.is_empty()) {
            true => Ok(()),
            false => Err(failed(Exit::Verification, language().drill_failed())),
        }
    }

    async fn drill(
        &self,
        context: &Context,
        repository: &Arc<Repository>,
        address: String,
    ) -> Result<Row> {
        let AccountFiles { files, bodies, .. } = AccountFiles::of(context, &address).await?;
        let number = |content: &Content| match content {
            Content::Asked(number) => Some(*number),
            Content::Here(_) => None,
        };
        let here: HashMap<String, u64> = files
            .into_iter()
            .filter_map(|file| Some((file.path, number(&file.content)?)))
            .collect();
        let random = u64::from_be_bytes(machine::random()?);
        let (repository, path, most) = (Arc::clone(repository), path_of(&address), self.sample);
        let live = Arc::clone(&bodies);
        let done = tokio::task::spawn_blocking(move || {
            let sample = Sample { here, live, most, random };
            sample.of(&repository, &path)
        })
        .await?;
        bodies.close().await?;
        Ok(Row { address, ..done? })
    }
}

/// A sample, and what it is compared with.
struct Sample {
    here: HashMap<String, u64>,
    live: Arc<Bodies>,
    most: u32,
    random: u64,
}

impl Sample {
    fn of(&self, repository: &Repository, path: &str) -> Result<Row> {
        let snapshots = repository.snapshots().map_err(told)?;
        let newest = snapshots.iter().rfind(|snapshot| snapshot.path == path);
        let Some(newest) = newest else {
            return Err(failed(Exit::NeedsPerson, language().no_snapshot(path)));
        };
        let reading = repository.read_in().map_err(told)?;
        let mut row = Row {
            snapshot: newest.short_id().to_owned(),
            time: seconds_text(newest.time_s),
            ..Row::default()
        };
        let messages = match messages(&reading, newest) {
            Ok(messages) => messages,
            Err(fault) => {
                row.wrong.push(language().fault(&fault));
                return Ok(row);
            }
        };
        row.messages = u64::try_from(messages.len()).unwrap_or(u64::MAX);
        let folder = Elsewhere::make(self.random)?;
        for message in self.chosen(&messages) {
            self.compare(&reading, message, &folder, &mut row)?;
        }
        Ok(row)
    }

    /// Every so-manieth from a random one on: from all mailboxes and times.
    fn chosen<'m>(&self, messages: &'m [Entry]) -> impl Iterator<Item = &'m Entry> {
        let most = usize::try_from(self.most.max(1)).unwrap_or(1);
        let step = messages.len().div_ceil(most).max(1);
        let steps = u64::try_from(step).unwrap_or(1);
        let first = usize::try_from(self.random.checked_rem(steps).unwrap_or(0)).unwrap_or(0);
        messages.iter().skip(first).step_by(step)
    }

    fn compare(
        &self,
        reading: &Reading,
        message: &Entry,
        folder: &Elsewhere,
        row: &mut Row,
    ) -> Result<()> {
        let restored = match reading.octets(message) {
            Ok(octets) => folder.through(&octets)?,
            Err(fault) => {
                row.wrong.push(format!("{}: {}", message.path, language().fault(&fault)));
                return Ok(());
            }
        };
        row.restored = row.restored.saturating_add(1);
        let Some(number) = self.here.get(&message.path) else {
            row.gone_here = row.gone_here.saturating_add(1);
            return Ok(());
        };
        let mut here = Vec::new();
        let read = match self.live.open(*number) {
            Ok(mut body) => body.read_to_end(&mut here),
            Err(NotRead::LeftOut(why)) => Err(std::io::Error::other(why)),
            Err(NotRead::Broken(error)) => return Err(failed(Exit::Storage, error.to_string())),
        };
        let count = match read {
            Err(_) => &mut row.damaged_here,
            Ok(_) if here == restored => &mut row.equal,
            Ok(_) => {
                row.wrong.push(language().not_equal(&message.path));
                return Ok(());
            }
        };
        *count = count.saturating_add(1);
        Ok(())
    }
}

/// The messages of a snapshot. All lists must say what an account is made of.
fn messages(reading: &Reading, snapshot: &Snapshot) -> Result<Vec<Entry>, backup::Fault> {
    let mut tree = TreeReader::default();
    let (lists, messages): (Vec<Entry>, Vec<Entry>) =
        reading.files(snapshot)?.into_iter().partition(|file| TreeReader::is_list(&file.path));
    for list in lists {
        tree.list(&list.path, &reading.octets(&list)?);
    }
    match messages.iter().find(|file| tree.message(&file.path, file.octets).is_none()) {
        Some(file) => {
            Err(backup::Fault::Snapshot(format!("{}: no list says what this is", file.path)))
        }
        None => Ok(messages),
    }
}

/// A folder for what is restored, which goes with it.
struct Elsewhere(std::path::PathBuf);

impl Elsewhere {
    fn make(random: u64) -> Result<Elsewhere> {
        let folder = std::env::temp_dir().join(format!("correio-drill-{random:016x}"));
        machine::files::make_private_folder(&folder)?;
        Ok(Elsewhere(folder))
    }

    /// Writes a message there, and gives what is read back.
    fn through(&self, octets: &[u8]) -> Result<Vec<u8>> {
        let file = self.0.join("message.eml");
        machine::files::write_secret(&file, octets)?;
        let mut back = Vec::new();
        machine::files::open(&file)?.read_to_end(&mut back)?;
        machine::files::remove_if_there(&file)?;
        Ok(back)
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(machine::files::remove_if_there(&self.0.join("message.eml")));
        drop(machine::files::remove_empty_folder(&self.0));
    }
}
