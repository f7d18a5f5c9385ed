//! Does what an administrator asks for.

mod account_copy;
mod adding;
mod answers;
mod changes;
mod companion;
mod copy;
mod index;
mod pop3;
mod sharing;
mod status;
#[cfg(test)]
mod tests;
mod transfers;
mod turns;
mod undo;
mod undoable;
mod watching;

use std::path::PathBuf;
use std::sync::Arc;

use directory::{Address, Domain, OldAddress, People, PeopleError, Refusal, UserQuota};
use mailbox::operations::Change;
use mailbox::{Account, Accounts, Door, ModSeq, Who};
use queue::{MessageId, OutboundQueue};
use store::Store;
use tokio::sync::mpsc;
use transfer::AccountFault;

use self::turns::Turns;
use crate::answer::{Answer, Changed, NewPasswordRow, Progress};
use crate::keep::{Folder, Keep};
use crate::request::{IdentityTask, QueueTask, QuotaAsked, Task, UserTask};
use crate::running::Running;
use crate::settings::Settings;
use crate::upkeep::{self, Acknowledge, Copying, Damaged, InStore};

/// The administrator's desk.
pub struct Desk {
    people: Arc<People>,
    store: Store,
    queue: Arc<OutboundQueue>,
    folder: Folder,
    settings: Settings,
    host: Option<Arc<dyn Running>>,
    imports: Turns,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskFault {
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    Mail(#[from] mailbox::Error),
    #[error(transparent)]
    Transfer(#[from] AccountFault),
    #[error("{0}")]
    Words(String),
    #[error(
        "{added} users were added before this: {fault}. Who is there stays as they are: the same users can be given again"
    )]
    Midway { added: u64, fault: Box<DeskFault> },
    #[error(transparent)]
    Connection(#[from] std::io::Error),
}

impl From<mailbox::Fault> for DeskFault {
    fn from(fault: mailbox::Fault) -> DeskFault {
        DeskFault::Mail(fault.into())
    }
}

impl From<Refusal> for DeskFault {
    fn from(refusal: Refusal) -> DeskFault {
        DeskFault::People(refusal.into())
    }
}

impl Desk {
    /// Opens the desk of a data folder.
    pub fn new(keep: &Keep, queue: Arc<OutboundQueue>, settings: Settings) -> Desk {
        let people = Arc::clone(&keep.people);
        let (store, folder) = (keep.store.clone(), keep.folder.clone());
        Desk { people, store, queue, folder, settings, host: None, imports: Turns::default() }
    }

    /// The same, of a host that runs and says how it is.
    pub fn of_host(self, host: Arc<dyn Running>) -> Desk {
        Desk { host: Some(host), ..self }
    }

    /// Does one task.
    pub(crate) async fn run(
        &self,
        task: Task,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Answer, DeskFault> {
        match task {
            Task::Status => self.status().await,
            Task::Who { most } => self.who(most),
            Task::Reload => self.reload().await,
            Task::Domain(task) => self.domains(task).await,
            Task::User { address, task } => self.user(parsed(&address)?, task).await,
            Task::UserList => {
                let mut rows = Vec::new();
                for user in self.people.users()? {
                    rows.push(answers::user(&self.people, &user).await?);
                }
                Ok(Answer::Users(rows))
            }
            Task::UserAddMany(users) => self.add_users(users, &progress).await,
            Task::Alias(task) => self.aliases(task).await,
            Task::Check { acknowledge } => self.check(acknowledge, progress).await,
            Task::Repair { damaged } => self.repair(damaged, progress).await,
            Task::Index { address, rebuild } => self.index(address, rebuild, progress).await,
            Task::Backup { folder, copying } => self.back_up(folder, copying, progress).await,
            Task::Queue(task) => self.queue(task).await,
        }
    }

    /// What the system calls one of its users.
    pub(crate) fn name_of(&self, uid: u32) -> String {
        (self.settings.user_name)(uid).unwrap_or_else(|| format!("uid {uid}"))
    }

    async fn user(&self, address: Address, task: UserTask) -> Result<Answer, DeskFault> {
        let people = &self.people;
        match task {
            UserTask::AddToken { device, days } => {
                let new = people.add_token(&address, &device, days).await?;
                Ok(Answer::NewToken(answers::new_token(&address, device, &new)))
            }
            UserTask::ListTokens => Ok(Answer::Tokens(answers::tokens(people.tokens(&address)?))),
            UserTask::Show => Ok(Answer::Users(vec![self.row(&address).await?])),
            UserTask::AddAppPassword { device, kept } => {
                let scram = self.settings.scram;
                let new = people.add_app_password(&address, &device, scram, kept).await?;
                let password = String::from_utf8_lossy(new.0.expose()).into_owned();
                let address = address.to_string();
                Ok(Answer::NewPassword(NewPasswordRow { address, device, password }))
            }
            UserTask::ListAppPasswords => {
                Ok(Answer::AppPasswords(answers::app_passwords(people.app_passwords(&address)?)))
            }
            UserTask::Purge => undo::purge(&self.account(&address).await?).await,
            UserTask::BringBack { change } => {
                let account = self.account(&address).await?;
                undo::bring_back(&account, ModSeq(change)).await
            }
            UserTask::BringBackAll(removed) => {
                undo::bring_back_all(&self.account(&address).await?, &removed).await
            }
            UserTask::Retained { most, removed } => {
                undo::retained_rows(&self.account(&address).await?, &removed, most)
            }
            UserTask::Undoable { most } => {
                let account = self.account(&address).await?;
                let newest = newest_changes(&account, most)?;
                Ok(Answer::Undoable(undoable::rows(&account, &newest)?))
            }
            UserTask::Undo { change } => {
                undoable::undo(&self.account(&address).await?, ModSeq(change)).await
            }
            UserTask::Pop3(task) => self.pop3(&address, task).await,
            UserTask::History { most } => {
                let account = self.account(&address).await?;
                let newest = newest_changes(&account, most)?;
                Ok(Answer::History(answers::history(&account, &newest)?))
            }
            UserTask::Identity(IdentityTask::List) => {
                Ok(Answer::Identities(people.identities(&address)?))
            }
            UserTask::Share(task) => self.share(&address, task).await,
            UserTask::Identity(task) => self.change_identity(&address, task).await,
            UserTask::Add { password, quota } => self.add_user(address, &password, quota).await,
            UserTask::SetPassword(password) => self.set_password(&address, &password).await,
            UserTask::SetQuota(quota) => self.set_quota(&address, quota).await,
            UserTask::Remove => self.remove_user(&address).await,
            UserTask::Rename { to, keep_alias } => {
                let becomes = if keep_alias { OldAddress::Alias } else { OldAddress::Freed };
                self.rename_user(&address, (&to, becomes)).await
            }
            UserTask::Disable => self.disable_user(&address).await,
            UserTask::Enable => self.enable_user(&address).await,
            UserTask::ResetFactors => self.reset_factors(&address).await,
            UserTask::RemoveAppPassword(device) => {
                self.remove_app_password(&address, &device).await
            }
            UserTask::RemoveToken(device) => self.remove_token(&address, &device).await,
        }
    }

    /// The accounts it works on.
    pub(crate) fn accounts(&self) -> &Accounts {
        self.people.accounts()
    }

    async fn check(
        &self,
        acknowledge: Acknowledge,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Answer, DeskFault> {
        let (store, people) = (self.store.clone(), Arc::clone(&self.people));
        let checking = move || {
            // A step that is not shown is no loss.
            upkeep::check_open(&store, &people, &mut |step| drop(progress.try_send(step)))
        };
        let found = self.accounts().apart(checking).await??;
        Ok(Answer::Checked(found.settle(self.accounts(), acknowledge).await?))
    }

    /// Mends the accounts. What the store itself needs, it gets while nobody has it open.
    async fn repair(
        &self,
        damaged: Damaged,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Answer, DeskFault> {
        let (store, steps) = (self.store.clone(), progress.clone());
        let checking = move || InStore::of_open(&store, &mut |step| drop(steps.try_send(step)));
        let in_store = self.accounts().apart(checking).await??;
        let mut steps = |step| drop(progress.try_send(step));
        let repaired = upkeep::repair_open(in_store, &self.people, damaged, &mut steps).await?;
        Ok(Answer::Repaired(repaired))
    }

    async fn back_up(
        &self,
        to: PathBuf,
        copying: Copying,
        progress: mpsc::Sender<Progress>,
    ) -> Result<Answer, DeskFault> {
        if !self.may_write_backup(&to) {
            return Ok(Answer::Elsewhere);
        }
        let written = to.display().to_string();
        let (store, people) = (self.store.clone(), Arc::clone(&self.people));
        let folders = (self.folder.clone(), Folder(to));
        let back_up = move || {
            let mut steps = |step| drop(progress.try_send(step));
            upkeep::back_up(&store, &people, (&folders.0, &folders.1), copying, &mut steps)
        };
        let done = self.accounts().apart(back_up).await??;
        self.note_backup(Some(written)).await;
        Ok(Answer::BackedUp(done))
    }

    async fn queue(&self, task: QueueTask) -> Result<Answer, DeskFault> {
        let gone = |id| DeskFault::Words(format!("there is no message {id} in the queue"));
        match task {
            QueueTask::List => {
                let listed = self.queue.list(10_000)?;
                let rows = listed.iter().map(|(id, queued)| answers::queued(id.0, queued));
                Ok(Answer::Queue(rows.collect()))
            }
            QueueTask::Remove(id) => {
                let removed = self.queue.remove(MessageId(id)).await?.ok_or_else(|| gone(id))?;
                Ok(Answer::Changed(Changed::QueueRemoved(answers::queued(id, &removed))))
            }
            QueueTask::Retry(id) => {
                let retried = self.queue.try_now(MessageId(id)).await?.ok_or_else(|| gone(id))?;
                Ok(Answer::Changed(Changed::QueueRetried(answers::queued(id, &retried))))
            }
        }
    }

    async fn account(&self, address: &Address) -> Result<Account, DeskFault> {
        let user = self.people.user(address)?;
        Ok(self.people.open(user.account, Who::at(Door::Admin)).await?)
    }
}

/// The last changes, newest first. The log is read forward, so only its end is kept.
fn newest_changes(account: &Account, most: usize) -> Result<Vec<Change>, DeskFault> {
    const AT_ONCE: usize = 1_000;
    let mut last = std::collections::VecDeque::new();
    let mut since = ModSeq(0);
    loop {
        let changes = account.changes_since(since, AT_ONCE)?;
        let Some(end) = changes.last() else { break };
        since = end.modseq;
        for change in changes {
            if last.len() >= most {
                last.pop_front();
            }
            last.push_back(change);
        }
    }
    Ok(last.into_iter().rev().take(most).collect())
}

fn parsed(text: &str) -> Result<Address, Refusal> {
    text.parse().map_err(|fault| Refusal::Address { text: text.to_owned(), fault })
}

fn domain_of(text: &str) -> Result<Domain, Refusal> {
    text.parse().map_err(|fault| Refusal::Address { text: text.to_owned(), fault })
}

fn quota_of(asked: QuotaAsked) -> UserQuota {
    UserQuota { octets_max: asked.octets_max, messages_max: asked.messages_max }
}
