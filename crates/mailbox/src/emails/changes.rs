//! What changed since a state, told from the log (RFC 8620, 5.2; ADR 23).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use super::{EmailStates, Emails};
use crate::account::Account;
use crate::limits::{CHANGES_STEP_LINES, VIEW_LINES_MAX};
use crate::operations::{Change, Counts, Visible, What};
use crate::{EmailId, Fault, Mailbox, MailboxId, MailboxName, ModSeq, ThreadId, UidSet};

/// What changed from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed<I> {
    /// The state up to which this tells.
    pub to: ModSeq,
    /// Whether there is more behind it.
    pub has_more: bool,
    /// What is there, and was not. All ascending.
    pub created: Vec<I>,
    /// What was and is there.
    pub updated: Vec<I>,
    /// What was there, and is not.
    pub destroyed: Vec<I>,
}

/// Whether nothing but counts of the mailboxes that were updated changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the type says it")]
pub enum OnlyCounts {
    Yes,
    No,
}

impl<I> Changed<I> {
    fn none(to: ModSeq) -> Changed<I> {
        let (created, updated, destroyed) = (Vec::new(), Vec::new(), Vec::new());
        Changed { to, has_more: false, created, updated, destroyed }
    }

    /// Sorts something under what became of it.
    fn note(&mut self, id: I, before: bool, after: bool) {
        match (before, after) {
            (false, true) => self.created.push(id),
            (true, true) => self.updated.push(id),
            (true, false) => self.destroyed.push(id),
            (false, false) => {}
        }
    }
}

/// How many of the entries of an email became visible and went: in the lines that are told, and in those behind them.
#[derive(Clone, Copy, Debug, Default)]
struct Net {
    told: i64,
    behind: i64,
}

/// What the lines since a state say of emails.
struct Touched {
    emails: BTreeMap<EmailId, Net>,
    /// Those of the lines that are told.
    told: BTreeSet<EmailId>,
    to: ModSeq,
    has_more: bool,
}

/// Emails before and after the lines that are told.
struct Became {
    before: bool,
    after: bool,
}

impl Touched {
    /// Whether an email was and is visible.
    fn became(&self, now: &Emails, email: EmailId) -> Became {
        let net = self.emails.get(&email).copied().unwrap_or_default();
        let places = i64::try_from(now.places(email).len()).unwrap_or(i64::MAX);
        let after = places.saturating_sub(net.behind);
        Became { before: after.saturating_sub(net.told) > 0, after: after > 0 }
    }
}

impl Account {
    /// The emails that changed since a state. `most`: of how many it may tell at once; then it ends with the state of some line in
    /// between. None: it cannot be said.
    pub fn email_changes(
        &self,
        now: &Emails,
        since: ModSeq,
        most: Option<u64>,
    ) -> Result<Option<Changed<EmailId>>, Fault> {
        let Some(touched) = self.touched(now, since, most)? else { return Ok(None) };
        let mut changed = Changed::none(touched.to);
        changed.has_more = touched.has_more;
        for email in &touched.told {
            let Became { before, after } = touched.became(now, *email);
            changed.note(*email, before, after);
        }
        Ok(Some(changed))
    }

