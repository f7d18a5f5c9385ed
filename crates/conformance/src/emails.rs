//! A client that knows an account as JMAP shows it, and keeps up by asking what changed; and what it ought to know, worked out
//! without any of the means by which it is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mailbox::{
    Account, Changed, EmailCounts, EmailId, Emails, Flags, MailboxId, MailboxKind, ModSeq,
    OnlyCounts, Role, ThreadId, Uid, UidSet,
};

use super::Random;

/// What is shown of an email.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PlainEmail {
    places: Vec<(MailboxId, Uid)>,
    keywords: BTreeSet<String>,
    thread: ThreadId,
    arrived: i64,
}

/// All that is shown of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plain {
    emails: BTreeMap<EmailId, PlainEmail>,
    mailboxes: BTreeMap<MailboxId, (String, Option<Role>, bool, EmailCounts)>,
}

impl Plain {
    /// Works it out from what the mailboxes hold.
    fn of(account: &Account) -> Plain {
        let reader = account.reader().unwrap();
        let mut plain = Plain::default();
        let subscribed = account.subscriptions().unwrap();
        let listing = account.mailboxes().unwrap();
        for mailbox in listing.iter() {
            // Mailboxes above it may be renamed without it.
            let (above, level) = mailbox.name.split();
            let parent = above.and_then(|above| account.find(&above).unwrap());
            let about = (
                format!("{level} in {:?}", parent.map(|it| it.id)),
                mailbox.role,
                subscribed.contains(&mailbox.name),
                EmailCounts::default(),
            );
            plain.mailboxes.insert(mailbox.id, about);
            if mailbox.kind == MailboxKind::Container {
                continue;
            }
            let state = account.state(mailbox.id).unwrap();
            for entry in state.entries.iter().filter(|e| !e.flags.contains(Flags::DELETED)) {
                let seen = entry.flags.contains(Flags::SEEN);
                let known = plain.emails.entry(entry.email).or_insert_with(|| PlainEmail {
                    places: Vec::new(),
                    keywords: BTreeSet::from(["seen".to_owned()]),
                    thread: reader.email(entry.email).unwrap().unwrap().thread,
                    arrived: entry.arrived.time().unwrap().time.0,
                });
                known.places.push((mailbox.id, entry.uid));
                let names = [
                    (Flags::ANSWERED, "answered"),
                    (Flags::FLAGGED, "flagged"),
                    (Flags::DRAFT, "draft"),
                ];
                let has = names.iter().filter(|(flag, _)| entry.flags.contains(*flag));
                known.keywords.extend(has.map(|(_, name)| (*name).to_owned()));
                let keywords = state.keywords_of(entry.flags);
                known.keywords.extend(keywords.map(|it| it.as_str().to_ascii_lowercase()));
                if !seen {
                    known.keywords.remove("seen");
                }
            }
        }
        // Where it is unread in one place it is unread, whatever the places behind say.
        for (id, email) in &mut plain.emails {
            email.places.sort_unstable();
            let all_seen = email.places.iter().all(|(mailbox, uid)| {
                let entry = account.state(*mailbox).unwrap().entries.find(*uid).unwrap();
                assert_eq!(entry.email, *id);
                entry.flags.contains(Flags::SEEN)
            });
            if all_seen {
                email.keywords.insert("seen".to_owned());
            } else {
                email.keywords.remove("seen");
            }
        }
        plain.count();
        plain
    }

    /// RFC 8621, 2.
    fn count(&mut self) {
        let trash = self.mailboxes.iter().find(|(_, it)| it.1 == Some(Role::Trash));
        let trash = trash.map(|(id, _)| *id);
        let unread = |email: &PlainEmail| {
            !email.keywords.contains("seen") && !email.keywords.contains("draft")
        };
        let is_in = |email: &PlainEmail, mailbox| email.places.iter().any(|(it, _)| *it == mailbox);
        for (mailbox, (_, _, _, counts)) in &mut self.mailboxes {
            let here: Vec<_> = self.emails.values().filter(|it| is_in(it, *mailbox)).collect();
            let threads: BTreeSet<ThreadId> = here.iter().map(|email| email.thread).collect();
            let counts_here = |email: &PlainEmail| {
                if Some(*mailbox) == trash {
                    is_in(email, *mailbox)
                } else {
                    email.places.iter().any(|(it, _)| Some(*it) != trash)
                }
            };
            let unread_threads = threads.iter().filter(|thread| {
                let mut members = self.emails.values().filter(|email| email.thread == **thread);
                members.any(|email| unread(email) && counts_here(email))
            });
            *counts = EmailCounts {
                emails: here.len() as u64,
                unread_emails: here.iter().filter(|email| unread(email)).count() as u64,
                threads: threads.len() as u64,
                unread_threads: unread_threads.count() as u64,
            };
        }
    }

