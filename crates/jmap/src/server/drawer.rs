//! Small objects of one type that a user keeps with the host, such as identities: all of them in one note, with states
//! (RFC 8620, 5.2). Each change moves the state by one, so that there is a state between any two of them.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use mailbox::AccountId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Context;
use super::ports::{NoteKind, Notes, Written};
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::{GONE_MAX, NOTE_OCTETS_MAX};
use crate::standard::{Changes, ChangesAnswer};

/// The objects of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Drawer<T> {
    state: u64,
    /// Changes up to this state are not known any more.
    floor: u64,
    last: u64,
    objects: BTreeMap<u64, Kept<T>>,
    gone: VecDeque<Gone>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept<T> {
    created: u64,
    changed: u64,
    object: T,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Gone {
    number: u64,
    created: u64,
    gone: u64,
}

/// What a query has to look at anew.
pub(super) struct Touched {
    /// What changed or went.
    pub(super) removed: Vec<u64>,
    /// What came.
    pub(super) created: Vec<u64>,
}

impl<T> Default for Drawer<T> {
    fn default() -> Drawer<T> {
        Drawer { state: 0, floor: 0, last: 0, objects: BTreeMap::new(), gone: VecDeque::new() }
    }
}

impl<T> Drawer<T> {
    pub(super) fn state(&self) -> String {
        self.state.to_string()
    }

    pub(super) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.objects.get(&number).map(|kept| &kept.object)
    }

    /// All of them with their numbers, the oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.objects.iter().map(|(number, kept)| (*number, &kept.object))
    }

    /// Takes out all but these.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u64, &T) -> bool) {
        let others = self.iter().filter(|(number, object)| !keep(*number, object));
        let others: Vec<u64> = others.map(|(number, _)| number).collect();
        for number in others {
            self.remove(number);
        }
    }

    fn step(&mut self) -> u64 {
        self.state = self.state.saturating_add(1);
        self.state
    }

    /// Puts one in, and gives its number, which no other has or had.
    pub(super) fn insert(&mut self, object: T) -> u64 {
        let state = self.step();
        self.last = self.last.saturating_add(1);
        self.objects.insert(self.last, Kept { created: state, changed: state, object });
        self.last
    }

    /// Puts another in the place of one that is there.
    pub(super) fn replace(&mut self, number: u64, object: T) {
        let state = self.step();
        if let Some(kept) = self.objects.get_mut(&number) {
            (kept.changed, kept.object) = (state, object);
        }
    }

    /// Takes one out; gives it, if it was there.
    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        let Kept { created, object, .. } = self.objects.remove(&number)?;
        let gone = self.step();
        self.gone.push_back(Gone { number, created, gone });
        if self.gone.len() > GONE_MAX {
            self.floor = self.gone.pop_front().map_or(self.floor, |oldest| oldest.gone);
        }
        Some(object)
    }

    /// What changed since a state, up to so many objects.
    pub(super) fn changes(
        &self,
        asked: Changes,
        id: impl Fn(u64) -> Id,
    ) -> Result<ChangesAnswer, MethodError> {
        let since = self.known(&asked.since)?;
        // Of each object the last change counts, and each has a state of its own.
        let kept = self.objects.iter().map(|(number, it)| (it.changed, *number, it.created, true));
        let gone = self.gone.iter().map(|it| (it.gone, it.number, it.created, false));
        let mut changed: Vec<_> = kept.chain(gone).filter(|(at, ..)| *at > since).collect();
        // What came and went since then was never there.
        changed.retain(|(_, _, created, is_there)| *is_there || *created <= since);
        changed.sort_unstable();
        let most =
            asked.most.map_or(usize::MAX, |most| usize::try_from(most.get()).unwrap_or(usize::MAX));
        let has_more = changed.len() > most;
        changed.truncate(most);
        let last = changed.last().map(|(at, ..)| at.to_string());
        let mut answer = ChangesAnswer {
            account_id: asked.account,
            old_state: asked.since,
            new_state: last.filter(|_| has_more).unwrap_or_else(|| self.state()),
            has_more_changes: has_more,
            created: Vec::new(),
            updated: Vec::new(),
            destroyed: Vec::new(),
        };
        for (_, number, created, is_there) in changed {
            match (is_there, created > since) {
                (false, _) => answer.destroyed.push(id(number)),
                (true, true) => answer.created.push(id(number)),
                (true, false) => answer.updated.push(id(number)),
            }
        }
        Ok(answer)
    }

    /// The numbers of what changed or went since a state, and of what came.
    pub(super) fn touched(&self, since: &str) -> Result<Touched, MethodError> {
        let since = self.known(since)?;
        let changed = self.objects.iter().filter(|(_, it)| it.changed > since);
        let is_new = |it: &(&u64, &Kept<T>)| it.1.created > since;
        let (created, changed): (Vec<_>, Vec<_>) = changed.partition(is_new);
        let number = |(number, _): (&u64, &Kept<T>)| *number;
        let gone = self.gone.iter().filter(|it| it.gone > since && it.created <= since);
        Ok(Touched {
            removed: changed.into_iter().map(number).chain(gone.map(|it| it.number)).collect(),
            created: created.into_iter().map(number).collect(),
        })
    }

    fn known(&self, state: &str) -> Result<u64, MethodError> {
        let number: Option<u64> = state.parse().ok();
        let number = number.filter(|it| (self.floor..=self.state).contains(it));
        number.ok_or(MethodError::CannotCalculateChanges)
    }
}