    /// The threads of which emails came or went since a state, in the same way.
    pub fn thread_changes(
        &self,
        now: &Emails,
        since: ModSeq,
        most: Option<u64>,
    ) -> Result<Option<Changed<ThreadId>>, Fault> {
        let Some(touched) = self.touched(now, since, most)? else { return Ok(None) };
        let mut by_thread: HashMap<ThreadId, BTreeSet<EmailId>> = HashMap::new();
        let mut gone = Vec::new();
        for email in touched.emails.keys() {
            match now.thread_of(*email) {
                Some(thread) => drop(by_thread.entry(thread).or_default().insert(*email)),
                None => gone.push(*email),
            }
        }
        for (email, known) in gone.iter().zip(self.reader()?.emails(&gone)?) {
            let Became { before, after } = touched.became(now, *email);
            match known? {
                Some(known) => drop(by_thread.entry(known.thread).or_default().insert(*email)),
                // It was dropped for good, and its thread is forgotten.
                None if before || after => return Ok(None),
                None => {}
            }
        }
        let to = if touched.has_more { touched.to } else { now.states.thread };
        let mut changed = Changed::none(to);
        changed.has_more = touched.has_more;
        for (thread, mut members) in by_thread {
            let turned = |email: &EmailId| {
                let Became { before, after } = touched.became(now, *email);
                before != after && touched.told.contains(email)
            };
            if !members.iter().any(turned) {
                continue;
            }
            members.extend(now.members(thread).iter());
            let any = |of: fn(Became) -> bool| {
                members.iter().any(|email| of(touched.became(now, *email)))
            };
            changed.note(thread, any(|became| became.before), any(|became| became.after));
        }
        for ids in [&mut changed.created, &mut changed.updated, &mut changed.destroyed] {
            ids.sort_unstable();
        }
        Ok(Some(changed))
    }

    /// The mailboxes that changed since a state, in the same way, and whether only counts did. None also where more than `most` changed
    /// at once.
    pub fn mailbox_changes(
        &self,
        now: &Emails,
        since: ModSeq,
        most: Option<u64>,
    ) -> Result<Option<(Changed<MailboxId>, OnlyCounts)>, Fault> {
        let mut news: BTreeMap<MailboxId, Structure> = BTreeMap::new();
        let whole = self.each_line(now, since, |line| {
            for (mailbox, kind) in structure(&line.what, now) {
                let at = line.modseq;
                let known = news.entry(mailbox).or_insert(Structure { at, kind, last: at });
                // That can be before it is made itself.
                if (known.kind, kind) == (Kind::Beside, Kind::Made) {
                    (known.at, known.kind) = (at, kind);
                }
                known.last = at;
            }
            ControlFlow::Continue(())
        })?;
        if whole.is_none() {
            return Ok(None);
        }
        let mut by_state: BTreeSet<(ModSeq, MailboxId)> =
            news.iter().map(|(mailbox, news)| (news.at, *mailbox)).collect();
        for (mailbox, at) in &now.counted_at {
            if *at > since && !news.contains_key(mailbox) {
                by_state.insert((*at, *mailbox));
            }
        }
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let Some((told, to)) = cut(&by_state, most) else { return Ok(None) };
        let to = to.unwrap_or(now.states.mailbox);
        let mut changed = Changed::none(to);
        changed.has_more = told < by_state.len();
        let mut only = OnlyCounts::Yes;
        for (_, mailbox) in by_state.iter().take(told) {
            let news = news.get(mailbox);
            // One that is not there any more went with its last line.
            let after = now.mailboxes.iter().any(|it| it.id == *mailbox)
                || news.is_some_and(|news| news.last > to);
            let before = news.is_none_or(|news| news.kind != Kind::Made);
            changed.note(*mailbox, before, after);
            if news.is_some() {
                only = OnlyCounts::No;
            }
        }
        Ok(Some((changed, only)))
    }

    /// Reads the lines since a state, up to a view, in their order. None: not all of them are there, or one does not say what became of
    /// what is visible, so that nobody can tell what changed.
    fn each_line(
        &self,
        now: &Emails,
        since: ModSeq,
        mut visit: impl FnMut(&Change) -> ControlFlow<()>,
    ) -> Result<Option<()>, Fault> {
        // A state to come is none that was ever given.
        if since > now.modseq || since < self.log_floor() {
            return Ok(None);
        }
        let mut at = since;
        while at < now.modseq {
            let lines = self.changes_since(at, CHANGES_STEP_LINES)?;
            if lines.is_empty() {
                return Ok(None);
            }
            for line in lines.iter().take_while(|line| line.modseq <= now.modseq) {
                // Each change writes one line; where one is missing, the account was mended.
                let follows = at.0.checked_add(1) == Some(line.modseq.0);
                if !follows || line.visible.is_none() {
                    return Ok(None);
                }
                at = line.modseq;
                if visit(line).is_break() {
                    return Ok(Some(()));
                }
            }
        }
        Ok(Some(()))
    }

