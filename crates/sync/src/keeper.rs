//! Takes what a POP3 server has into the account here, and remembers where it was.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use mailbox::{Place, Placed, PlacementName, PlacementNote, PlacementState, There, Timestamp};
use mailbox::{Placement, Taken};
use pop3::client::Durable;
use pop3::client::pull::{
    Arrival, Extent, HeaderHeld, Held, Here, Identity, Keeper, KeeperFault, Known, Passed, Print,
    Whole,
};
use tokio::time::Instant;

use crate::folders::LocalFolders;
use crate::headers::{HeaderComing, Replaced, is_header, name_of_header, replace, short_name};
use crate::limits::{MISSING_S, SETTLE_MS};
use crate::local::{Arrived, LocalMail};

/// Takes what a POP3 server has into the account here.
pub struct MailKeeper<L> {
    local: L,
    now: Timestamp,
    /// Whether a message was begun and neither ended nor abandoned.
    is_open: bool,
    notes: Vec<PlacementNote>,
    /// Since when something waits to be made durable.
    waits_since: Option<Instant>,
    /// What was asked about, and how it is known again.
    asked: HashSet<u64>,
    hashing: RandomState,
    appended: u64,
    headers: Headers,
}

/// What is done with messages of which only the header is here.
#[derive(Default)]
struct Headers {
    /// What the account is called, for what is said in such a message.
    account: String,
    /// The short names of those whose body is wanted, as far as they were not met.
    bodies: HashSet<String>,
    /// Whether there are any; none: nobody has looked.
    are_there: Option<bool>,
    /// Those that are here, by the names of their messages.
    held: HashSet<PlacementName>,
    /// Of which the whole is here, or is about to be.
    replaced: Vec<PlacementName>,
    /// One on its way in.
    coming: Option<HeaderComing>,
}

/// A message on its way in. Only one is at a time.
pub struct OnItsWay(());

impl<L: LocalMail> MailKeeper<L> {
    /// Keeps mail in an account; `now` is the time.
    pub fn new(local: L, now: Timestamp) -> MailKeeper<L> {
        MailKeeper {
            local,
            now,
            is_open: false,
            notes: Vec::new(),
            waits_since: None,
            asked: HashSet::new(),
            hashing: RandomState::new(),
            appended: 0,
            headers: Headers::default(),
        }
    }

    /// Says for which account headers are taken, by its name here.
    #[must_use]
    pub fn of_account(mut self, account: &str) -> MailKeeper<L> {
        account.clone_into(&mut self.headers.account);
        self
    }

    /// Says of which messages the body is wanted, by their short names.
    #[must_use]
    pub fn with_bodies(mut self, bodies: &[String]) -> MailKeeper<L> {
        self.headers.bodies = bodies.iter().cloned().collect();
        self
    }

    /// The short names that no message has.
    pub fn bodies_not_met(&self) -> Vec<String> {
        let mut left: Vec<String> = self.headers.bodies.iter().cloned().collect();
        left.sort();
        left
    }

    /// Gives the account back, and how many messages are new in it.
    pub fn into_local(self) -> (L, u64) {
        (self.local, self.appended)
    }

    fn note(&mut self, name: PlacementName, placement: Placement) {
        self.notes.push((name, Some(placement)));
        self.waits_since.get_or_insert_with(Instant::now);
    }

    async fn close(&mut self) -> Result<(), KeeperFault> {
        self.headers.coming = None;
        if std::mem::take(&mut self.is_open) {
            self.local.abandon().await?;
        }
        Ok(())
    }

