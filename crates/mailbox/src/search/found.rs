//! What the words of an account say about the keys of a search, before any mail is read: which emails match, which may.
//! Where the words say nothing, because they lag behind or a message could not be read, the mail itself is asked.

use std::sync::Arc;

use words::{Numbers, Pattern};

use super::key::{Key, Says};
use crate::index::{Field, Manifest, Segment};
use crate::limits::{FOUND_KEYS_MAX, FOUND_OCTETS_MAX};
use crate::shared::AccountShared;
use crate::{EmailId, Fault, layout};

/// What looking through a block costs beside reading it, for each pattern, in octets of reading.
const PATTERN_COST_OCTETS: usize = 8 << 10;
/// How often a search begins again because segments were merged meanwhile. After that it asks the mail.
const RESTARTS_MAX: u32 = 3;

/// What is known about one key.
struct Asked {
    /// Its place in the plan.
    key: usize,
    fields: &'static [Field],
    needle: words::Needle,
    says: Says,
    /// The emails that match, and those that may. By their numbers.
    sure: Numbers,
    may: Numbers,
}

/// What the words say about the keys of a search.
pub(super) struct Found {
    account: Arc<AccountShared>,
    asked: Vec<Asked>,
    manifest: Option<Manifest>,
    /// Where looking through the words has got to.
    at: Place,
    /// What is found of each pattern in the field that is looked through.
    found: Vec<Numbers>,
    restarts: u32,
    is_done: bool,
}

#[derive(Clone, Copy, Default)]
struct Place {
    segment: usize,
    field: usize,
    block: u32,
}

