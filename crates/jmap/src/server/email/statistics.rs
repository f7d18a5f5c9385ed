//! Email/statistics: what takes how much room, without reading a message (`docs/jmap/space.md`).

mod content;
mod extremes;
mod tally;

use std::collections::HashMap;
use std::sync::Arc;

use mailbox::{EmailId, Emails, Entry, Flags};
use message::Outline;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::content::{Kind, sender_of};
use self::extremes::Extremes;
use self::tally::{Counted, Groups, Row as Counts, Tally};
use super::query::condition::{Condition, condition};
use super::query::find::Patience;
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{STATISTICS_ROWS, STATISTICS_ROWS_MAX, STATISTICS_SENDERS_MAX};
use crate::mail::{Bodies, utc_date};
use crate::run::Row;
use crate::server::capabilities::Capability;
use crate::server::{Context, ids, own};
use crate::standard::{Filter, take_filter};

pub(super) const ROW: Row<Context> =
    Row { name: "Email/statistics", capability: own::SPACE, run: |call| Box::pin(run(call)) };

pub(in crate::server) const DESCRIBED: Capability =
    Capability { name: own::SPACE, of_session: || json!({}), of_account };

fn of_account(_: &Context) -> Value {
    json!({"maxStatisticsRows": STATISTICS_ROWS_MAX})
}

/// How many emails are looked at before others get their turn.
const STEP_EMAILS: usize = 256;

/// By what emails are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum By {
    Mailbox,
    Sender,
    Year,
    Kind,
    Attachment,
}

/// What is asked.
struct Asked {
    account: Id,
    filter: Option<Filter<Condition>>,
    by: Vec<By>,
    rows: usize,
    largest: usize,
    oldest: usize,
}

impl Asked {
    fn take(mut arguments: Arguments) -> Result<Asked, MethodError> {
        let account = arguments.required("accountId")?;
        let filter = take_filter(&mut arguments, condition)?;
        let by: Vec<By> = arguments.optional("by")?.unwrap_or_default();
        let mut rows = |name: &str, usual: usize| {
            let rows: usize = arguments.or(name, usual)?;
            if rows > STATISTICS_ROWS_MAX {
                return Err(invalid(name, &format!("more than {STATISTICS_ROWS_MAX}")));
            }
            Ok(rows)
        };
        let (limit, largest) = (rows("limit", STATISTICS_ROWS)?, rows("largest", 0)?);
        let oldest = rows("oldest", 0)?;
        arguments.end()?;
        Ok(Asked { account, filter, by, rows: limit, largest, oldest })
    }

    /// Whether records have to be read.
    fn asks_records(&self) -> bool {
        let asks = |by: &By| matches!(by, By::Sender | By::Kind | By::Attachment);
        self.by.iter().any(asks)
    }

    fn wants(&self, by: By) -> bool {
        self.by.contains(&by)
    }
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let asked = Asked::take(Arguments::of(call.arguments()))?;
    let context = &*call.context;
    let emails = context.emails(&asked.account).await?;
    let found = context.find(&emails, asked.filter.as_ref()).await?;
    let counting = context.count(&asked, &emails, &found).await?;
    let used = used(&emails);
    let mut answer = Map::new();
    let mut say = |name: &str, value: Value| drop(answer.insert(name.to_owned(), value));
    say("accountId", json!(asked.account));
    say("state", emails.states().email.to_string().into());
    say("total", counting.total.object().into());
    say("used", json!({"places": used.places, "octets": used.octets}));
    // Where all are counted, the rest of what the quota counts is what no program shows.
    if asked.filter.is_none() {
        let places = used.places.saturating_sub(counting.total.places);
        let octets = used.octets.saturating_sub(counting.total.octets);
        say("hidden", json!({"places": places, "octets": octets}));
    }
    for by in &asked.by {
        let (name, rows) = match by {
            By::Mailbox => ("byMailbox", counting.mailboxes.rows(asked.rows, "mailboxId")),
            By::Sender => ("bySender", context.senders(&counting.senders, asked.rows)?),
            By::Year => ("byYear", counting.years.rows(asked.rows, "year")),
            By::Kind => ("byKind", counting.kinds.rows(asked.rows, "kind")),
            By::Attachment => {
                ("byAttachment", counting.attachments.rows(asked.rows, "hasAttachment"))
            }
        };
        say(name, rows);
    }
    say("largest", id_list(counting.largest));
    say("oldest", id_list(counting.oldest));
    Ok(answer)
}

fn id_list(emails: Extremes) -> Value {
    json!(emails.into_list().into_iter().map(ids::email).collect::<Vec<Id>>())
}

/// What the quota counts: every place of every email.
fn used(emails: &Emails) -> Counts {
    let mut used = Counts::default();
    for mailbox in emails.mailboxes().iter() {
        used.places = used.places.saturating_add(mailbox.messages);
        used.octets = used.octets.saturating_add(mailbox.octets.0);
    }
    used
}

/// What was counted.
struct Counting {
    total: Counts,
    mailboxes: Tally<mailbox::MailboxId>,
    senders: Tally<Arc<str>>,
    years: Tally<i64>,
    kinds: Tally<Kind>,
    attachments: Tally<bool>,
    largest: Extremes,
    oldest: Extremes,
    /// By the day since 1970-01-01.
    year_of: HashMap<i64, i64>,
}

