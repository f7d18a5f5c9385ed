//! What is safe and since when: all that is known of the accounts at providers without a connection, for `status`.

mod advice;
mod words;

use admin::answer::{Status, UserRow};
use admin::keep::Folder;
use admin::{Answer, Client, Task};
use anyhow::Result;
use machine::seconds_text;
use mailbox::Timestamp;
use serde::Serialize;
use sync::Service;
use sync::companion::{Companion, ProviderAccount};
use sync::outbox::Waits;

pub(crate) use self::advice::{Advice, Urgency};
use crate::companion::now;
use crate::context::Context;
use crate::outbox::{has_outbox, outbox_of};
use crate::runs::{EVERYBODY, Forecast, Full, Last, Mark, Outcome, RunRow, Standing, read_all};
use crate::schedule::{Schedule, ScheduledRow};

/// What is known of a companion, as `correio status --json` prints it.
#[derive(Serialize)]
pub(crate) struct Overview {
    /// The accounts.
    pub(crate) accounts: Vec<AccountRow>,
    /// What is under way.
    pub(crate) running: Vec<RunningRow>,
    /// This computer.
    pub(crate) here: HereRow,
    /// What a person should do next, the most urgent first.
    pub(crate) next: Vec<Advice>,
    /// Whether any of that cannot wait.
    pub(crate) needs_person: bool,
}

/// An account at a provider.
#[derive(Serialize)]
pub(crate) struct AccountRow {
    /// Its name.
    pub(crate) name: String,
    /// Its address.
    pub(crate) address: String,
    /// The user here who has its mail.
    pub(crate) local: String,
    /// Whether it has an IMAP server, which is mirrored; else its mail is pulled.
    pub(crate) is_mirrored: bool,
    /// The last pull.
    pub(crate) pull: VerbRow,
    /// The last mirror.
    pub(crate) mirror: VerbRow,
    /// The last backup.
    pub(crate) backup: VerbRow,
    /// The last drill.
    pub(crate) drill: VerbRow,
    /// Messages here; none: not known.
    pub(crate) here: Option<CountRow>,
    /// Messages that are here and not at the provider, as of the last run that counted.
    pub(crate) only_here: Option<CountRow>,
    /// Messages that are at the provider and not here.
    pub(crate) only_there: Option<CountRow>,
    /// When the last two were counted.
    pub(crate) counted: Option<String>,
    /// How full the provider is; none: not known.
    pub(crate) provider: Option<ProviderRow>,
    /// What is in its outbox; none: that cannot be read.
    pub(crate) outbox: Option<OutboxRow>,
    /// What is done by itself, and how often.
    pub(crate) scheduled: Vec<ScheduledRow>,
}

/// Messages in an outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct OutboxRow {
    /// Those that wait to be sent, or for their copy in Sent.
    pub(crate) waiting: usize,
    /// Those that a person has to decide about.
    pub(crate) needs_person: usize,
}

/// Messages and their octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct CountRow {
    /// How many.
    pub(crate) messages: u64,
    /// Their octets; none: not known.
    pub(crate) octets: Option<u64>,
}

/// When a verb last went well, and whether it failed since.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct VerbRow {
    /// When it last went well (RFC 3339); none: never, as far as is known.
    pub(crate) good: Option<String>,
    /// Into or from where, of backups and drills.
    pub(crate) repository: Option<String>,
    /// The last failure since.
    pub(crate) failed: Option<FailedRow>,
}

/// A failure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FailedRow {
    /// When.
    pub(crate) at: String,
    /// The exit status; none: it did not end.
    pub(crate) exit: Option<u8>,
    /// Why.
    pub(crate) error: Option<String>,
    /// How often in a row.
    pub(crate) times: u32,
}

/// How full a provider is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ProviderRow {
    /// When it said so.
    pub(crate) at: String,
    /// Octets used.
    pub(crate) used_octets: u64,
    /// Octets that may be.
    pub(crate) quota_octets: u64,
    /// Hundredths used.
    pub(crate) percent: u64,
    /// When it is full at the pace that was seen: `now`, `at` (`full_at` says when), `not_soon` (not in ten years), `not_known`.
    pub(crate) full: &'static str,
    /// When.
    pub(crate) full_at: Option<String>,
}

