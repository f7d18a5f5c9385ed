//! Many keys that lie close together, found on one walk through the index instead of one way down from its root for each.

use std::cmp::Ordering;

use bytes::Bytes;
use mailbox::Fault;

use crate::base::Base;
use crate::entry::Entry;
use crate::index::{Octets, read};

/// So many entries are passed before a key is looked for anew.
const PASSED_MAX: usize = 8;

/// A walk through the keys of the index, ascending.
pub(crate) struct Along<'a> {
    base: &'a Base,
    range: Option<redb::Range<'static, Octets, Octets>>,
    /// Where it stands.
    here: Option<Found>,
}

type Found = (redb::AccessGuard<'static, Octets>, redb::AccessGuard<'static, Octets>);

impl<'a> Along<'a> {
    pub(crate) fn new(base: &'a Base) -> Along<'a> {
        Along { base, range: None, here: None }
    }

    /// The value of a key. Cheap where it comes shortly after the one that was asked for before.
    pub(crate) fn value(&mut self, key: &[u8]) -> Result<Option<Bytes>, Fault> {
        let base = self.base;
        base.noting(|| {
            if !self.comes_to(key)? {
                let mut range = read(base.keys.range::<&[u8]>(key..))?;
                self.here = read(range.next().transpose())?;
                self.range = Some(range);
            }
            let Some((found, octets)) = &self.here else { return Ok(None) };
            if found.value() != key {
                return Ok(None);
            }
            let entry = Entry::parse(key, octets.value())?;
            Ok(Some(Bytes::copy_from_slice(entry.value)))
        })
    }

    /// Goes on to a key, or to the first behind it. Says whether it is near and not passed already.
    fn comes_to(&mut self, key: &[u8]) -> Result<bool, Fault> {
        let Some(range) = &mut self.range else { return Ok(false) };
        for passed in 0..PASSED_MAX {
            let Some((here, _)) = &self.here else { return Ok(false) };
            match here.value().cmp(key) {
                Ordering::Equal => return Ok(true),
                // What lies between the last that was asked for and this one is not there.
                Ordering::Greater => return Ok(passed > 0),
                Ordering::Less => self.here = read(range.next().transpose())?,
            }
        }
        Ok(false)
    }
}
