//! `correio restore --from REPOSITORY`: brings mail of a snapshot back into an account.

use std::collections::BTreeSet;
use std::path::PathBuf;

use admin::{Answer, Client, Importing, Missing};
use anyhow::{Result, bail};
use backup::{Entry, Reading, Repository, Snapshot, Watch};
use clap::Args;
use serde::Serialize;
use sync::Exit;
use tokio::sync::mpsc;
use transfer::{
    Again, Attributes, ImportedMailbox, Known, KnownUidls, MailSink as _, MailboxAttributes,
    TreeReader,
};

use crate::commands::backup::browse::in_mailbox;
use crate::companion::{self, failed, language, storage};
use crate::context::Context;
use crate::output::{json, line, warning};
use crate::progress::Bar;
use crate::repository::{Absent, RepositoryPassword, When, open, path_of, told};
use crate::runs::noted;

/// So many messages wait for the account at once.
const WAITING_MAX: usize = 4;

/// What comes back from a repository.
#[derive(Args)]
pub(super) struct FromRepository {
    /// The repository that `correio backup run` made
    #[arg(long, value_name = "REPOSITORY")]
    from: Option<PathBuf>,
    #[command(flatten)]
    password: RepositoryPassword,
    /// Whose mail: an account as `correio account list` names it, or an address; not needed where there is only one
    #[arg(long, value_name = "NAME", requires = "from")]
    of: Option<String>,
    /// As it was at this time (2026-11-30, or 2026-11-30 09:12 in UTC), or in the snapshot of this name [default: the newest]
    #[arg(long, value_name = "DATE", requires = "from")]
    at: Option<When>,
    /// Only this mailbox and those below it; may be given several times
    #[arg(long, value_name = "MAILBOX", requires = "from")]
    mailbox: Vec<String>,
    /// Only this message, as `correio backup browse` names it; may be given several times
    #[arg(long, value_name = "PATH", requires = "from")]
    message: Vec<String>,
    /// The user here whose mail it becomes [default: the one it was of]
    #[arg(long, value_name = "ADDRESS", requires = "from")]
    into: Option<String>,
}

/// What is to come back, in the order in which it does.
struct Wanted {
    reading: Reading,
    snapshot: Snapshot,
    mailboxes: Vec<MailboxAttributes>,
    messages: Vec<(Attributes, Entry)>,
}

#[derive(Serialize)]
struct Row<'r> {
    snapshot: &'r str,
    into: &'r str,
    messages: u64,
    restored: u64,
    known: u64,
    refused: u64,
    unreadable: &'r [String],
    mailboxes: &'r [ImportedMailbox],
}

impl FromRepository {
    /// Whose mail it is about, and the repository.
    pub(super) fn about(&self) -> (Option<String>, Option<String>) {
        (self.of.clone(), self.from.as_ref().map(|from| from.display().to_string()))
    }

    pub(super) async fn run(self, context: &Context, dry_run: bool) -> Result<()> {
        let Some(place) = &self.from else { bail!("a repository is needed") };
        let repository = open(place, &self.password, Absent::Refuse, Watch::nobody()).await?;
        let accounts = companion::read(&context.folder()?)?;
        let address = self.of.as_ref().map(|name| match accounts.account(name) {
            Ok(account) => account.local.clone(),
            Err(_) => name.clone(),
        });
        let choice = Choice {
            path: address.as_deref().map(path_of),
            at: self.at.clone(),
            mailboxes: self.mailbox.clone(),
            messages: self.message.iter().cloned().collect(),
        };
        let wanted = tokio::task::spawn_blocking(move || choice.wanted(&repository)).await??;
        let owner = crate::repository::address_in(&wanted.snapshot.path).to_owned();
        let into = self.into.clone().unwrap_or(owner);
        let text = language();
        let messages = count(&wanted.messages);
        let snapshot = wanted.snapshot.short_id().to_owned();
        if dry_run {
            return match context.json {
                false => line(&text.would_restore(messages, &snapshot, &into)),
                true => json(&serde_json::json!({
                    "snapshot": snapshot, "into": into, "messages": messages, "dry_run": true,
                })),
            };
        }
        let mut client = context
            .reach(Missing::Refuse)
            .await
            .map_err(|e| failed(Exit::Storage, format!("{e:#}")))?;
        let done = bring(&mut client, wanted, &into).await;
        let closed = client.close().await;
        let (rows, unreadable) = done?;
        closed.map_err(storage)?;
        let sum = |of: fn(&ImportedMailbox) -> u64| rows.iter().map(of).sum::<u64>();
        let (restored, known) = (sum(|row| row.imported), sum(|row| row.known));
        let refused = sum(|row| row.refused);
        let row = Row {
            snapshot: &snapshot,
            into: &into,
            messages,
            restored,
            known,
            refused,
            unreadable: &unreadable,
            mailboxes: &rows,
        };
        noted(context, &row);
        for row in rows.iter().filter(|row| row.refused > 0) {
            row.first_refused.iter().try_for_each(|why| warning(why))?;
        }
        unreadable.iter().try_for_each(|why| warning(why))?;
        if context.json {
            json(&row)?;
        } else {
            line(&text.restored([restored, known, refused], &into))?;
        }
        match (unreadable.is_empty(), refused) {
            (true, 0) => Ok(()),
            (false, _) => Err(failed(Exit::Verification, text.some_refused())),
            (true, _) => Err(failed(Exit::Storage, text.some_refused())),
        }
    }
}