/// What is under way.
#[derive(Serialize)]
pub(crate) struct RunningRow {
    /// The verb.
    pub(crate) verb: String,
    /// For whom.
    pub(crate) account: Option<String>,
    /// Since when.
    pub(crate) begun: String,
}

/// This computer.
#[derive(Serialize)]
pub(crate) struct HereRow {
    /// What the store takes on the disk.
    pub(crate) store_octets: u64,
    /// What is free there; none: not known.
    pub(crate) free_octets: Option<u64>,
    /// Whether another program has the store open, so that less is known.
    pub(crate) in_use: bool,
    /// What the store tells of trouble.
    pub(crate) trouble: Vec<String>,
}

/// What is asked of the store.
#[derive(Default)]
pub(crate) struct Asked {
    /// How it is; none: another program has it, or there is none.
    pub(crate) status: Option<Status>,
    /// Its users.
    pub(crate) users: Vec<UserRow>,
    /// Why it cannot be asked.
    trouble: Option<String>,
}

impl Asked {
    /// A store that does not open. What else is known is told all the same.
    pub(crate) fn failed(error: &anyhow::Error) -> Asked {
        Asked { trouble: Some(format!("{error:#}")), ..Asked::default() }
    }

    /// Asks a client, and lets go of it.
    pub(crate) async fn of(mut client: Client) -> Result<Asked> {
        let mut asked = Asked::default();
        if let Answer::Status(status) = client.ask(Task::Status, &mut |_| ()).await? {
            asked.status = Some(*status);
        }
        if let Answer::Users(users) = client.ask(Task::UserList, &mut |_| ()).await? {
            asked.users = users;
        }
        client.close().await?;
        Ok(asked)
    }
}

impl Overview {
    /// Puts together what is known.
    pub(crate) fn of(context: &Context, companion: &Companion, asked: &Asked) -> Result<Overview> {
        let folder = context.folder()?;
        let (runs, standing) = read_all(&folder.runs())?;
        // What cannot be read is told by `schedule`.
        let schedule = Schedule::read(&folder).unwrap_or_default();
        let account = |account| AccountRow {
            outbox: OutboxRow::of(context, account),
            ..AccountRow::of(account, &standing, (asked, &schedule))
        };
        let mut overview = Overview {
            accounts: companion.accounts.iter().map(account).collect(),
            running: running(&runs),
            here: HereRow::of(&folder, asked),
            next: Vec::new(),
            needs_person: false,
        };
        overview.next = advice::of(&overview, now());
        overview.needs_person = overview.next.iter().any(|it| it.urgency == Urgency::Now);
        Ok(overview)
    }
}

fn running(runs: &[RunRow]) -> Vec<RunningRow> {
    let under_way = runs.iter().filter(|row| row.outcome == Outcome::Running);
    let row = |row: &RunRow| RunningRow {
        verb: row.verb.clone(),
        account: row.account.clone(),
        begun: row.begun.clone(),
    };
    under_way.map(row).collect()
}

impl AccountRow {
    fn of(
        account: &ProviderAccount,
        standing: &Standing,
        (asked, schedule): (&Asked, &Schedule),
    ) -> AccountRow {
        let (name, local) = (account.name.as_str(), account.local.as_str());
        let figures = standing.figures.get(name);
        let user = asked.users.iter().find(|user| user.address == local);
        let here = user.map(|user| (user.messages, user.octets));
        let here = here.or(figures.map(|it| (it.here_messages, it.here_octets)));
        let count = |messages, octets| CountRow { messages, octets };
        let verb = |verb| VerbRow::of(&[standing.of(verb, name)]);
        let kept = |verb| VerbRow::of(&[standing.of(verb, local), standing.of(verb, EVERYBODY)]);
        AccountRow {
            name: name.to_owned(),
            address: account.address.clone(),
            local: local.to_owned(),
            is_mirrored: account.place(Service::Imap).is_some(),
            pull: verb("pull"),
            mirror: verb("mirror"),
            backup: kept("backup run").or_plain(asked),
            drill: kept("backup drill"),
            here: here.map(|(messages, octets)| count(messages, Some(octets))),
            only_here: figures.map(|it| count(it.only_here_messages, Some(it.only_here_octets))),
            only_there: figures
                .and_then(|it| Some(count(it.only_there_messages?, it.only_there_octets))),
            counted: figures.map(|it| it.at.clone()).filter(|at| !at.is_empty()),
            provider: standing.forecast(name).map(|it| ProviderRow::of(&it)),
            outbox: None,
            scheduled: schedule.of(name),
        }
    }
}

