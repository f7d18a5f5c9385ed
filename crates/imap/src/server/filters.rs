//! Puts searches that are kept under names in the place of their names (RFC 5466, 3.1).

use mailbox::{Annotated, Annotation};

use super::limits::{FILTER_PASSES_MAX, FILTERED_OCTETS_MAX};
use super::outcome::Stop;
use super::session::Session;
use crate::commands::search::names_numbers;
use crate::response::Code;
use crate::search::keys::Filter;
use crate::search::{FILTERS, Key, parse_filter};

impl Session<'_> {
    /// Puts what they stand for in the place of all names of filters in a key.
    pub(crate) fn replace_filters(&self, key: &mut Key) -> Result<(), Stop> {
        if !key.any(&|key| filter(key).is_some()) {
            return Ok(());
        }
        let annotations = self.account()?.annotations(Annotated::Account)?;
        let mut filters = Filters { annotations, octets_left: FILTERED_OCTETS_MAX };
        *key = filters.replace(key.clone(), 0)?;
        if self.dialect.is_uid_only() && names_numbers(key) {
            return Err(Stop::UidRequired);
        }
        Ok(())
    }
}

fn filter(key: &Key) -> Option<&Filter> {
    if let Key::Leaf(leaf) = key { leaf.downcast() } else { None }
}

struct Filters {
    annotations: Vec<Annotation>,
    /// How many octets of filters may still be read.
    octets_left: usize,
}

impl Filters {
    /// A key in which what was put in so often may name filters as well.
    fn replace(&mut self, key: Key, passes: u32) -> Result<Key, Stop> {
        if let Some(named) = filter(&key) {
            let value = self.value(named).filter(|_| passes < FILTER_PASSES_MAX);
            let value = value.ok_or_else(|| named.undefined())?;
            let left = self.octets_left.checked_sub(value.len());
            self.octets_left = left.ok_or_else(|| {
                Stop::No(Some(Code::Limit), "These filters are too long together".into())
            })?;
            let key = parse_filter(&value).map_err(|_| named.undefined())?;
            return self.replace(key, passes.saturating_add(1));
        }
        let mut all = |keys: Vec<Key>| {
            keys.into_iter()
                .map(|key| self.replace(key, passes))
                .collect::<Result<Vec<Key>, Stop>>()
        };
        Ok(match key {
            Key::And(keys) => Key::and(all(keys)?),
            Key::Or(keys) => Key::or(all(keys)?),
            Key::Not(key) => self.replace(*key, passes)?.negate(),
            Key::Fuzzy(key) => self.replace(*key, passes)?.fuzzy(),
            Key::Leaf(leaf) => Key::Leaf(leaf),
        })
    }

    fn value(&self, named: &Filter) -> Option<Vec<u8>> {
        let name = named.0.to_ascii_lowercase();
        let is_it = |it: &&Annotation| it.name.as_str().strip_prefix(FILTERS) == Some(&*name);
        self.annotations.iter().find(is_it).map(|it| it.value.to_vec())
    }
}