fn count<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

/// What was said on the command line.
struct Choice {
    path: Option<String>,
    at: Option<When>,
    mailboxes: Vec<String>,
    messages: BTreeSet<String>,
}

impl Choice {
    fn wanted(&self, repository: &Repository) -> Result<Wanted> {
        let mut snapshots = repository.snapshots().map_err(told)?;
        let paths: BTreeSet<&String> = snapshots.iter().map(|one| &one.path).collect();
        let path = match (&self.path, &self.at) {
            (Some(path), _) => Some(path.clone()),
            // A name says whose it is.
            (None, Some(When::Named(_))) => None,
            (None, _) if paths.len() <= 1 => None,
            (None, _) => return Err(failed(Exit::NeedsPerson, language().say_whose())),
        };
        let any = snapshots.first().map(|one| one.path.clone());
        snapshots.retain(|one| path.as_ref().is_none_or(|path| *path == one.path));
        let at = When::at(self.at.as_ref());
        let found = Snapshot::find(snapshots.iter(), at).map_err(told)?;
        let Some(snapshot) = found.cloned() else {
            let path = path.or(any).unwrap_or_default();
            return Err(failed(Exit::NeedsPerson, language().no_snapshot(&path)));
        };
        let reading = repository.read_in().map_err(told)?;
        let (lists, files): (Vec<Entry>, Vec<Entry>) = reading
            .files(&snapshot)
            .map_err(told)?
            .into_iter()
            .partition(|file| TreeReader::is_list(&file.path));
        let mut tree = TreeReader::default();
        for list in lists {
            tree.list(&list.path, &reading.octets(&list).map_err(told)?);
        }
        let is_wanted = |mailbox: &str| {
            self.mailboxes.is_empty()
                || self.mailboxes.iter().any(|wanted| in_mailbox(mailbox, Some(wanted)))
        };
        let mut messages: Vec<(Attributes, Entry)> = files
            .into_iter()
            .filter(|file| self.messages.is_empty() || self.messages.contains(&file.path))
            .filter_map(|file| Some((tree.message(&file.path, file.octets)?, file)))
            .filter(|(message, _)| is_wanted(&message.mailbox))
            .collect();
        if messages.is_empty() && !self.messages.is_empty() {
            return Err(failed(Exit::NeedsPerson, language().no_such_message()));
        }
        // As they came: new UIDs go up as the old ones did.
        messages.sort_by(|(a, _), (b, _)| (&a.mailbox, a.uid).cmp(&(&b.mailbox, b.uid)));
        let mut mailboxes = tree.mailboxes();
        mailboxes.retain(|mailbox| is_wanted(&mailbox.name) && self.messages.is_empty());
        Ok(Wanted { reading, snapshot, mailboxes, messages })
    }
}

/// A message on its way, or why it cannot be read.
type Coming = (Attributes, Result<Vec<u8>, String>);

/// Brings all that is wanted into an account. Gives what could not be read, too.
async fn bring(
    client: &mut Client,
    wanted: Wanted,
    into: &str,
) -> Result<(Vec<ImportedMailbox>, Vec<String>)> {
    let Wanted { reading, mailboxes, messages, .. } = wanted;
    // Whoever restores wants back what is gone.
    let known = Known { again: Again::Take, uidls: KnownUidls::Keep };
    let mut account = client.import(into, known).await.map_err(storage)?;
    for mailbox in &mailboxes {
        account.mailbox(mailbox).await.map_err(storage)?;
    }
    let mut bar = Bar::new();
    let of = messages.iter().map(|(_, file)| file.octets).sum();
    let (send, mut coming) = mpsc::channel::<Coming>(WAITING_MAX);
    let reads = tokio::task::spawn_blocking(move || {
        for (message, file) in messages {
            let octets = reading.octets(&file).map_err(|fault| language().fault(&fault));
            if send.blocking_send((message, octets)).is_err() {
                break;
            }
        }
    });
    let (mut done, mut unreadable) = (0u64, Vec::new());
    while let Some((message, octets)) = coming.recv().await {
        done = done.saturating_add(message.octets);
        match octets {
            Ok(octets) => give(&mut account, &message, &octets).await?,
            Err(why) => {
                unreadable.push(format!("{}: {why}", message.place.unwrap_or_default()));
            }
        }
        bar.transfer(language().restoring(), done, of);
    }
    reads.await?;
    bar.clear();
    let answer = account.finish().await.map_err(storage)?;
    let Answer::Imported(rows) = answer else { bail!("the host gave another answer") };
    Ok((rows, unreadable))
}

async fn give(account: &mut Importing<'_>, message: &Attributes, octets: &[u8]) -> Result<()> {
    account.begin(message).await.map_err(storage)?;
    account.write(octets).await.map_err(storage)?;
    account.end().await.map_err(storage)
}
