//! A view is made of the one before it: what is different in the mailboxes tells which emails to look at. The first is made of
//! nothing in the same way.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::counts::{Tally, trash_of};
use super::table::Table;
use super::{EmailStates, Emails, Places, Slot, is_visible};
use crate::account::Account;
use crate::hot::each;
use crate::limits::{
    READ_QUICKLY_MAX, SORT_SINGLE_EMAILS_MAX, SORT_STEP_ENTRIES, VIEW_MOMENTS_MAX,
};
use crate::records::{damaged, read_email};
use crate::{
    Difference, EmailId, Entries, Entry, Error, Flags, Keyword, Mailbox, MailboxId, MailboxKind,
    MailboxState, ModSeq, Refused, ThreadId, Uid, UidValidity, layout,
};

/// About how much memory what is different takes while it is worked through, for each entry.
const DIFFERING_OCTETS: usize = 48;
/// Where more threads than this are to be found, all of the account are read at once.
const THREADS_ONE_BY_ONE_MAX: usize = SORT_SINGLE_EMAILS_MAX;

/// The mailboxes of an account at one moment.
struct Moment {
    modseq: ModSeq,
    mailboxes: Arc<[Mailbox]>,
    held: BTreeMap<MailboxId, Arc<MailboxState>>,
}

/// An entry that came, went or got other flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Differing {
    email: EmailId,
    place: (MailboxId, Uid),
    /// Whether it is there now, and visible.
    visible: bool,
}

impl Account {
    /// All visible emails, as they are now. The first time since the account was opened its mailboxes are read in; from then on only
    /// what changed is looked at. `Refused::NoMemory` where an account is too large to be held in memory.
    pub async fn emails(&self) -> Result<Arc<Emails>, Error> {
        let shared = self.shared();
        let mut kept = shared.emails.lock().await;
        let present = shared.hot().head.modseq;
        if let Some(view) = kept.as_ref().filter(|view| view.modseq == present) {
            return Ok(Arc::clone(view));
        }
        let moment = self.moment().await?;
        // What is in the trash alone counts there alone: with another trash all counts are others.
        let trash = trash_of(&moment.mailboxes);
        let before = kept.clone().filter(|view| trash_of(&view.mailboxes) == trash);
        let view = match before {
            Some(before) => self.after(&before, moment).await?,
            None => {
                let nothing = self.nothing();
                self.after(&nothing, moment).await?
            }
        };
        let view = Arc::new(view);
        *kept = Some(Arc::clone(&view));
        Ok(view)
    }

    /// A view of an account without mail.
    fn nothing(&self) -> Emails {
        let meter = &self.shared().meter;
        let all = MailboxState {
            id: MailboxId(0),
            entries: Entries::counted(meter, []),
            keywords: Arc::default(),
            uid_validity: UidValidity(1),
            uid_next: Uid::MAX,
            highest_modseq: ModSeq(0),
        };
        Emails {
            modseq: ModSeq(0),
            mailboxes: Arc::default(),
            held: BTreeMap::new(),
            all: Arc::new(all),
            slots: Table::default(),
            threads: Table::default(),
            counts: BTreeMap::new(),
            counted_at: BTreeMap::new(),
            states: EmailStates::default(),
            sets: std::sync::Mutex::default(),
            orders: std::sync::Mutex::default(),
            _counted: meter.count(0),
        }
    }

    /// All mailboxes as they are at one moment, read in where need be.
    async fn moment(&self) -> Result<Moment, Error> {
        let shared = self.shared();
        // Held, so that none goes out of memory while another is read in.
        let mut read = Vec::new();
        for _ in 0..VIEW_MOMENTS_MAX {
            let missing = {
                let now = shared.ports.next_use();
                let mut hot = shared.hot();
                let (modseq, mailboxes) = (hot.head.modseq, hot.listing());
                let (mut held, mut missing) = (BTreeMap::new(), Vec::new());
                let selectable = |mailbox: &&Mailbox| mailbox.kind == MailboxKind::Selectable;
                for mailbox in mailboxes.iter().filter(selectable) {
                    match hot.state(mailbox.id, now) {
                        Some(state) => drop(held.insert(mailbox.id, state)),
                        None => missing.push((mailbox.id, mailbox.messages)),
                    }
                }
                if missing.is_empty() {
                    return Ok(Moment { modseq, mailboxes, held });
                }
                missing
            };
            if missing.iter().any(|(_, messages)| *messages > READ_QUICKLY_MAX) {
                lane::slow(Some(self.turns())).await;
            }
            for (id, _) in missing {
                match shared.state(id) {
                    Ok(state) => read.push(state),
                    // It went meanwhile, or became a name only.
                    Err(Error::Refused(Refused::NoSuchMailbox | Refused::NotSelectable)) => {}
                    Err(error) => return Err(error),
                }
                lane::breathe(Some(self.turns())).await;
            }
        }
        Err(Refused::NoMemory.into())
    }