    /// What is known of the headers of these messages.
    async fn headers_of(
        &mut self,
        names: &[PlacementName],
    ) -> Result<HashMap<PlacementName, Placed>, KeeperFault> {
        let are_there = match self.headers.are_there {
            Some(are_there) => are_there,
            // Their names come before all others.
            None => {
                let first = self.local.placements_after(None).await?;
                first.first().is_some_and(|(name, _)| is_header(name))
            }
        };
        self.headers.are_there = Some(are_there);
        if !are_there {
            return Ok(HashMap::new());
        }
        let both = names.iter().filter_map(|name| Some((name.clone(), name_of_header(name)?)));
        let (names, headers): (Vec<_>, Vec<_>) = both.unzip();
        let placed = self.local.placements(&headers).await?;
        let known = names.into_iter().zip(placed);
        Ok(known.filter_map(|(name, placed)| Some((name, placed?))).collect())
    }

    /// What is known of a message, where its header may be here, or its body be wanted.
    fn known_with(&mut self, name: &PlacementName, known: Known, header: Option<&Placed>) -> Known {
        let is_met = self.headers.bodies.remove(&short_name(name));
        if header.is_some() {
            self.headers.held.insert(name.clone());
        }
        match known {
            Known::Held(held) => {
                if header.is_some() {
                    self.headers.replaced.push(name.clone());
                }
                Known::Held(held)
            }
            _ if is_met => Known::Wanted,
            Known::Passed(passed) if header.is_some() => {
                Known::Passed(Passed { header: HeaderHeld::Yes, ..passed })
            }
            known @ (Known::New | Known::Wanted | Known::Passed(_)) => known,
        }
    }

    /// Keeps what came of a header, and notes that the message itself is not here.
    async fn finish_header(
        &mut self,
        name: PlacementName,
        whole: &Whole,
    ) -> Result<(), KeeperFault> {
        let coming = self.headers.coming.take().unwrap_or_default();
        let header_name = name_of_header(&name).ok_or("the name of a message is too long")?;
        let octets = whole.listed_octets;
        let message = coming.message(&self.headers.account, &short_name(&name), octets);
        self.local.write(&message).await?;
        let Whole { header: Print(header), date, .. } = *whole;
        let arrived =
            Arrived { name: header_name, listed_octets: None, header, date, target: None };
        self.local.end(arrived).await?;
        let before = self.local.placements(std::slice::from_ref(&name)).await?;
        let before = before.into_iter().next().flatten().map(|placed| placed.placement.state);
        let octets_min = match before {
            Some(PlacementState::Passed { octets_min, .. }) => octets_min,
            _ => None,
        };
        let state = PlacementState::Passed { octets_min, date };
        let placement =
            Placement { since: self.now, listed_octets: None, missing_since: None, state };
        self.note(name, placement);
        Ok(())
    }

    /// What has come has waited for long enough: a slow line does not keep it from being safe.
    async fn commit_in_time(&mut self) -> Result<(), KeeperFault> {
        let since = *self.waits_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= Duration::from_millis(SETTLE_MS) {
            self.commit().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), KeeperFault> {
        if self.waits_since.take().is_some() {
            let notes = std::mem::take(&mut self.notes);
            let appended = self.local.commit(notes).await?;
            self.appended = self.appended.saturating_add(appended);
        }
        Ok(())
    }

    async fn placed(
        &mut self,
        identities: &[Identity],
    ) -> Result<Vec<(PlacementName, Option<Placed>)>, KeeperFault> {
        let names = identities.iter().map(name_of).collect::<Result<Vec<_>, _>>()?;
        let placed = self.local.placements(&names).await?;
        if placed.len() != names.len() {
            return Err("the account answered for other messages than asked".into());
        }
        Ok(names.into_iter().zip(placed).collect())
    }

    /// Notes of messages that were taken what is being done with them there.
    async fn are(&mut self, names: &[PlacementName], there: There) -> Result<(), KeeperFault> {
        let placed = self.local.placements(names).await?;
        for (name, placed) in names.iter().zip(placed) {
            let Some(Placed { mut placement, .. }) = placed else { continue };
            if let PlacementState::Taken(taken) = &mut placement.state {
                taken.there = there;
                placement.missing_since = (there == There::Gone).then_some(self.now);
                self.note(name.clone(), placement);
            }
        }
        self.commit().await
    }
}

impl<L: LocalFolders> MailKeeper<L> {
    /// Takes away the headers of messages that are here whole now. What was not made durable stays as it was.
    pub(crate) async fn replace_headers(&mut self) -> Result<(), KeeperFault> {
        let names = std::mem::take(&mut self.headers.replaced);
        if names.is_empty() {
            return Ok(());
        }
        let headers = self.headers_of(&names).await?;
        let (mut pairs, mut notes) = (Vec::new(), Vec::new());
        for (name, whole) in names.iter().zip(self.local.placements(&names).await?) {
            let of = |placed: &Placed| placed.placement.state.message().map(|it| it.email.0);
            let whole = whole.as_ref().and_then(of);
            let header = headers.get(name).and_then(of);
            let (Some(whole), Some(header)) = (whole, header) else { continue };
            pairs.push(Replaced { header, whole });
            notes.extend(name_of_header(name).map(|name| (name, None)));
        }
        replace(&mut self.local, &pairs).await?;
        if !notes.is_empty() {
            self.local.commit(notes).await?;
        }
        Ok(())
    }
}

impl<L: LocalMail> Keeper for MailKeeper<L> {
    type Incoming = OnItsWay;

