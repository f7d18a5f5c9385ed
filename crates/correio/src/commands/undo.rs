//! `correio undo`: shows what happened to the mail here, and takes it back.

use std::io::{BufRead as _, Write as _};

use admin::answer::{Did, UndoableRow, UndoneRow};
use admin::request::UserTask;
use admin::{Answer, Missing, Task};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use sync::{Exit, Service};

use crate::companion::{Text, failed, language, local_users, read, somebody_is_there};
use crate::context::Context;
use crate::output::{json, line, table};
use crate::runs::{note_standing, read_all};

/// Undo what was done to the mail here: what a mirror deleted or moved, or somebody over any protocol
///
/// Without a number it undoes the last thing that can be undone: all that the same one did within a minute. --list shows what
/// happened, who did it, and what can be undone: deletions as long as deleted mail is kept (14 days unless set otherwise), moves,
/// copies and new names of mailboxes as long as nobody changed the same mail since. Flags cannot be: it is not kept which there were before.
///
/// What comes back to an account that is mirrored stays here; `correio mirror` does not delete it again, and `correio mirror --both` brings
/// it back to the provider as well. What `correio archive` took from a provider, `correio restore --receipt` puts back.
///
/// Exit status: 0 done, 1 wrong usage, 2 there is nothing to undo, or something else has to be said, 5 the store here, 6 refused for
/// safety: it is more than 50 messages, and nobody was there to be asked.
#[derive(Args)]
pub(crate) struct Undo {
    /// The account, as `correio account list` names it, or the address of a user here; not needed where there is only one
    name: Option<String>,
    /// The number of a change, as --list shows it; several are undone one after the other
    #[arg(value_name = "CHANGE", value_parser = clap::value_parser!(u64).range(1..))]
    changes: Vec<u64>,
    /// Show what happened, and do nothing
    #[arg(long, conflicts_with_all = ["changes", "dry_run", "yes"])]
    list: bool,
    /// Show, or look for the last thing among, at most so many changes
    #[arg(long, default_value_t = 50, value_name = "NUMBER")]
    most: usize,
    /// Say what would be undone, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask, however many messages it is
    #[arg(long)]
    yes: bool,
}

/// More messages than this are not changed unasked.
const UNASKED_MAX: u64 = 50;
/// What the same one did within so many seconds belongs together.
const TOGETHER_S: i64 = 60;
/// So many changes are looked through for those that were named.
const LOOKED_THROUGH_MAX: usize = 100_000;

impl Undo {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let text = language();
        let whose = Whose::of(context, self.name.as_deref()).await?;
        let most = if self.changes.is_empty() { self.most } else { LOOKED_THROUGH_MAX };
        let rows = whose.changes(context, most).await?;
        if self.list {
            return list(context, &rows, text);
        }
        let chosen = if self.changes.is_empty() {
            let last = last(&rows);
            if let Some(archived) = whose.archived_since(context, last.first().copied())? {
                return Err(failed(Exit::NeedsPerson, text.archived_last(&archived)));
            }
            last
        } else {
            self.named(&rows, text)?
        };
        let Some(_) = chosen.first() else {
            return Err(failed(Exit::NeedsPerson, text.nothing_to_undo()));
        };
        if !context.json {
            for row in &chosen {
                line(&format!("{} {}: {}", row.change, row.time, text.change(row)))?;
            }
        }
        if self.dry_run {
            return match context.json {
                true => json(&chosen),
                false => line(text.dry()),
            };
        }
        self.certain(&chosen, text)?;
        let done = whose.undo(context, &chosen).await?;
        if let Some(name) = &whose.name {
            note_standing(context, |standing| standing.count_anew(name)).await;
        }
        if context.json {
            json(&done)?;
        } else {
            line(&text.undone(&done))?;
            if whose.is_mirrored && done.messages > 0 {
                line(text.mirror_leaves_it())?;
            }
        }
        Ok(())
    }

    /// The changes that were named.
    fn named<'r>(&self, rows: &'r [UndoableRow], text: Text) -> Result<Vec<&'r UndoableRow>> {
        let mut numbers = self.changes.clone();
        numbers.sort_unstable_by(|one, other| other.cmp(one));
        numbers.dedup();
        let find = |number: &u64| {
            let row = rows.iter().find(|row| row.change == *number);
            let row = row.ok_or_else(|| failed(Exit::NeedsPerson, text.no_such_change(*number)))?;
            match row.can_be_undone {
                0 => Err(failed(Exit::NeedsPerson, text.cannot_undo(row))),
                _ => Ok(row),
            }
        };
        numbers.iter().map(find).collect()
    }

    /// Asks before much is changed.
    fn certain(&self, chosen: &[&UndoableRow], text: Text) -> Result<()> {
        let messages = chosen.iter().fold(0_u64, |sum, row| sum.saturating_add(row.can_be_undone));
        if self.yes || messages <= UNASKED_MAX {
            return Ok(());
        }
        if !somebody_is_there() {
            return Err(failed(Exit::Refused, text.much_to_undo(messages)));
        }
        write!(std::io::stderr(), "{}", text.ask_much(messages))?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        match answer.trim() {
            "yes" | "sim" => Ok(()),
            _ => Err(failed(Exit::Refused, text.nothing_undone())),
        }
    }
}