    /// The view after another.
    async fn after(&self, before: &Emails, moment: Moment) -> Result<Emails, Error> {
        let shared = self.shared();
        let differing = self.differing(before, &moment).await;
        if differing.len() > SORT_STEP_ENTRIES {
            lane::slow(Some(self.turns())).await;
        }
        let _space = shared.set_octets_aside(differing.len().saturating_mul(DIFFERING_OCTETS))?;
        let threads = self.threads_of(before, &differing).await?;
        let states = self.states_after(before, moment.modseq)?;
        let mut making = Making {
            slots: before.slots.clone(),
            threads: before.threads.clone(),
            keywords: before.all.keywords.to_vec(),
            translated: HashMap::new(),
            entries: before.all.entries.clone(),
            set: Vec::new(),
            removed: Vec::new(),
        };
        let mut touched = Vec::new();
        let mut at = 0usize;
        for group in differing.chunk_by(|one, other| one.email == other.email) {
            making.place(before, &moment, group, &threads);
            touched.extend(group.first().map(|differing| differing.email));
            at = at.wrapping_add(1);
            if at.is_multiple_of(SORT_STEP_ENTRIES) {
                making.put_in();
                lane::breathe(Some(self.turns())).await;
            }
        }
        making.put_in();
        let all = MailboxState {
            entries: making.entries,
            keywords: making.keywords.into(),
            highest_modseq: moment.modseq,
            ..MailboxState::clone(&before.all)
        };
        let (slots, threads) = (making.slots, making.threads);
        let octets = slots.octets().saturating_add(threads.octets());
        let mut view = Emails {
            modseq: moment.modseq,
            mailboxes: moment.mailboxes,
            held: moment.held,
            all: Arc::new(all),
            slots,
            threads,
            counts: BTreeMap::new(),
            counted_at: BTreeMap::new(),
            states,
            sets: std::sync::Mutex::default(),
            orders: std::sync::Mutex::default(),
            _counted: shared.meter.count(octets),
        };
        self.count(before, &mut view, &touched).await;
        Ok(view)
    }

    /// Counts what the mailboxes show now.
    async fn count(&self, before: &Emails, view: &mut Emails, touched: &[EmailId]) {
        let mut tally = Tally::of(before, trash_of(&view.mailboxes));
        let mut threads = Vec::with_capacity(touched.len());
        for emails in touched.chunks(SORT_STEP_ENTRIES) {
            for email in emails {
                tally.email(before, view, *email);
                let thread = |emails: &Emails| emails.thread_of(*email);
                threads.extend(thread(before).into_iter().chain(thread(view)));
            }
            lane::breathe(Some(self.turns())).await;
        }
        threads.sort_unstable();
        threads.dedup();
        for some in threads.chunks(SORT_STEP_ENTRIES) {
            some.iter().for_each(|thread| tally.thread(before, view, *thread));
            lane::breathe(Some(self.turns())).await;
        }
        view.counts = tally.counts();
        view.counts.retain(|mailbox, _| view.held.contains_key(mailbox));
        let counts = |emails: &Emails, mailbox| emails.counts.get(mailbox).copied();
        let mut counted_at = BTreeMap::new();
        for mailbox in view.held.keys() {
            let same = counts(before, mailbox).unwrap_or_default()
                == counts(view, mailbox).unwrap_or_default();
            let known = before.counted_at.get(mailbox).copied();
            // Of the first view nobody knows since when it counts so.
            let at = known.filter(|_| same).unwrap_or(view.states.mailbox);
            counted_at.insert(*mailbox, at);
        }
        view.counted_at = counted_at;
    }

