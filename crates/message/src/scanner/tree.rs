//! The parts found so far, and which of them are still open.

use std::collections::BTreeMap;

use super::sample::Samples;
use crate::content::{Absent, Content, ContentFields, Shape};
use crate::envelope::{EnvelopeFields, put_envelope};
use crate::limits::{DEPTH_MAX, HEADER_OCTETS_MAX, HEADERS_OCTETS_MAX, PARTS_MAX};
use crate::octets::{count, head};
use crate::outline::Outline;
use crate::part::{Frame, Kind, put_frame};
use crate::work::spend;

#[derive(Debug)]
pub(super) struct Tree {
    parts: Vec<Draft>,
    /// The way from the root to the part at hand; never empty until the end.
    open: Vec<Open>,
    /// The boundaries of open multiparts, with their places in `open`, the innermost last: a delimiter that fits
    /// several belongs to that one, so that what follows its end is a part of the next, and no part is ever hidden. One
    /// look-up a line keeps a hundred open boundaries as cheap as one.
    boundaries: BTreeMap<Vec<u8>, Vec<usize>>,
    /// The header at hand.
    header: Vec<u8>,
    /// The header of the message once it is complete.
    first_header: Option<Vec<u8>>,
    header_room: usize,
    /// Contents and envelopes of the parts, packed.
    packed: Vec<u8>,
    /// Line ends so far, counted only where somebody wants to know.
    pub(super) lines: u64,
    /// How many open parts are messages, whose lines are counted whatever is in them.
    messages: usize,
    pub(super) samples: Samples,
}

#[derive(Debug)]
struct Draft {
    frame: Frame,
    content: std::ops::Range<usize>,
    envelope: std::ops::Range<usize>,
}

#[derive(Debug)]
struct Open {
    part: usize,
    boundary: Option<Vec<u8>>,
    /// What its children are unless they say so.
    children: Absent,
    /// `lines` where its body began.
    lines_before: u64,
    has_children: bool,
}

/// What comes after the end of a header.
pub(super) enum After {
    /// The header of a message inside.
    Header,
    /// The body.
    Body,
}

impl Tree {
    pub(super) fn new() -> Tree {
        let mut tree = Tree {
            parts: Vec::new(),
            open: Vec::new(),
            boundaries: BTreeMap::new(),
            header: Vec::new(),
            first_header: None,
            header_room: HEADERS_OCTETS_MAX,
            packed: Vec::new(),
            lines: 0,
            messages: 0,
            samples: Samples::default(),
        };
        tree.open_part(0);
        tree
    }

    pub(super) fn header(&self) -> &[u8] {
        self.first_header.as_deref().unwrap_or(&self.header)
    }

    /// About how many octets of memory it takes.
    pub(super) fn held_octets(&self) -> usize {
        let parts = self.parts.capacity().saturating_mul(size_of::<Draft>());
        [
            self.header.capacity(),
            self.first_header.as_ref().map_or(0, Vec::capacity),
            self.packed.capacity(),
            self.samples.held_octets(),
        ]
        .into_iter()
        .fold(parts, usize::saturating_add)
    }