    fn touched(
        &self,
        now: &Emails,
        since: ModSeq,
        most: Option<u64>,
    ) -> Result<Option<Touched>, Fault> {
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let mut touched = Touched {
            emails: BTreeMap::new(),
            told: BTreeSet::new(),
            to: now.states.email,
            has_more: false,
        };
        let mut last = since;
        let mut is_too_much = false;
        let whole = self.each_line(now, since, |line| {
            let emails = emails_of(line, now);
            if !touched.has_more {
                let more = emails.keys().filter(|email| !touched.told.contains(email)).count();
                if touched.told.len().saturating_add(more) > most {
                    touched.has_more = true;
                    touched.to = last;
                    is_too_much = touched.told.is_empty();
                }
            }
            if is_too_much {
                return ControlFlow::Break(());
            }
            for (email, change) in emails {
                let net = touched.emails.entry(email).or_default();
                if touched.has_more {
                    net.behind = net.behind.saturating_add(change);
                } else {
                    touched.told.insert(email);
                    net.told = net.told.saturating_add(change);
                }
            }
            last = line.modseq;
            ControlFlow::Continue(())
        })?;
        // RFC 8620, 5.2: where no state in between has few enough, it cannot be told in parts.
        Ok(whole.filter(|()| !is_too_much).map(|()| touched))
    }

    /// When each type last changed, up to a state.
    pub(super) fn states_after(&self, before: &Emails, to: ModSeq) -> Result<EmailStates, Fault> {
        let look_back = u64::try_from(VIEW_LINES_MAX).unwrap_or(u64::MAX);
        let oldest = ModSeq(to.0.saturating_sub(look_back)).max(self.log_floor());
        let from = before.modseq.max(oldest);
        let mut states = before.states;
        if from > before.modseq {
            // Of what lies before nobody asks any more: each may have changed last of it.
            states = EmailStates { email: from, delivery: from, thread: from, mailbox: from };
        }
        let lines = self.changes_since(from, VIEW_LINES_MAX)?;
        let mut at = from;
        for line in lines.iter().take_while(|line| line.modseq <= to) {
            if at.0.checked_add(1) != Some(line.modseq.0) {
                break;
            }
            at = line.modseq;
            note_states(&mut states, line);
        }
        if at < to {
            states = EmailStates { email: to, delivery: to, thread: to, mailbox: to };
        }
        Ok(states)
    }
}

/// Notes what a line changed.
fn note_states(states: &mut EmailStates, line: &Change) {
    let Some(visible) = &line.visible else {
        let at = line.modseq;
        *states = EmailStates { email: at, delivery: at, thread: at, mailbox: at };
        return;
    };
    let turned = !visible.came.is_empty() || !visible.went.is_empty();
    if is_of_emails(line) {
        states.email = line.modseq;
    }
    if turned {
        states.thread = line.modseq;
    }
    if matches!(line.what, What::Added { .. }) && !visible.came.is_empty() {
        states.delivery = line.modseq;
    }
    if visible.counts == Counts::Changed || is_structure(&line.what) {
        states.mailbox = line.modseq;
    }
}

/// Whether a line may have changed an email that is visible.
pub(crate) fn is_of_emails(line: &Change) -> bool {
    let visible = line.visible.as_ref();
    if visible.is_none_or(|visible| !visible.came.is_empty() || !visible.went.is_empty()) {
        return true;
    }
    touched_in_place(&line.what).is_some()
}

/// The entries of which a line changed something else than whether they are visible, and where they are now.
fn touched_in_place(what: &What) -> Option<(MailboxId, &UidSet)> {
    match what {
        What::Flagged { mailbox, uids } | What::Moved { mailbox, uids, .. } => {
            Some((*mailbox, uids))
        }
        What::Added { .. }
        | What::Copied { .. }
        | What::Expunged { .. }
        | What::BroughtBack { .. }
        | What::Created { .. }
        | What::Renamed { .. }
        | What::Deleted { .. }
        | What::Subscribed { .. }
        | What::Annotated { .. }
        | What::QuotaSet
        | What::Contacts(_) => None,
    }
}