    /// What is different in the mailboxes, by email.
    async fn differing(&self, before: &Emails, moment: &Moment) -> Vec<Differing> {
        let nothing = Entries::default();
        let mut differing = Vec::new();
        let mut mailboxes: Vec<MailboxId> =
            before.held.keys().chain(moment.held.keys()).copied().collect();
        mailboxes.sort_unstable();
        mailboxes.dedup();
        for id in mailboxes {
            let (old, new) = (before.held.get(&id), moment.held.get(&id));
            let same = old.zip(new).is_some_and(|(old, new)| Arc::ptr_eq(old, new));
            if same {
                continue;
            }
            let entries = |state: Option<&'_ Arc<MailboxState>>| {
                state.map_or_else(|| nothing.clone(), |state| state.entries.clone())
            };
            for difference in entries(old).differences(&entries(new)) {
                let (entry, visible) = match difference {
                    Difference::Removed(_, entry) => (entry, false),
                    Difference::Added(_, entry) | Difference::Changed(_, entry) => {
                        (entry, is_visible(&entry))
                    }
                };
                // Beyond four thousand million emails an account shows those before; nobody comes near.
                if Emails::uid_of(entry.email).is_some() {
                    let place = (id, entry.uid);
                    differing.push(Differing { email: entry.email, place, visible });
                }
            }
            lane::breathe(Some(self.turns())).await;
        }
        differing.sort_unstable();
        differing
    }

    /// The threads of emails that were not visible before.
    async fn threads_of(
        &self,
        before: &Emails,
        differing: &[Differing],
    ) -> Result<HashMap<EmailId, ThreadId>, Error> {
        let is_new = |it: &&Differing| it.visible && before.thread_of(it.email).is_none();
        let mut emails: Vec<EmailId> =
            differing.iter().filter(is_new).map(|differing| differing.email).collect();
        emails.dedup();
        let snapshot = self.shared().snapshot()?;
        let mut threads = HashMap::with_capacity(emails.len());
        if emails.len() > THREADS_ONE_BY_ONE_MAX {
            let range = layout::all(self.id(), layout::Kind::Member);
            each(&*snapshot, &range, |key, _| {
                let (thread, rest) = layout::take64(layout::tail(key))?;
                let (email, _) = layout::take64(rest)?;
                if thread != email {
                    threads.insert(EmailId(email), ThreadId(thread));
                }
                Some(())
            })?;
            return Ok(threads);
        }
        let keys: Vec<Vec<u8>> =
            emails.iter().map(|email| layout::email(self.id(), *email)).collect();
        for ((email, key), value) in emails.iter().zip(&keys).zip(snapshot.values(&keys)?) {
            // One that was dropped for good meanwhile is gone in the next view.
            let Some(value) = value else { continue };
            let read = read_email(*email, &value).ok_or_else(|| damaged(key))?;
            threads.insert(*email, read.thread);
        }
        Ok(threads)
    }
}

/// A view that is being made.
struct Making {
    slots: Table<Slot>,
    threads: Table<Arc<[EmailId]>>,
    keywords: Vec<Keyword>,
    /// For each mailbox that was met, the flags in `all` of its keywords.
    translated: HashMap<MailboxId, Vec<Flags>>,
    /// The entries of `all`, and what is to be set and removed next.
    entries: Entries,
    set: Vec<Entry>,
    removed: Vec<Uid>,
}

impl Making {
    /// Carries over what was found so far.
    fn put_in(&mut self) {
        if !self.set.is_empty() || !self.removed.is_empty() {
            self.entries = self.entries.changed(&self.set, &self.removed);
            self.set.clear();
            self.removed.clear();
        }
    }