impl Found {
    /// What the words are asked about these keys; none where they can say nothing.
    pub(super) fn begin(account: &Arc<AccountShared>, keys: &[Key]) -> Option<Found> {
        let mut asked: Vec<Asked> = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            if asked.len() >= FOUND_KEYS_MAX {
                break;
            }
            let Some((fields, needle, says)) = key.asks() else { continue };
            let Some(needle) = needle.in_words().and_then(words::Needle::new) else { continue };
            let (sure, may) = Default::default();
            asked.push(Asked { key: at, fields, needle, says, sure, may });
        }
        (!asked.is_empty()).then(|| Found {
            account: Arc::clone(account),
            asked,
            manifest: None,
            at: Place::default(),
            found: Vec::new(),
            restarts: 0,
            is_done: false,
        })
    }

    /// Looks through more words, about `cost_octets` worth of it. Says whether that was all.
    pub(super) fn step(&mut self, cost_octets: u64) -> Result<bool, Fault> {
        let mut spent = 0_u64;
        if self.manifest.is_none() && !self.is_done {
            self.read_manifest()?;
        }
        let snapshot = self.account.snapshot()?;
        while !self.is_done && spent < cost_octets {
            let Some(segment) = self.segment() else {
                self.is_done = true;
                break;
            };
            let Some(field) = Field::ALL.get(self.at.field).copied() else {
                self.at = Place { segment: self.at.segment.saturating_add(1), ..Place::default() };
                continue;
            };
            let is_asked = self.asked.iter().any(|asked| asked.fields.contains(&field));
            if !is_asked || self.at.block >= segment.blocks_of(field) {
                if is_asked {
                    self.end_field(&segment, field);
                }
                self.at.field = self.at.field.saturating_add(1);
                self.at.block = 0;
                continue;
            }
            let key = layout::words(self.account.id, segment.number, field.octet(), self.at.block);
            let Some(block) = snapshot.get(&key)? else {
                drop(snapshot);
                self.restart();
                return Ok(self.is_done);
            };
            let patterns: Vec<&Pattern> = patterns(&self.asked, field).collect();
            if self.at.block == 0 {
                self.found = vec![Numbers::none(segment.emails()); patterns.len()];
            }
            let cost =
                PATTERN_COST_OCTETS.saturating_mul(patterns.len()).saturating_add(block.len());
            spent = spent.saturating_add(u64::try_from(cost).unwrap_or(u64::MAX));
            if words::look(&block, &patterns, &mut self.found).is_err() {
                tracing::warn!(
                    user = self.account.ports.name(self.account.id),
                    "the index for searches is damaged: repair makes it anew"
                );
                self.give_up();
            }
            self.at.block = self.at.block.saturating_add(1);
        }
        Ok(self.is_done)
    }

    fn read_manifest(&mut self) -> Result<(), Fault> {
        let manifest = match Manifest::of(self.account.id, &*self.account.snapshot()?) {
            Err(fault) if fault.is_damaged() => None,
            manifest => manifest?.map(|(manifest, _)| manifest),
        };
        let Some(manifest) = manifest else {
            self.give_up();
            return Ok(());
        };
        let bound = u32::try_from(manifest.covered().0).unwrap_or(u32::MAX);
        let each = u64::from(bound / 4).max(1);
        let most = usize::try_from(FOUND_OCTETS_MAX.checked_div(each).unwrap_or(0)).unwrap_or(0);
        self.asked.truncate(most);
        for asked in &mut self.asked {
            (asked.sure, asked.may) = (Numbers::none(bound), Numbers::none(bound));
        }
        for segment in &manifest.segments {
            let first = number(segment.first);
            for unread in &segment.unread {
                let unread = unread.saturating_add(first);
                self.asked.iter_mut().for_each(|asked| asked.may.insert(unread));
            }
        }
        self.manifest = Some(manifest);
        Ok(())
    }

    fn segment(&self) -> Option<Segment> {
        self.manifest.as_ref()?.segments.get(self.at.segment).cloned()
    }

    /// All blocks of a field were looked through.
    fn end_field(&mut self, segment: &Segment, field: Field) {
        let mut found = std::mem::take(&mut self.found).into_iter();
        if self.at.block == 0 {
            // The field has no words there.
            return;
        }
        let first = number(segment.first);
        for asked in self.asked.iter_mut().filter(|asked| asked.fields.contains(&field)) {
            let sure = asked.needle.sure.as_ref().and_then(|_| found.next());
            let mut may: Option<Numbers> = None;
            for more in found.by_ref().take(asked.needle.needed.len()) {
                match &mut may {
                    Some(may) => may.retain(&more),
                    None => may = Some(more),
                }
            }
            for (numbers, is_sure) in [(sure, asked.says == Says::All), (may, false)] {
                let into = if is_sure { &mut asked.sure } else { &mut asked.may };
                numbers
                    .iter()
                    .flat_map(Numbers::iter)
                    .for_each(|n| into.insert(n.saturating_add(first)));
            }
        }
    }

    /// Segments were merged meanwhile.
    fn restart(&mut self) {
        self.restarts = self.restarts.saturating_add(1);
        if self.restarts > RESTARTS_MAX {
            self.give_up();
        }
        self.manifest = None;
        self.at = Place::default();
        self.found.clear();
    }

    /// The words say nothing.
    fn give_up(&mut self) {
        self.asked.clear();
        self.is_done = true;
    }

    /// Gives the keys that the words say something about.
    pub(super) fn keys(&self) -> impl Iterator<Item = usize> + '_ {
        self.asked.iter().map(|asked| asked.key)
    }

    /// Whether an email matches a key, by its place among `keys`. None: the mail has to be asked.
    pub(super) fn answer(&self, at: usize, email: EmailId) -> Option<bool> {
        let asked = self.asked.get(at)?;
        let is_covered = self.manifest.as_ref().is_some_and(|manifest| email < manifest.covered());
        let number = number(email);
        if !is_covered {
            None
        } else if asked.sure.contains(number) {
            Some(true)
        } else if asked.may.contains(number) {
            None
        } else {
            Some(false)
        }
    }
}

/// The patterns to look for in a field: of each key the sure one, then those that are needed.
fn patterns(asked: &[Asked], field: Field) -> impl Iterator<Item = &Pattern> {
    let asked = asked.iter().filter(move |asked| asked.fields.contains(&field));
    asked.flat_map(|asked| asked.needle.sure.iter().chain(&asked.needle.needed))
}

fn number(email: EmailId) -> u32 {
    u32::try_from(email.0).unwrap_or(u32::MAX)
}