/// Whether anything was forgotten to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgot {
    Some,
    Nothing,
}

/// A type of objects that is kept so.
pub(super) trait Object: Sized + Clone + PartialEq + Serialize + DeserializeOwned {
    /// The note that holds them.
    const NOTE: NoteKind;

    /// The state before anything was changed.
    const FIRST_STATE: u64 = 0;

    /// What is there before anything was changed.
    fn at_first(_: &Context, _: &mut Drawer<Self>) {}

    /// Forgets some where there are too many octets; no: there is nothing to forget.
    fn forget(_: &mut Drawer<Self>) -> Forgot {
        Forgot::Nothing
    }

    /// Brings what changes by itself up to now.
    fn catch_up(_: &Context, _: &mut Drawer<Self>) -> Result<(), MethodError> {
        Ok(())
    }
}

fn read<T: Object>(context: &Context) -> Result<(Option<Bytes>, Drawer<T>), MethodError> {
    let account = context.account.id();
    let note = context.ports.notes.read(account, T::NOTE).map_err(|it| context.failed(&it))?;
    let mut drawer = match &note {
        None => Drawer::default(),
        Some(note) => of_note(note).map_err(|fault| context.failed(&fault))?,
    };
    if note.is_none() {
        T::at_first(context, &mut drawer);
    }
    Ok((note, drawer))
}

/// The objects of a type that were ever put there, for those who have no request to answer.
pub(super) fn objects<T: Object>(
    notes: &dyn Notes,
    account: AccountId,
) -> Result<Vec<(u64, T)>, mailbox::Fault> {
    let Some(note) = notes.read(account, T::NOTE)? else { return Ok(Vec::new()) };
    let drawer: Drawer<T> = of_note(&note)?;
    Ok(drawer.objects.into_iter().map(|(number, kept)| (number, kept.object)).collect())
}

/// Takes out all objects of a type but these, durably, for those who have no request to answer.
pub(super) async fn retain<T: Object>(
    notes: &dyn Notes,
    account: AccountId,
    mut keep: impl FnMut(u64, &T) -> bool,
) -> Result<(), mailbox::Fault> {
    for _ in 0..TRIES_MAX {
        let Some(note) = notes.read(account, T::NOTE)? else { return Ok(()) };
        let mut drawer: Drawer<T> = of_note(&note)?;
        let before = drawer.state;
        drawer.retain(&mut keep);
        if drawer.state == before {
            return Ok(());
        }
        let after = serde_json::to_vec(&drawer)
            .map_err(|error| mailbox::Fault::caused("a note of a user cannot be written", error))?;
        match notes.write(account, T::NOTE, Some(note), after.into()).await? {
            Written::Yes => return Ok(()),
            Written::ChangedBefore => {}
        }
    }
    Err(mailbox::Fault::new("a note of a user is changed by others all the time"))
}

fn of_note<T: Object>(note: &[u8]) -> Result<Drawer<T>, mailbox::Fault> {
    serde_json::from_slice(note)
        .map_err(|error| mailbox::Fault::caused("a note of a user cannot be read", error))
}

/// The state of the objects of a type, for those who push it. What changes by itself has not changed until somebody looks.
pub(super) fn state_of<T: Object>(
    notes: &dyn Notes,
    account: AccountId,
) -> Result<u64, mailbox::Fault> {
    #[derive(Deserialize)]
    struct OnlyState {
        state: u64,
    }
    let Some(note) = notes.read(account, T::NOTE)? else { return Ok(T::FIRST_STATE) };
    if let Some(state) = first_state(&note) {
        return Ok(state);
    }
    let read = serde_json::from_slice(&note).map(|OnlyState { state }| state);
    read.map_err(|error| mailbox::Fault::caused("a note of a user cannot be read", error))
}