    async fn known(&mut self, identities: &[Identity]) -> Result<Vec<Known>, KeeperFault> {
        let mut known = Vec::with_capacity(identities.len());
        let all = self.placed(identities).await?;
        let names: Vec<_> = all.iter().map(|(name, _)| name.clone()).collect();
        let headers = self.headers_of(&names).await?;
        for (name, placed) in all {
            self.asked.insert(self.hashing.hash_one(&name));
            let header = headers.get(&name);
            self.asked.extend(name_of_header(&name).map(|name| self.hashing.hash_one(&name)));
            let Some(placed) = placed else {
                known.push(self.known_with(&name, Known::New, header));
                continue;
            };
            let is_gone = is_gone(&placed.placement);
            known.push(self.known_with(&name, known_of(&placed), header));
            if !is_gone && placed.placement.missing_since.is_some() {
                self.note(name, Placement { missing_since: None, ..placed.placement });
            }
        }
        Ok(known)
    }

    async fn asked_about_all(&mut self) -> Result<(), KeeperFault> {
        let mut after = None;
        loop {
            let some = self.local.placements_after(after.as_ref()).await?;
            let Some((last, _)) = some.last() else { break };
            after = Some(last.clone());
            for (name, placement) in some {
                if self.asked.contains(&self.hashing.hash_one(&name)) {
                    continue;
                }
                match placement.missing_since {
                    None => {
                        let missing_since = Some(self.now);
                        self.note(name, Placement { missing_since, ..placement });
                    }
                    Some(since) if self.now.0.saturating_sub(since.0) > MISSING_S => {
                        self.notes.push((name, None));
                        self.waits_since.get_or_insert_with(Instant::now);
                    }
                    Some(_) => {}
                }
            }
            self.commit().await?;
        }
        Ok(())
    }

    async fn begin(&mut self, arrival: &Arrival) -> Result<OnItsWay, KeeperFault> {
        self.close().await?;
        self.local.begin().await?;
        self.is_open = true;
        let is_header = arrival.extent == Extent::Header;
        self.headers.coming = is_header.then(HeaderComing::default);
        Ok(OnItsWay(()))
    }

    async fn write(&mut self, _: &mut OnItsWay, octets: &[u8]) -> Result<(), KeeperFault> {
        if let Some(coming) = &mut self.headers.coming {
            coming.take(octets);
            return Ok(());
        }
        Ok(self.local.write(octets).await?)
    }

