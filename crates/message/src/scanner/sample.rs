//! The beginning of the first plain and the first HTML text of a message, kept while it streams in for its preview.

use crate::content::{ContentFields, Readable};
use crate::limits::PREVIEW_SAMPLE_OCTETS_MAX;
use crate::octets::head;
use crate::preview::{self, Sample};

#[derive(Debug, Default)]
pub(super) struct Samples {
    plain: Option<Sample>,
    html: Option<Sample>,
    into: Into,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Into {
    Plain,
    Html,
    #[default]
    Nothing,
}

impl Samples {
    pub(super) fn begin(&mut self, fields: &ContentFields<'_>, readable: Readable) {
        let (slot, into) = match readable {
            Readable::Plain => (&mut self.plain, Into::Plain),
            Readable::Html => (&mut self.html, Into::Html),
            Readable::No => {
                self.into = Into::Nothing;
                return;
            }
        };
        self.into = Into::Nothing;
        if slot.is_none() {
            *slot = Some(fields.sample());
            self.into = into;
        }
    }

    pub(super) fn take(&mut self, octets: &[u8]) {
        let slot = match self.into {
            Into::Plain => &mut self.plain,
            Into::Html => &mut self.html,
            Into::Nothing => return,
        };
        if let Some(sample) = slot {
            let room = PREVIEW_SAMPLE_OCTETS_MAX.saturating_sub(sample.octets.len());
            sample.octets.extend_from_slice(head(octets, room));
        }
    }

    /// About how many octets of memory they take.
    pub(super) fn held_octets(&self) -> usize {
        let samples = self.plain.iter().chain(&self.html);
        samples.fold(0, |sum, sample| sum.saturating_add(sample.octets.capacity()))
    }

    pub(super) fn end(&mut self) {
        self.into = Into::Nothing;
    }

    pub(super) fn preview(&self) -> String {
        preview::of_samples(self.plain.as_ref(), self.html.as_ref())
    }
}