impl Context {
    async fn count(
        &self,
        asked: &Asked,
        emails: &Emails,
        found: &[u32],
    ) -> Result<Counting, MethodError> {
        if asked.asks_records() && found.len() > crate::limits::QUICK_EMAILS_MAX {
            lane::slow(Some(self.account.turns())).await;
        }
        let mut counting = Counting {
            total: Counts::default(),
            mailboxes: Tally::default(),
            senders: Tally::bounded(STATISTICS_SENDERS_MAX),
            years: Tally::default(),
            kinds: Tally::default(),
            attachments: Tally::default(),
            largest: Extremes::most(asked.largest),
            oldest: Extremes::most(asked.oldest),
            year_of: HashMap::new(),
        };
        let patience = Patience::begin();
        for some in found.chunks(STEP_EMAILS) {
            let entry = |index: &u32| emails.all().entries.get(usize::try_from(*index).ok()?);
            let entries: Vec<Entry> = some.iter().filter_map(entry).collect();
            let known = |entry: &Entry| entry.arrived.time().is_some();
            // Of mail that came long ago only its record says when that was.
            let all_known =
                entries.iter().all(known) || !asked.wants(By::Year) && asked.oldest == 0;
            let records = if asked.asks_records() || !all_known {
                let ids: Vec<EmailId> = entries.iter().map(|entry| entry.email).collect();
                let records = self.account.reader().and_then(|reader| reader.emails(&ids));
                records.map_err(|fault| self.failed(&fault))?
            } else {
                Vec::new()
            };
            let mut records = records.into_iter();
            for entry in &entries {
                let record = records.next().and_then(Result::ok).flatten();
                counting.email(asked, emails, entry, record.as_ref());
            }
            lane::breathe(Some(self.account.turns())).await;
            patience.check()?;
        }
        Ok(counting)
    }

    /// Senders with their names, which their last emails say.
    fn senders(&self, senders: &Tally<Arc<str>>, rows: usize) -> Result<Value, MethodError> {
        let Groups { list, others } = senders.groups(rows);
        let last: Vec<EmailId> = list.iter().map(|(_, row)| row.last).collect();
        let records = self.account.reader().and_then(|reader| reader.emails(&last));
        let records = records.map_err(|fault| self.failed(&fault))?;
        let named = list.into_iter().zip(records).map(|((address, row), record)| {
            let record = record.ok().flatten();
            let outline = record.as_ref().and_then(|it| Outline::decode(&it.outline));
            let name = outline.and_then(|outline| sender_of(&outline).1);
            let mut object = row.object();
            let address = Some(&*address).filter(|it| !it.is_empty());
            object.insert("email".to_owned(), json!(address));
            object.insert("name".to_owned(), json!(name));
            object
        });
        Ok(json!({"list": named.collect::<Vec<_>>(), "others": others.object()}))
    }
}

impl Counting {
    fn email(
        &mut self,
        asked: &Asked,
        emails: &Emails,
        entry: &Entry,
        record: Option<&mailbox::operations::Email>,
    ) {
        let (email, octets) = (entry.email, u64::from(entry.octets));
        let places = emails.places(email);
        let is_unread = !entry.flags.contains(Flags::SEEN);
        let count = u64::try_from(places.len()).unwrap_or(u64::MAX);
        let counted = Counted { email, octets, places: count, is_unread };
        self.total.add(&counted);
        self.largest.offer(octets, email);
        let arrived = entry.arrived.time().or_else(|| record.map(|it| it.internal_date));
        if let Some(arrived) = arrived {
            self.oldest.offer(u64::MAX.saturating_sub(content::ordered(arrived.time.0)), email);
        }
        if asked.wants(By::Mailbox) {
            // Two entries in one mailbox follow each other.
            for of_mailbox in places.chunk_by(|one, other| one.0 == other.0) {
                let Some((mailbox, _)) = of_mailbox.first() else { continue };
                let places = u64::try_from(of_mailbox.len()).unwrap_or(u64::MAX);
                self.mailboxes.add(*mailbox, &Counted { places, ..counted });
            }
        }
        if asked.wants(By::Year) {
            let year = arrived.map_or(0, |arrived| self.year(arrived.time.0));
            self.years.add(year, &counted);
        }
        if !asked.asks_records() {
            return;
        }
        let outline = record.and_then(|record| Outline::decode(&record.outline));
        if asked.wants(By::Sender) {
            let address = outline.as_ref().map(|it| sender_of(it).0).unwrap_or_default();
            self.senders.add(address.into(), &counted);
        }
        if asked.wants(By::Kind) || asked.wants(By::Attachment) {
            let kind = outline
                .as_ref()
                .map_or(Kind::None, |outline| Kind::of(outline, &Bodies::of(outline)));
            if asked.wants(By::Kind) {
                self.kinds.add(kind, &counted);
            }
            if asked.wants(By::Attachment) {
                self.attachments.add(kind != Kind::None, &counted);
            }
        }
    }

    /// The year in UTC; looked up once for each day.
    fn year(&mut self, unix_s: i64) -> i64 {
        let day = unix_s.div_euclid(24 * 3600);
        *self.year_of.entry(day).or_insert_with(|| {
            let date = utc_date(unix_s).unwrap_or_default();
            // Before the year 0 there is a sign.
            let digits = date.rsplit_once("-").and_then(|(front, _)| front.rsplit_once('-'));
            digits.and_then(|(year, _)| year.parse().ok()).unwrap_or(0)
        })
    }
}