    async fn finish(
        &mut self,
        _: OnItsWay,
        identity: &Identity,
        whole: Whole,
    ) -> Result<(), KeeperFault> {
        let name = name_of(identity)?;
        self.is_open = false;
        if whole.extent == Extent::Header {
            self.finish_header(name, &whole).await?;
            return self.commit_in_time().await;
        }
        let Whole { listed_octets, header: Print(header), date, .. } = whole;
        if self.headers.held.contains(&name) {
            self.headers.replaced.push(name.clone());
        }
        let target = None;
        self.local.end(Arrived { name, listed_octets, header, date, target }).await?;
        self.commit_in_time().await
    }

    async fn settle(&mut self) -> Result<Durable, KeeperFault> {
        self.close().await?;
        self.commit().await?;
        Ok(Durable::vouched())
    }

    async fn pass(&mut self, identity: &Identity, passed: Passed) -> Result<(), KeeperFault> {
        let state = PlacementState::Passed { octets_min: passed.octets_min, date: passed.date };
        let placement =
            Placement { since: self.now, listed_octets: None, missing_since: None, state };
        self.note(name_of(identity)?, placement);
        Ok(())
    }

    async fn resized(&mut self, identity: &Identity, octets: u64) -> Result<(), KeeperFault> {
        let name = name_of(identity)?;
        let placed = self.local.placements(std::slice::from_ref(&name)).await?;
        let Some(Some(Placed { mut placement, .. })) = placed.into_iter().next() else {
            return Ok(());
        };
        placement.listed_octets = Some(octets);
        placement.missing_since = None;
        if let PlacementState::Taken(taken) = &mut placement.state {
            taken.there = There::Stays;
        }
        self.note(name, placement);
        Ok(())
    }

    async fn leaving(
        &mut self,
        identities: &[Identity],
    ) -> Result<Vec<Option<Durable>>, KeeperFault> {
        let names = identities.iter().map(name_of).collect::<Result<Vec<_>, _>>()?;
        let whole = self.local.whole(&names).await?;
        if whole.len() != names.len() {
            return Err("the account answered for other messages than asked".into());
        }
        let safe = names.iter().zip(&whole).filter(|(_, whole)| **whole);
        let safe: Vec<_> = safe.map(|(name, _)| name.clone()).collect();
        self.are(&safe, There::Leaving).await?;
        Ok(whole.into_iter().map(|whole| whole.then(Durable::vouched)).collect())
    }

    async fn gone(&mut self, identities: &[Identity]) -> Result<(), KeeperFault> {
        let names = identities.iter().map(name_of).collect::<Result<Vec<_>, _>>()?;
        self.are(&names, There::Gone).await
    }
}

fn name_of(identity: &Identity) -> Result<PlacementName, KeeperFault> {
    PlacementName::new(&identity.key()).ok_or_else(|| "the name of a message is too long".into())
}

fn is_gone(placement: &Placement) -> bool {
    matches!(placement.state, PlacementState::Taken(Taken { there: There::Gone, .. }))
}

fn known_of(placed: &Placed) -> Known {
    match &placed.placement.state {
        // No maildrop has such.
        PlacementState::Mirrored(_) | PlacementState::Noted(_) => Known::New,
        PlacementState::Passed { octets_min, date } => {
            let (octets_min, date) = (*octets_min, *date);
            Known::Passed(Passed { octets_min, date, header: HeaderHeld::No })
        }
        PlacementState::Taken(taken) => Known::Held(Held {
            since: placed.placement.since,
            // The server has said that this one is gone. If it is listed all the same, it may be another message under
            // the same id: no size is right, so its header is compared.
            listed_octets: match taken.there {
                There::Gone => Some(u64::MAX),
                There::Stays | There::Leaving => placed.placement.listed_octets,
            },
            header: Print(taken.header),
            here: match placed.place {
                Place::Here => Here::Kept,
                Place::Deleted => Here::Deleted,
            },
            durable: Durable::vouched(),
        }),
    }
}