    fn threads(&self) -> BTreeMap<ThreadId, Vec<EmailId>> {
        let mut threads: BTreeMap<ThreadId, Vec<(i64, EmailId)>> = BTreeMap::new();
        for (id, email) in &self.emails {
            threads.entry(email.thread).or_default().push((email.arrived, *id));
        }
        let sorted = |mut members: Vec<(i64, EmailId)>| {
            members.sort_unstable();
            members.into_iter().map(|(_, id)| id).collect()
        };
        threads.into_iter().map(|(thread, members)| (thread, sorted(members))).collect()
    }

    /// Compares with what a view shows.
    fn is_shown_by(&self, view: &Emails) {
        assert_eq!(view.len(), self.emails.len(), "so many emails are not visible");
        assert_eq!(view.all().entries.len(), self.emails.len());
        for (id, email) in &self.emails {
            assert_eq!(view.places(*id), email.places, "email {id}");
            assert_eq!(view.thread_of(*id), Some(email.thread), "email {id}");
            let names = view.keywords(*id);
            let system = [
                (Flags::SEEN, "seen"),
                (Flags::ANSWERED, "answered"),
                (Flags::FLAGGED, "flagged"),
                (Flags::DRAFT, "draft"),
            ];
            let system = system.iter().filter(|(flag, _)| names.system.contains(*flag));
            let mut keywords: BTreeSet<String> =
                system.map(|(_, name)| (*name).to_owned()).collect();
            keywords.extend(names.keywords.iter().map(|it| it.as_str().to_ascii_lowercase()));
            assert_eq!(keywords, email.keywords, "email {id}");
            let entry = view.entry(*id).unwrap();
            assert_eq!(entry.email, *id);
            let system = names.system.0;
            assert_eq!(entry.flags.0 & Flags::SYSTEM.0, system, "email {id}");
            let shown: BTreeSet<String> = view
                .all()
                .keywords_of(entry.flags)
                .map(|keyword| keyword.as_str().to_ascii_lowercase())
                .collect();
            assert!(shown.is_subset(&keywords));
        }
        for (thread, members) in self.threads() {
            assert_eq!(view.thread(thread), members, "thread {thread}");
        }
        for (mailbox, (_, _, _, counts)) in &self.mailboxes {
            assert_eq!(view.counts(*mailbox), *counts, "mailbox {mailbox}");
            let here = self
                .emails
                .iter()
                .filter(|(_, email)| email.places.iter().any(|(place, _)| place == mailbox));
            let uids: UidSet = here.filter_map(|(id, _)| Emails::uid_of(*id)).collect();
            assert_eq!(*view.in_mailbox(*mailbox), uids, "mailbox {mailbox}");
        }
    }
}

/// What a client knows of one type.
#[derive(Clone, Debug)]
struct Known {
    states: [ModSeq; 3],
    plain: Arc<Plain>,
}

/// Clients that came at some time and look again now and then.
#[derive(Default)]
pub(crate) struct Clients {
    known: Vec<Known>,
}

/// How many clients there are.
const CLIENTS_MAX: usize = 6;

impl Clients {
    /// Compares what is shown with what there is, and has some client catch up.
    pub(crate) async fn look(&mut self, account: &Account, random: &mut Random) {
        let view = account.emails().await.unwrap();
        let plain = Arc::new(Plain::of(account));
        assert_eq!(view.modseq(), *account.bell().borrow());
        plain.is_shown_by(&view);
        let states = view.states();
        let states = [states.email, states.thread, states.mailbox];
        for known in &self.known {
            if known.states[0] == states[0] {
                assert_eq!(known.plain.emails, plain.emails, "emails changed, their state did not");
            }
            if known.states[1] == states[1] {
                assert_eq!(
                    known.plain.threads(),
                    plain.threads(),
                    "threads changed, not their state"
                );
            }
            if known.states[2] == states[2] {
                assert_eq!(known.plain.mailboxes, plain.mailboxes, "the state of mailboxes stayed");
            }
        }
        if !self.known.is_empty() {
            let at = random.below(self.known.len());
            let known = self.known[at].clone();
            let most = if random.once_in(2) { Some(1 + random.below(4) as u64) } else { None };
            catch_up(account, &view, &known, &plain, most);
            if random.once_in(3) {
                self.known.remove(at);
            }
        }
        if self.known.len() < CLIENTS_MAX {
            self.known.push(Known { states, plain });
        }
    }
}