/// The state as it stands at the beginning of what we write, so that whoever listens need not have all of it read.
fn first_state(note: &[u8]) -> Option<u64> {
    let rest = note.strip_prefix(b"{\"state\":")?;
    let end = rest.iter().position(|octet| *octet == b',')?;
    str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

/// The objects of a type as they are now.
pub(super) async fn open<T: Object>(context: &Context) -> Result<Drawer<T>, MethodError> {
    edit(context, |_| Ok(())).await.map(|((), drawer)| drawer)
}

/// How often a change is tried when others are faster each time.
const TRIES_MAX: u32 = 32;

/// Changes objects, durably, and gives them as they are then. `change` is called again when somebody else was faster.
pub(super) async fn edit<T: Object, R>(
    context: &Context,
    mut change: impl FnMut(&mut Drawer<T>) -> Result<R, MethodError>,
) -> Result<(R, Drawer<T>), MethodError> {
    for _ in 0..TRIES_MAX {
        let (note, mut drawer) = read::<T>(context)?;
        let before = drawer.state;
        T::catch_up(context, &mut drawer)?;
        let done = change(&mut drawer)?;
        if drawer.state == before {
            return Ok((done, drawer));
        }
        let after = encoded(context, &mut drawer)?;
        let written = context.ports.notes.write(context.account.id(), T::NOTE, note, after).await;
        match written.map_err(|fault| context.failed(&fault))? {
            Written::Yes => {
                context.account.ring();
                return Ok((done, drawer));
            }
            Written::ChangedBefore => {}
        }
    }
    Err(MethodError::ServerUnavailable)
}

fn encoded<T: Object>(context: &Context, drawer: &mut Drawer<T>) -> Result<Bytes, MethodError> {
    loop {
        let octets = serde_json::to_vec(drawer).map_err(|error| {
            context.failed(&mailbox::Fault::caused("a note of a user cannot be written", error))
        })?;
        if octets.len() <= NOTE_OCTETS_MAX {
            return Ok(octets.into());
        }
        match T::forget(drawer) {
            Forgot::Some => {}
            Forgot::Nothing => {
                let description =
                    format!("all of them together have more than {NOTE_OCTETS_MAX} octets");
                return Err(MethodError::RequestTooLarge { description });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::Drawer;
    use crate::id::Id;
    use crate::limits::GONE_MAX;
    use crate::standard::Changes;

    fn changes(drawer: &Drawer<u8>, since: u64, most: Option<u64>) -> Option<String> {
        let account = Id::try_from("A1".to_owned()).unwrap();
        let most = most.and_then(NonZeroU64::new);
        let asked = Changes { account, since: since.to_string(), most };
        let id = |number: u64| Id::try_from(number.to_string()).unwrap();
        let answer = drawer.changes(asked, id).ok()?;
        let list = |ids: &[Id]| ids.iter().map(Id::as_str).collect::<Vec<_>>().join(",");
        Some(format!(
            "{} +{} ~{} -{}{}",
            answer.new_state,
            list(&answer.created),
            list(&answer.updated),
            list(&answer.destroyed),
            if answer.has_more_changes { " .." } else { "" },
        ))
    }

    #[test]
    fn changes_are_told_since_any_state_and_in_parts() {
        let mut drawer = Drawer::default();
        let (one, two, three) = (drawer.insert(1), drawer.insert(2), drawer.insert(3));
        drawer.replace(one, 9);
        drawer.remove(two);
        drawer.insert(4);
        assert_eq!(changes(&drawer, 0, None).unwrap(), "6 +3,1,4 ~ -");
        assert_eq!(changes(&drawer, 3, None).unwrap(), "6 +4 ~1 -2");
        assert_eq!(changes(&drawer, 3, Some(2)).unwrap(), "5 + ~1 -2 ..");
        assert_eq!(changes(&drawer, 5, Some(2)).unwrap(), "6 +4 ~ -");
        assert_eq!(changes(&drawer, 6, None).unwrap(), "6 + ~ -");
        assert_eq!(changes(&drawer, 7, None), None);
        assert_eq!(drawer.get(three), Some(&3));
        assert_eq!(drawer.remove(two), None);
    }

    #[test]
    fn what_went_is_forgotten_after_a_while() {
        let mut drawer = Drawer::default();
        for number in 0..=u8::MAX {
            let kept = drawer.insert(number);
            drawer.remove(kept);
        }
        for _ in 0..GONE_MAX {
            let kept = drawer.insert(0);
            drawer.remove(kept);
        }
        assert_eq!(changes(&drawer, 0, None), None);
        let state: u64 = drawer.state().parse().unwrap();
        assert!(changes(&drawer, state - 1, None).is_some());
    }
}