impl OutboxRow {
    fn of(context: &Context, account: &ProviderAccount) -> Option<OutboxRow> {
        if !has_outbox(context, account).ok()? {
            return Some(OutboxRow::default());
        }
        let list = outbox_of(context, account).ok()?.list().ok()?;
        let (mut waiting, mut needs_person) = (0usize, list.unreadable.len());
        for parcel in &list.parcels {
            let count = match parcel.state.waits() {
                Waits::ForServer(_) | Waits::ForCopy(_) => &mut waiting,
                Waits::ForPerson => &mut needs_person,
                Waits::ForNothing => continue,
            };
            *count = count.saturating_add(1);
        }
        Some(OutboxRow { waiting, needs_person })
    }
}

impl VerbRow {
    /// Of what is known for one account and, of backups, for all.
    fn of(known: &[Option<&Last>]) -> VerbRow {
        let all = || known.iter().flatten();
        let good = all().filter_map(|it| Some((it.good.as_ref()?, it.repository.clone())));
        let good = good.max_by(|(one, _), (other, _)| one.at.cmp(&other.at));
        let failed = all().filter_map(|it| it.failed.as_ref());
        let failed = failed.max_by(|one, other| one.at.cmp(&other.at));
        // A run that failed may have gone well for this account.
        let is_since = |it: &Mark| {
            good.as_ref().is_none_or(|(good, _)| it.at >= good.at && it.run != good.run)
        };
        VerbRow {
            failed: failed.filter(|it| is_since(it)).map(|it| FailedRow {
                at: it.at.clone(),
                exit: it.exit,
                error: it.error.clone(),
                times: it.times,
            }),
            repository: good.as_ref().and_then(|(_, repository)| repository.clone()),
            good: good.map(|(good, _)| good.at.clone()),
        }
    }

    /// The backup of the whole folder, where that is later.
    fn or_plain(self, asked: &Asked) -> VerbRow {
        let plain = asked.status.as_ref().and_then(|status| status.backup.as_ref());
        let Some(plain) = plain else { return self };
        let at = seconds_text(plain.ended_s);
        if self.good.as_ref().is_some_and(|good| *good >= at) {
            return self;
        }
        let failed = self.failed.filter(|failed| failed.at > at);
        VerbRow { good: Some(at), repository: plain.folder.clone(), failed }
    }

    /// How long ago it went well, in seconds.
    pub(crate) fn age_s(&self, now: Timestamp) -> Option<i64> {
        let at = machine::time_of(self.good.as_ref()?)?;
        Some(now.0.saturating_sub(at.0).max(0))
    }
}

impl ProviderRow {
    fn of(forecast: &Forecast) -> ProviderRow {
        let (full, at_s) = match forecast.full {
            Full::Now => ("now", None),
            Full::At(at_s) => ("at", Some(at_s)),
            Full::NotSoon => ("not_soon", None),
            Full::NotKnown => ("not_known", None),
        };
        ProviderRow {
            at: seconds_text(forecast.now.at_s),
            used_octets: forecast.now.used_octets,
            quota_octets: forecast.now.quota_octets,
            percent: forecast.percent(),
            full,
            full_at: at_s.map(seconds_text),
        }
    }
}

impl HereRow {
    fn of(folder: &Folder, asked: &Asked) -> HereRow {
        let store = asked.status.as_ref().map(|status| &status.store);
        let counted = || machine::files::octets_in(&folder.store()).unwrap_or(0);
        let free = store.and_then(|store| store.free_octets);
        let known = asked.status.iter().flat_map(|status| status.trouble.iter().cloned());
        HereRow {
            store_octets: store.map_or_else(counted, |store| store.octets),
            free_octets: free.or_else(|| machine::files::free_octets(&folder.0).ok()),
            in_use: asked.status.is_none() && asked.trouble.is_none() && folder.is_used(),
            trouble: known.chain(asked.trouble.clone()).collect(),
        }
    }
}