    pub(super) fn part_count(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn has_boundaries(&self) -> bool {
        !self.boundaries.is_empty()
    }

    /// Where in the way from the root the multipart with this boundary stands.
    pub(super) fn level_of(&self, boundary: &[u8]) -> Option<usize> {
        // A tree of a hundred boundaries compares seven of them.
        spend(boundary.len().saturating_mul(7));
        self.boundaries.get(boundary)?.last().copied()
    }

    pub(super) fn forget_boundary(&mut self, level: usize) {
        if let Some(boundary) = self.open.get_mut(level).and_then(|open| open.boundary.take()) {
            self.remove_boundary(&boundary, level);
        }
    }

    fn remove_boundary(&mut self, boundary: &[u8], level: usize) {
        if let Some(levels) = self.boundaries.get_mut(boundary) {
            levels.retain(|kept| *kept != level);
            if levels.is_empty() {
                self.boundaries.remove(boundary);
            }
        }
    }

    /// Where the body of the part at hand begins.
    pub(super) fn body_start(&self) -> u64 {
        self.open
            .last()
            .and_then(|open| self.parts.get(open.part))
            .map_or(0, |p| p.frame.body_start)
    }

    /// Begins a part inside the one at hand; its header begins here.
    pub(super) fn open_part(&mut self, at: u64) {
        let parent = self.open.last_mut().map(|open| {
            open.has_children = true;
            open.part
        });
        let part = self.parts.len();
        let frame = Frame {
            kind: Kind::Basic,
            parent,
            header_start: at,
            body_start: at,
            body_end: at,
            lines: 0,
        };
        self.parts.push(Draft { frame, content: 0..0, envelope: 0..0 });
        self.open.push(Open {
            part,
            boundary: None,
            children: Absent::Text,
            lines_before: 0,
            has_children: false,
        });
    }

    /// Keeps octets of the header at hand, as far as the limits allow.
    pub(super) fn keep_header(&mut self, octets: &[u8]) {
        let room = HEADER_OCTETS_MAX.saturating_sub(self.header.len()).min(self.header_room);
        let kept = head(octets, room);
        self.header.extend_from_slice(kept);
        self.header_room = self.header_room.saturating_sub(kept.len());
    }

    /// Reads the header at hand; the body begins here.
    pub(super) fn end_header(&mut self, at: u64) -> After {
        let header = std::mem::take(&mut self.header);
        let after = self.read_header(&header, at);
        if self.first_header.is_none() {
            self.first_header = Some(header);
        } else {
            self.header = header;
            self.header.clear();
        }
        after
    }

    fn read_header(&mut self, header: &[u8], at: u64) -> After {
        let depth = self.open.len();
        let above = depth.checked_sub(2).and_then(|level| self.open.get(level));
        let absent = above.map_or(Absent::Text, |open| open.children);
        let parent_kind = above.and_then(|open| self.parts.get(open.part)).map(|p| p.frame.kind);
        let mut envelope = EnvelopeFields::default();
        let is_message = matches!(parent_kind, None | Some(Kind::Message));
        let fields = ContentFields::read(header, is_message.then_some(&mut envelope));
        let mut content = fields.pack(absent, &mut self.packed);
        let contains = matches!(content.shape, Shape::Multipart { .. } | Shape::Message);
        if contains && (depth > DEPTH_MAX || self.parts.len() >= PARTS_MAX) {
            self.packed.truncate(content.packed_from);
            fields.pack_opaque(absent, &mut self.packed);
            content.shape = Shape::Basic;
        }
        let content_end = self.packed.len();
        if is_message {
            envelope.pack(&mut self.packed);
        }
        self.samples.begin(&fields, content.readable);
        let envelope_end = self.packed.len();
        let lines = self.lines;
        if let Some(open) = self.open.last_mut()
            && let Some(draft) = self.parts.get_mut(open.part)
        {
            open.lines_before = lines;
            draft.frame.body_start = at;
            draft.content = content.packed_from..content_end;
            draft.envelope = content_end..envelope_end;
        }
        self.take_shape(content, at)
    }

    fn take_shape(&mut self, content: Content, at: u64) -> After {
        let level = self.open.len().saturating_sub(1);
        let Some(open) = self.open.last_mut() else { return After::Body };
        let Some(draft) = self.parts.get_mut(open.part) else { return After::Body };
        match content.shape {
            Shape::Basic => draft.frame.kind = Kind::Basic,
            Shape::Text => draft.frame.kind = Kind::Text,
            Shape::Multipart { boundary, children } => {
                draft.frame.kind = Kind::Multipart;
                open.children = children;
                if let Some(boundary) = boundary {
                    open.boundary = Some(boundary.clone());
                    self.boundaries.entry(boundary).or_default().push(level);
                }
            }
            Shape::Message => {
                draft.frame.kind = Kind::Message;
                self.messages = self.messages.saturating_add(1);
                self.open_part(at);
                return After::Header;
            }
        }
        After::Body
    }

    /// Takes octets of the body at hand, or of what stands before and behind the parts of a multipart.
    pub(super) fn take_body(&mut self, octets: &[u8]) {
        self.count_line_ends(octets);
        self.samples.take(octets);
    }

    pub(super) fn count_line_ends(&mut self, octets: &[u8]) {
        let wanted = self.open.last().is_some_and(|open| {
            // A multipart without children may turn out to be a text.
            match self.parts.get(open.part).map(|draft| draft.frame.kind) {
                Some(Kind::Text) => true,
                Some(Kind::Multipart) => !open.has_children,
                Some(Kind::Basic | Kind::Message) | None => false,
            }
        });
        if wanted || self.messages > 0 {
            self.lines = self.lines.saturating_add(count(b'\n', octets));
        }
    }

    /// Ends all parts behind the first `level` of the way from the root.
    pub(super) fn close_to(&mut self, level: usize, end: u64, lines: u64) {
        self.samples.end();
        while self.open.len() > level
            && let Some(mut open) = self.open.pop()
        {
            if let Some(boundary) = open.boundary.take() {
                self.remove_boundary(&boundary, self.open.len());
            }
            self.close(&open, end, lines);
        }
    }

    fn close(&mut self, open: &Open, end: u64, lines: u64) {
        let Some(draft) = self.parts.get_mut(open.part) else { return };
        draft.frame.body_end = end;
        let start = draft.frame.body_start;
        let counted = lines.saturating_sub(open.lines_before);
        match draft.frame.kind {
            Kind::Basic => {}
            Kind::Text => draft.frame.lines = counted,
            Kind::Message => {
                draft.frame.lines = counted;
                self.messages = self.messages.saturating_sub(1);
            }
            Kind::Multipart if open.has_children => {}
            Kind::Multipart => self.add_only_child(open.part, start..end, counted),
        }
    }

    /// Gives a multipart in which no delimiter was found one part: all of its body, as text. IMAP has no form for a
    /// multipart without parts, and so nothing of the mail is out of reach.
    fn add_only_child(&mut self, parent: usize, body: std::ops::Range<u64>, lines: u64) {
        let from = self.packed.len();
        ContentFields::default().pack(Absent::Text, &mut self.packed);
        let frame = Frame {
            kind: Kind::Text,
            parent: Some(parent),
            header_start: body.start,
            body_start: body.start,
            body_end: body.end,
            lines,
        };
        self.parts.push(Draft { frame, content: from..self.packed.len(), envelope: 0..0 });
    }

    pub(super) fn assemble(&self) -> Outline<'static> {
        let packed =
            |range: &std::ops::Range<usize>| self.packed.get(range.clone()).unwrap_or_default();
        let mut out = Vec::with_capacity(self.packed.len().saturating_mul(2));
        let mut next = self.parts.iter().skip(1);
        for (index, draft) in self.parts.iter().enumerate() {
            let child = next.next();
            put_frame(&mut out, index, &draft.frame);
            out.extend_from_slice(packed(&draft.content));
            if draft.frame.kind == Kind::Message {
                put_envelope(&mut out, child.map_or(&[], |child| packed(&child.envelope)));
            }
        }
        let envelope = self.parts.first().map_or(&[][..], |root| packed(&root.envelope));
        Outline::assemble(envelope, &self.samples.preview(), self.parts.len(), &out)
    }
}
