//! Backups from the client's side: the host writes them where it may, else it gives the store out and the client writes it, with
//! the rights of whoever started it.

use std::path::PathBuf;

use mailbox::Policy;
use store::{Copied, Options, Store, Taking};

use crate::answer::{Answer, BackedUp, Event, Progress};
use crate::client::{AdminFault, Client};
use crate::keep::{Folder, disk_apart};
use crate::request::{Request, Task};
use crate::upkeep::{Acknowledge, Copying, Steps, check_closed, claim, write_beside};

impl Client {
    /// Copies the store into a folder that is empty or not there. Nothing is written where something is. All of the copy is
    /// read and compared with its checksums.
    pub async fn back_up(
        &mut self,
        folder: PathBuf,
        copying: Copying,
        policy: Policy,
        steps: Steps<'_>,
    ) -> Result<Answer, AdminFault> {
        let task = Task::Backup { folder: folder.clone(), copying };
        let answer = self.ask(task, steps).await?;
        if !matches!(answer, Answer::Elsewhere) {
            return Ok(answer);
        }
        let to = Folder(folder);
        // Before anything is asked for: where it cannot be written, nothing is.
        claim(&to)?;
        let (copied, beside) = self.take_copy(&to, steps).await?;
        // If the index did not come because it is damaged, it is made now: whoever opens the copy must not wait.
        Store::open(disk_apart(&to.store())?, Options::default())?.close()?;
        let checked = check_closed(&to, policy, Acknowledge::Nothing, steps).await?;
        // The index and the format, too.
        let files = copied.copied.saturating_add(beside).saturating_add(2);
        Ok(Answer::BackedUp(BackedUp {
            files,
            octets: copied.octets,
            checked,
            ..BackedUp::default()
        }))
    }

    /// Writes what the host gives out.
    async fn take_copy(
        &mut self,
        to: &Folder,
        steps: Steps<'_>,
    ) -> Result<(Copied, u64), AdminFault> {
        self.send(&Request::Copy).await?;
        let mut taking = Taking::begin(disk_apart(&to.store())?)?;
        let mut progress = Progress { what: String::new(), done: 0, of: None };
        let mut files = 0_u64;
        loop {
            match self.next().await? {
                Event::Progress(begun) => progress = begun,
                Event::Segment(segment) => {
                    taking.segment(segment)?;
                    self.take_part(&mut taking, &mut progress, steps).await?;
                }
                Event::Index => {
                    taking.index()?;
                    // How large it is nobody knows beforehand.
                    progress = Progress { what: COPYING_INDEX.to_owned(), done: 0, of: None };
                    self.take_part(&mut taking, &mut progress, steps).await?;
                }
                Event::Beside(beside) => {
                    let mut file = Vec::new();
                    loop {
                        let octets = self.read().await?;
                        if octets.is_empty() {
                            break;
                        }
                        if file.len() > BESIDE_OCTETS_MAX {
                            return Err(AdminFault::Unexpected);
                        }
                        file.extend(octets);
                    }
                    write_beside(beside, to, &file)?;
                    files = files.saturating_add(1);
                }
                Event::Done(_) => return Ok((taking.finish()?, files)),
                Event::Failed { why } => return Err(AdminFault::Failed(why)),
                Event::Ready | Event::Item(_) => return Err(AdminFault::Unexpected),
            }
        }
    }

    async fn take_part(
        &mut self,
        taking: &mut Taking,
        progress: &mut Progress,
        steps: Steps<'_>,
    ) -> Result<(), AdminFault> {
        loop {
            let octets = self.read().await?;
            if octets.is_empty() {
                return Ok(());
            }
            taking.octets(&octets)?;
            let more = u64::try_from(octets.len()).unwrap_or(u64::MAX);
            progress.done = progress.done.saturating_add(more);
            steps(progress.clone());
        }
    }
}

/// What is being done, for people.
const COPYING_INDEX: &str = "copying the index (octets)";

/// The most that is taken of one file beside the store.
const BESIDE_OCTETS_MAX: usize = 1 << 20;