    /// Notes where an email is now.
    fn place(
        &mut self,
        before: &Emails,
        moment: &Moment,
        differing: &[Differing],
        threads: &HashMap<EmailId, ThreadId>,
    ) {
        let Some(email) = differing.first().map(|differing| differing.email) else { return };
        let Some(uid) = Emails::uid_of(email) else { return };
        let mut places = before.places(email).to_vec();
        for Differing { place, visible, .. } in differing {
            match (places.binary_search(place), visible) {
                (Ok(at), false) => drop(places.remove(at)),
                (Err(at), true) => places.insert(at, *place),
                (Ok(_), true) | (Err(_), false) => {}
            }
        }
        let known = before.thread_of(email);
        let Some(entry) = self.entry(moment, email, uid, &places) else {
            if let Some(thread) = known {
                self.slots.remove(email.0);
                self.removed.push(uid);
                self.leave(thread, email);
            }
            return;
        };
        self.set.push(entry);
        let thread = known.or_else(|| threads.get(&email).copied());
        let thread = thread.unwrap_or(ThreadId(email.0));
        let places = match places[..] {
            [place] => Places::One(place),
            _ => Places::More(Arc::new(places)),
        };
        self.slots.set(email.0, Slot { thread, places });
        if known.is_none() {
            self.join(thread, email);
        }
    }

    /// What stands for an email in `Emails::all`. None if it is visible nowhere.
    fn entry(
        &mut self,
        moment: &Moment,
        email: EmailId,
        uid: Uid,
        places: &[(MailboxId, Uid)],
    ) -> Option<Entry> {
        let mut made: Option<Entry> = None;
        for (mailbox, at) in places {
            let Some(state) = moment.held.get(mailbox) else { continue };
            let Some(entry) = state.entries.find(*at) else { continue };
            let flags = self.flags(state, entry.flags);
            made = Some(match made {
                None => Entry { uid, email, flags, ..entry },
                Some(made) => {
                    let seen = Flags(made.flags.0 & flags.0 & Flags::SEEN.0);
                    let flags = made.flags.with(flags).without(Flags::SEEN).with(seen);
                    Entry { flags, modseq: made.modseq.max(entry.modseq), ..made }
                }
            });
        }
        made
    }

    /// Flags of a mailbox in terms of `Emails::all`.
    fn flags(&mut self, state: &MailboxState, flags: Flags) -> Flags {
        let own = Flags(flags.0 & Flags::SYSTEM.with(Flags::INTERNAL).0);
        if own == flags {
            return own;
        }
        let keywords = &mut self.keywords;
        let translated = self.translated.entry(state.id).or_insert_with(|| {
            let flag = |keyword: &Keyword| {
                let known = keywords.iter().position(|known| known == keyword);
                let index = known.unwrap_or_else(|| {
                    if Flags::keyword(keywords.len()).is_some() {
                        keywords.push(keyword.clone());
                        keywords.len().saturating_sub(1)
                    } else {
                        usize::MAX
                    }
                });
                Flags::keyword(index).unwrap_or_default()
            };
            state.keywords.iter().map(flag).collect()
        });
        let keyword = |index: usize| translated.get(index).copied().unwrap_or_default();
        flags.keyword_indexes().map(keyword).fold(own, Flags::with)
    }

    /// The visible emails of a thread. A thread of one that has its number has no row: its only email tells.
    fn members(&self, thread: ThreadId) -> Vec<EmailId> {
        if let Some(members) = self.threads.get(thread.0) {
            return members.to_vec();
        }
        let lone = self.slots.get(thread.0).filter(|slot| slot.thread == thread);
        lone.map_or_else(Vec::new, |_| vec![EmailId(thread.0)])
    }

    fn join(&mut self, thread: ThreadId, email: EmailId) {
        let mut members = self.members(thread);
        if let Err(at) = members.binary_search(&email) {
            members.insert(at, email);
        }
        self.set_members(thread, members);
    }

    fn leave(&mut self, thread: ThreadId, email: EmailId) {
        let mut members = self.members(thread);
        members.retain(|member| *member != email);
        self.set_members(thread, members);
    }

    fn set_members(&mut self, thread: ThreadId, members: Vec<EmailId>) {
        match members[..] {
            [] => self.threads.remove(thread.0),
            [lone] if lone.0 == thread.0 => self.threads.remove(thread.0),
            _ => self.threads.set(thread.0, members.into()),
        }
    }
}
