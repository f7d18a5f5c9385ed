//! How far a walk through the index has come: through the keys first, then through the bodies.

use mailbox::Fault;

use crate::base::{Base, Kept};
use crate::index::{VisitKept, read};

/// A place in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Up to this key; an empty one: at the beginning.
    Keys(Vec<u8>),
    /// Through all keys, and the bodies up to this hash.
    Bodies(Vec<u8>),
    /// Through all.
    End,
}

impl Place {
    /// Where walks begin.
    pub(crate) const BEGIN: Place = Place::Keys(Vec::new());

    /// Says whether a key lies behind us.
    pub(crate) fn has_key(&self, key: &[u8]) -> bool {
        match self {
            Place::Keys(last) => key <= last.as_slice(),
            Place::Bodies(_) | Place::End => true,
        }
    }

    /// Says whether a body lies behind us.
    pub(crate) fn has_body(&self, hash: &[u8]) -> bool {
        match self {
            Place::Keys(_) => false,
            Place::Bodies(last) => hash <= last.as_slice(),
            Place::End => true,
        }
    }
}

impl Base {
    /// Visits entries as they are kept, from a place on, at most so many, all of one table. Gives the next place.
    pub(crate) fn visit_from(
        &self,
        place: &Place,
        most: usize,
        visit: VisitKept<'_>,
    ) -> Result<Place, Fault> {
        Ok(match place {
            Place::Keys(after) => match self.some_after((Kept::Keys, after), most, visit)? {
                Some(last) => Place::Keys(last),
                None => Place::Bodies(Vec::new()),
            },
            Place::Bodies(after) => match self.some_after((Kept::Bodies, after), most, visit)? {
                Some(last) => Place::Bodies(last),
                None => Place::End,
            },
            Place::End => Place::End,
        })
    }

    /// How many keys and bodies there are.
    pub(crate) fn entries(&self) -> Result<u64, Fault> {
        use redb::ReadableTableMetadata as _;
        self.noting(|| Ok(read(self.keys.len())?.saturating_add(read(self.bodies.len())?)))
    }
}