/// Whose mail it is about.
struct Whose {
    /// The name of the account; none: it is a user here.
    name: Option<String>,
    /// The user here.
    local: String,
    is_mirrored: bool,
}

impl Whose {
    async fn of(context: &Context, named: Option<&str>) -> Result<Whose> {
        let companion = read(&context.folder()?)?;
        let account = |account: &sync::companion::ProviderAccount| Whose {
            name: Some(account.name.to_string()),
            local: account.local.clone(),
            is_mirrored: account.place(Service::Imap).is_some(),
        };
        let user = |local: String| Whose { name: None, local, is_mirrored: false };
        match (named, companion.accounts.as_slice()) {
            (None, [only]) => Ok(account(only)),
            (None, []) => match local_users(context).await?.as_slice() {
                [only] => Ok(user(only.clone())),
                _ => Err(failed(Exit::NeedsPerson, language().say_whose_changes())),
            },
            (None, _) => Err(failed(Exit::NeedsPerson, language().say_whose_changes())),
            (Some(named), _) => match companion.account(named) {
                Ok(found) => Ok(account(found)),
                Err(_) if named.contains('@') => Ok(user(named.to_owned())),
                Err(fault) => Err(failed(Exit::NeedsPerson, fault.to_string())),
            },
        }
    }

    async fn ask(&self, context: &Context, task: UserTask) -> Result<Answer> {
        let task = Task::User { address: self.local.clone(), task };
        let answer = context.ask(task, Missing::Refuse).await;
        answer.map_err(|error| failed(Exit::Storage, format!("{error:#}")))
    }

    async fn changes(&self, context: &Context, most: usize) -> Result<Vec<UndoableRow>> {
        let answer = self.ask(context, UserTask::Undoable { most }).await?;
        let Answer::Undoable(rows) = answer else { return Ok(Vec::new()) };
        Ok(rows)
    }

    /// Undoes changes, the last first.
    async fn undo(&self, context: &Context, chosen: &[&UndoableRow]) -> Result<DoneRow> {
        let mut done = DoneRow::default();
        for row in chosen {
            let answer = self.ask(context, UserTask::Undo { change: row.change }).await?;
            if let Answer::Undone(undone) = answer {
                done.take(row, undone);
            }
        }
        Ok(done)
    }

    /// The receipt of an archive that deleted something at the provider after a change.
    fn archived_since(
        &self,
        context: &Context,
        change: Option<&UndoableRow>,
    ) -> Result<Option<String>> {
        let Some(name) = &self.name else { return Ok(None) };
        let (runs, _) = read_all(&context.folder()?.runs())?;
        let last = runs.into_iter().find(|run| {
            let deleted = run.summary.as_ref().and_then(|it| it.get("deleted")?.as_u64());
            run.verb == "archive"
                && run.account.as_ref() == Some(name)
                && deleted.is_some_and(|it| it > 0)
        });
        let last = last.filter(|run| change.is_none_or(|change| run.begun > change.time));
        Ok(last.and_then(|run| Some(run.summary?.get("receipt")?.as_str()?.to_owned())))
    }
}