/// Whether a line is about mailboxes themselves.
fn is_structure(what: &What) -> bool {
    match what {
        What::Created { .. }
        | What::Renamed { .. }
        | What::Deleted { .. }
        | What::Subscribed { .. } => true,
        What::Added { .. }
        | What::Moved { .. }
        | What::Copied { .. }
        | What::Flagged { .. }
        | What::Expunged { .. }
        | What::BroughtBack { .. }
        | What::Annotated { .. }
        | What::QuotaSet
        | What::Contacts(_) => false,
    }
}

/// What the log says of a mailbox beside its mail.
struct Structure {
    /// When it first changed, and how.
    at: ModSeq,
    kind: Kind,
    /// When it last did.
    last: ModSeq,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Made,
    /// Something beside it changed: its name was subscribed to, or there is another mailbox or name above it.
    Beside,
    Other,
}

/// The mailboxes that a line changed beside their mail.
fn structure(what: &What, now: &Emails) -> Vec<(MailboxId, Kind)> {
    let named = |name: &MailboxName| {
        now.mailboxes.iter().find(|mailbox: &&Mailbox| mailbox.name == *name).map(|it| it.id)
    };
    match what {
        What::Created { mailbox, .. } => {
            // Where it took the place of a name without a mailbox, those below it have another parent.
            std::iter::once((*mailbox, Kind::Made)).chain(below(now, *mailbox)).collect()
        }
        // Subscriptions are by name, and those below it have other names too.
        What::Renamed { mailbox, .. } => {
            std::iter::once((*mailbox, Kind::Other)).chain(below(now, *mailbox)).collect()
        }
        What::Deleted { mailbox, .. } => vec![(*mailbox, Kind::Other)],
        What::Subscribed { name } => {
            named(name).map(|mailbox| (mailbox, Kind::Beside)).into_iter().collect()
        }
        What::Added { .. }
        | What::Copied { .. }
        | What::Moved { .. }
        | What::Flagged { .. }
        | What::Expunged { .. }
        | What::BroughtBack { .. }
        | What::Annotated { .. }
        | What::QuotaSet
        | What::Contacts(_) => Vec::new(),
    }
}

/// The mailboxes below one.
fn below(now: &Emails, mailbox: MailboxId) -> impl Iterator<Item = (MailboxId, Kind)> {
    let above = now.mailboxes.iter().find(|it| it.id == mailbox);
    let is_below = move |it: &&Mailbox| above.is_some_and(|above| it.name.is_below(&above.name));
    now.mailboxes.iter().filter(is_below).map(|it| (it.id, Kind::Beside))
}

/// How many of these may be told at once, and up to which state. None: not even those of the first state.
fn cut(by_state: &BTreeSet<(ModSeq, MailboxId)>, most: usize) -> Option<(usize, Option<ModSeq>)> {
    if by_state.len() <= most {
        return Some((by_state.len(), None));
    }
    let too_many = by_state.iter().nth(most).map(|(at, _)| *at)?;
    let told = by_state.iter().take_while(|(at, _)| *at < too_many).count();
    let to = by_state.iter().nth(told.checked_sub(1)?).map(|(at, _)| *at)?;
    Some((told, Some(to)))
}

/// The emails that a line changed, each with how many of its entries became visible or went.
fn emails_of(line: &Change, now: &Emails) -> BTreeMap<EmailId, i64> {
    let mut emails: BTreeMap<EmailId, i64> = BTreeMap::new();
    if let Some(Visible { came, went, .. }) = &line.visible {
        for (runs, change) in [(came, 1i64), (went, -1)] {
            for email in runs.iter() {
                let net = emails.entry(email).or_default();
                *net = net.saturating_add(change);
            }
        }
    }
    // Where an entry is not there any more, a later line tells what became of its email.
    if let Some((mailbox, uids)) = touched_in_place(&line.what)
        && let Some(state) = now.state(mailbox)
    {
        for entry in state.entries.of(uids) {
            emails.entry(entry.email).or_default();
        }
    }
    emails
}
