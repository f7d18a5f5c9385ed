//! What the words of an account say about the keys of a search, before any mail is read: which emails match, which may.
//! Where the words say nothing, because they lag behind or a message could not be read, the mail itself is asked.

mod asked;

use std::sync::Arc;

use asked::Asked;
use words::{Alike, Numbers, Pattern, Term};

use super::key::Key;
use crate::index::{FILTERED_BLOCKS, Field, Filters, Manifest, Segment};
use crate::limits::{FOUND_KEYS_MAX, FOUND_OCTETS_MAX};
use crate::shared::AccountShared;
use crate::{EmailId, Fault, layout};

/// What looking through a block costs beside reading it, for each pattern, in octets of reading.
const PATTERN_COST_OCTETS: usize = 8 << 10;
/// And for each word that is looked for in any form: each word of the block is looked at.
const TERM_COST_OCTETS: usize = 48 << 10;
/// And what asking a filter costs.
const SKIPPED_COST_OCTETS: u64 = 100;
/// How often a search begins again because segments were merged meanwhile. After that it asks the mail.
const RESTARTS_MAX: u32 = 3;

/// What the words say about the keys of a search.
pub(super) struct Found {
    account: Arc<AccountShared>,
    asked: Vec<Asked>,
    manifest: Option<Manifest>,
    /// Where looking through the words has got to.
    at: Place,
    /// What is found of each pattern in the field that is looked through.
    found: Vec<Numbers>,
    /// And of each word that is looked for in any form.
    alike: Vec<Alike>,
    /// Of the blocks that come next.
    filters: Filters,
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
            asked.extend(Asked::by(at, key));
        }
        (!asked.is_empty()).then(|| Found {
            account: Arc::clone(account),
            asked,
            manifest: None,
            at: Place::default(),
            found: Vec::new(),
            alike: Vec::new(),
            filters: Filters::default(),
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
            let block = self.at.block;
            if block == 0 {
                self.begin_field(&segment, field);
            }
            if block.is_multiple_of(FILTERED_BLOCKS) {
                let id = self.account.id;
                self.filters = Filters::from(id, &*snapshot, &segment, (field, block))?;
                let cost = u64::try_from(self.filters.octets()).unwrap_or(u64::MAX);
                spent = spent.saturating_add(cost);
            }
            if !self.may_have(field, block) {
                self.at.block = block.saturating_add(1);
                spent = spent.saturating_add(SKIPPED_COST_OCTETS);
                continue;
            }
            let key = layout::words(self.account.id, segment.number, field.octet(), block);
            let Some(block) = snapshot.get(&key)? else {
                drop(snapshot);
                self.restart();
                return Ok(self.is_done);
            };
            let cost = self.look(field, &block);
            spent = spent.saturating_add(u64::try_from(cost).unwrap_or(u64::MAX));
            self.at.block = self.at.block.saturating_add(1);
        }
        Ok(self.is_done)
    }

    /// The keys that ask a field.
    fn asked_of(&self, field: Field) -> impl Iterator<Item = &Asked> + Clone {
        self.asked.iter().filter(move |asked| asked.fields.contains(&field))
    }

    fn begin_field(&mut self, segment: &Segment, field: Field) {
        let asked = self.asked_of(field);
        let patterns = asked.clone().flat_map(Asked::patterns).count();
        let terms = asked.flat_map(Asked::terms).count();
        self.found = vec![Numbers::none(segment.emails()); patterns];
        self.alike = vec![Alike::none(segment.emails()); terms];
    }

    /// Whether a block has to be looked through.
    fn may_have(&self, field: Field, block: u32) -> bool {
        let Some(filter) = self.filters.of(block) else { return true };
        let asked = self.asked_of(field);
        asked.clone().flat_map(Asked::patterns).any(|pattern| pattern.may_be_in(filter))
            || asked.flat_map(Asked::terms).any(|term| term.may_be_in(filter))
    }

    /// Looks through a block; gives what that costs, in octets of reading.
    fn look(&mut self, field: Field, block: &[u8]) -> usize {
        let asked = self.asked.iter().filter(|asked| asked.fields.contains(&field));
        let patterns: Vec<&Pattern> = asked.clone().flat_map(Asked::patterns).collect();
        let terms: Vec<&Term> = asked.flat_map(Asked::terms).collect();
        let cost = PATTERN_COST_OCTETS
            .saturating_mul(patterns.len())
            .saturating_add(TERM_COST_OCTETS.saturating_mul(terms.len()))
            .saturating_add(block.len());
        let mut sound = Ok(());
        if !patterns.is_empty() {
            sound = words::look(block, &patterns, &mut self.found);
        }
        if !terms.is_empty() {
            sound = sound.and(words::look_for_terms(block, &terms, &mut self.alike));
        }
        if sound.is_err() {
            tracing::warn!(
                user = self.account.ports.name(self.account.id),
                "the index for searches is damaged: repair makes it anew"
            );
            self.give_up();
        }
        cost
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
        let mut left = FOUND_OCTETS_MAX;
        self.asked.retain(|asked| {
            let octets = asked.held_octets(bound);
            let fits = octets <= left;
            left = left.saturating_sub(octets);
            fits
        });
        self.asked.iter_mut().for_each(|asked| asked.begin(bound));
        for segment in &manifest.segments {
            let first = number(segment.first);
            for unread in &segment.unread {
                let unread = unread.saturating_add(first);
                self.asked.iter_mut().for_each(|asked| asked.doubt(unread));
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
        let mut alike = std::mem::take(&mut self.alike).into_iter();
        if self.at.block == 0 {
            // The field has no words there.
            return;
        }
        for asked in self.asked.iter_mut().filter(|asked| asked.fields.contains(&field)) {
            asked.take((segment, field), &mut found, &mut alike);
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
        self.alike.clear();
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
        if self.covers(email) { asked.answer(number(email)) } else { None }
    }

    fn covers(&self, email: EmailId) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| email < manifest.covered())
    }

    /// Adds how strongly an email has each word of a key; says whether that is known.
    pub(super) fn weigh(&self, key: usize, email: EmailId, into: &mut Vec<u8>) -> bool {
        let asked = self.asked.iter().find(|asked| asked.key == key);
        self.covers(email) && asked.is_some_and(|asked| asked.weigh(number(email), into))
    }

    /// Of how many emails the words of a key are known, and how many have each of them.
    pub(super) fn having(&self, key: usize) -> Option<(u64, Vec<u64>)> {
        let asked = self.asked.iter().find(|asked| asked.key == key)?;
        let messages = self.manifest.as_ref()?.covered().0.saturating_sub(1);
        Some((messages, asked.having()))
    }
}

fn number(email: EmailId) -> u32 {
    u32::try_from(email.0).unwrap_or(u32::MAX)
}