/// What `--json` prints.
#[derive(Default, Serialize)]
pub(crate) struct DoneRow {
    pub(crate) changes: Vec<u64>,
    pub(crate) messages: u64,
    pub(crate) left: u64,
    pub(crate) mailboxes_made: Vec<String>,
}

impl DoneRow {
    fn take(&mut self, row: &UndoableRow, undone: UndoneRow) {
        self.changes.push(row.change);
        self.messages = self.messages.saturating_add(undone.messages);
        self.left = self.left.saturating_add(undone.left);
        let made = undone.into.into_iter().filter(|it| it.made).map(|it| it.mailbox);
        self.mailboxes_made.extend(made);
    }
}

/// The last thing that can be undone: what the same one did within a minute. What an undo did itself is undone by its number only,
/// so that doing it again goes on to what was before.
fn last(rows: &[UndoableRow]) -> Vec<&UndoableRow> {
    let can = |row: &&UndoableRow| row.can_be_undone > 0 && row.by.door != "admin";
    let mut found: Vec<&UndoableRow> = Vec::new();
    for row in rows.iter().filter(can) {
        let belongs = found.last().is_none_or(|later| {
            let same = (&later.by.door, &later.by.device, &later.by.address, &later.by.user)
                == (&row.by.door, &row.by.device, &row.by.address, &row.by.user);
            let times = machine::time_of(&later.time).zip(machine::time_of(&row.time));
            same && times.is_some_and(|(later, row)| later.0.saturating_sub(row.0) <= TOGETHER_S)
        });
        if !belongs {
            break;
        }
        found.push(row);
    }
    found
}

fn list(context: &Context, rows: &[UndoableRow], text: Text) -> Result<()> {
    if context.json {
        return json(&rows);
    }
    if rows.is_empty() {
        return line(text.nothing_happened());
    }
    let [number, time, who, what, can] = text.undo_titles();
    let undoable = |row: &UndoableRow| match (row.can_be_undone, row.did) {
        (0, _) => text.of("no", "não").to_owned(),
        (_, Did::RenamedMailbox) => text.of("yes", "sim").to_owned(),
        (count, _) => text.messages(count),
    };
    table(
        rows,
        &[
            (number, &|row: &UndoableRow| row.change.to_string()),
            (time, &|row| row.time.get(..16).unwrap_or(&row.time).replacen('T', " ", 1)),
            (who, &|row| text.who(&row.by)),
            (what, &|row| text.change(row)),
            (can, &undoable),
        ],
    )
}

#[cfg(test)]
mod tests {
    use admin::answer::WhoRow;

    use super::*;

    fn row(change: u64, door: &str, second: u32, can: u64) -> UndoableRow {
        UndoableRow {
            change,
            time: format!("2026-12-01T10:00:{second:02}Z"),
            by: WhoRow { door: door.to_owned(), ..WhoRow::default() },
            did: Did::Deleted,
            mailbox: None,
            from: None,
            messages: 1,
            can_be_undone: can,
        }
    }

    #[test]
    fn what_the_same_one_did_within_a_minute_is_undone_together() {
        let rows = [
            row(9, "admin", 50, 1),
            row(8, "imap", 40, 0),
            row(7, "companion", 30, 1),
            row(6, "companion", 5, 1),
            row(5, "imap", 4, 1),
            row(4, "companion", 3, 1),
        ];
        let changes = |rows: &[UndoableRow]| -> Vec<u64> {
            last(rows).iter().map(|row| row.change).collect()
        };
        assert_eq!(changes(&rows), [7, 6]);
        assert_eq!(changes(&rows[4..]), [5]);
        assert!(changes(&rows[..2]).is_empty());
    }
}