fn catch_up(account: &Account, view: &Emails, known: &Known, plain: &Plain, most: Option<u64>) {
    let changed = |then: Option<&PlainEmail>, now: Option<&PlainEmail>| {
        let shown = |email: &PlainEmail| {
            let mailboxes: BTreeSet<MailboxId> = email.places.iter().map(|(it, _)| *it).collect();
            (mailboxes, email.keywords.clone())
        };
        then.map(shown) != now.map(shown)
    };
    let (then, now) = (&known.plain.emails, &plain.emails);
    let ids = |emails: &BTreeMap<EmailId, PlainEmail>| emails.keys().copied().collect();
    let must: BTreeSet<EmailId> = then
        .keys()
        .chain(now.keys())
        .filter(|id| changed(then.get(id), now.get(id)))
        .copied()
        .collect();
    let next = |since| account.email_changes(view, since, most).unwrap();
    follow(known.states[0], view.states().email, (ids(then), ids(now)), &must, most, next);

    let (then, now) = (known.plain.threads(), plain.threads());
    let must = then
        .keys()
        .chain(now.keys())
        .filter(|thread| then.get(thread) != now.get(thread))
        .copied()
        .collect();
    let ids = |threads: &BTreeMap<ThreadId, Vec<EmailId>>| threads.keys().copied().collect();
    let next = |since| account.thread_changes(view, since, most).unwrap();
    follow(known.states[1], view.states().thread, (ids(&then), ids(&now)), &must, most, next);

    let (then, now) = (&known.plain.mailboxes, &plain.mailboxes);
    let must =
        then.keys().chain(now.keys()).filter(|id| then.get(id) != now.get(id)).copied().collect();
    let mut structure = BTreeSet::new();
    let next = |since| {
        let (changed, only) = account.mailbox_changes(view, since, most).unwrap()?;
        if only == OnlyCounts::Yes {
            structure.extend(changed.updated.iter().copied());
        }
        Some(changed)
    };
    let ids = |it: &BTreeMap<MailboxId, _>| it.keys().copied().collect();
    let whole =
        follow(known.states[2], view.states().mailbox, (ids(then), ids(now)), &must, most, next);
    if whole && most.is_none() {
        for id in structure {
            let about = |plain: &BTreeMap<MailboxId, (String, Option<Role>, bool, EmailCounts)>| {
                plain.get(&id).map(|(name, role, subscribed, _)| (name.clone(), *role, *subscribed))
            };
            assert_eq!(about(then), about(now), "more than counts changed");
        }
    }
}

/// Asks what changed until nothing more did. What the client then knows of has to be what is there, and what changed has to have been
/// told. Gives whether it could be told.
fn follow<I: Copy + Ord + std::fmt::Debug>(
    since: ModSeq,
    present: ModSeq,
    (mut there, now): (BTreeSet<I>, BTreeSet<I>),
    must: &BTreeSet<I>,
    most: Option<u64>,
    mut next: impl FnMut(ModSeq) -> Option<Changed<I>>,
) -> bool {
    let mut at = since;
    let mut told = BTreeSet::new();
    loop {
        let Some(changed) = next(at) else { return false };
        let count = changed.created.len() + changed.updated.len() + changed.destroyed.len();
        assert!(most.is_none_or(|most| count as u64 <= most), "more was told than was asked for");
        for id in &changed.created {
            assert!(there.insert(*id), "{id:?} was there already");
        }
        for id in &changed.updated {
            assert!(there.contains(id), "{id:?} was not there");
        }
        for id in &changed.destroyed {
            assert!(there.remove(id), "{id:?} was not there");
        }
        told.extend(changed.created);
        told.extend(changed.updated);
        told.extend(changed.destroyed);
        if !changed.has_more {
            assert_eq!(changed.to, present);
            break;
        }
        assert!(changed.to > at, "it does not get on");
        at = changed.to;
    }
    assert_eq!(there, now, "since {since}");
    let missing: Vec<_> = must.difference(&told).collect();
    assert!(missing.is_empty(), "since {since} nobody told of {missing:?}");
    true
}
