//! The threading algorithms of RFC 5256 and the draft of REFS, over plain numbers: no message is read. All of them take time in
//! proportion to the messages and their references, but for a look whether a link would close a loop.

#[cfg(test)]
mod oracle;

use lane::Turns;

use super::columns::{NO_ID, wide};
use super::{ThreadAlgorithm, ThreadPlace, steps};
use crate::limits::SORT_STEP_ENTRIES;

/// No message.
const NONE: u32 = u32::MAX;

/// A message to be threaded. They are given in the order of the mailbox.
#[derive(Clone, Copy, Debug)]
pub(super) struct Threaded<'a> {
    /// Its index in the mailbox.
    pub(super) index: u32,
    pub(super) sent: i64,
    pub(super) arrived: i64,
    /// The same for equal base subjects; 0: it has none.
    pub(super) subject: u32,
    pub(super) is_reply: bool,
    /// The number of its own Message-ID, or `NO_ID`.
    pub(super) own: u32,
    /// The numbers of those it refers to, oldest first.
    pub(super) references: &'a [u32],
}

/// Threads messages. `ids` is how many Message-IDs have numbers.
pub(super) async fn thread(
    messages: &[Threaded<'_>],
    algorithm: ThreadAlgorithm,
    ids: usize,
    turns: &Turns,
) -> Vec<ThreadPlace> {
    let numbered: Vec<(i64, u32)> = (0..).zip(messages).map(|(at, m)| (m.sent, at)).collect();
    // By sent date, and of equal ones by their order in the mailbox (RFC 5256, 2.2).
    let by_date = steps::sort(numbered, turns, |a, b| a.0.cmp(&b.0)).await;
    let by_date: Vec<u32> = by_date.into_iter().map(|(_, at)| at).collect();
    let mut pace = Pace { turns, looked: 0 };
    let forest = match algorithm {
        ThreadAlgorithm::OrderedSubject => ordered_subject(messages, &by_date, &mut pace).await,
        ThreadAlgorithm::References => {
            let mut forest = link(messages, ids, &mut pace).await;
            forest.prune(&mut pace).await;
            let roots = forest.roots(&by_date, &mut pace).await;
            forest.gather_subjects(messages, &by_date, &roots, &mut pace).await;
            forest
        }
        ThreadAlgorithm::Refs => {
            let mut forest = link(messages, ids, &mut pace).await;
            forest.prune(&mut pace).await;
            forest
        }
    };
    let mut roots = forest.roots(&by_date, &mut pace).await;
    if algorithm == ThreadAlgorithm::Refs {
        let latest = forest.latest_arrivals(messages, &mut pace).await;
        let numbered = roots.iter().map(|root| (latest.get(wide(*root)).copied(), *root));
        let sorted = steps::sort(numbered.collect(), turns, |a, b| a.0.cmp(&b.0)).await;
        roots = sorted.into_iter().map(|(_, root)| root).collect();
    }
    forest.places(messages, &by_date, &roots, &mut pace).await
}

/// Gives others their turn when enough was looked at.
struct Pace<'t> {
    turns: &'t Turns,
    /// How much was looked at since others had their turn.
    looked: usize,
}

impl Pace<'_> {
    async fn step(&mut self, looked: usize) {
        self.looked = self.looked.saturating_add(looked);
        if self.looked >= SORT_STEP_ENTRIES {
            self.looked = 0;
            lane::breathe(Some(self.turns)).await;
        }
    }
}

/// RFC 5256, 3, ORDEREDSUBJECT: the first of each subject is the parent of all others.
async fn ordered_subject(
    messages: &[Threaded<'_>],
    by_date: &[u32],
    pace: &mut Pace<'_>,
) -> Forest {
    let mut forest = Forest::new(messages.len());
    let subjects = messages.iter().map(|m| wide(m.subject)).max().unwrap_or(0);
    let mut first = vec![NONE; subjects.saturating_add(1)];
    for at in by_date {
        pace.step(1).await;
        let Some(message) = messages.get(wide(*at)) else { continue };
        match first.get_mut(wide(message.subject)) {
            Some(slot) if *slot == NONE => *slot = *at,
            Some(slot) => set(&mut forest.parents, *at, *slot),
            None => {}
        }
    }
    forest
}

/// Messages, and behind them what stands in for those that are not there, each with what it lies below.
struct Forest {
    messages: usize,
    parents: Vec<u32>,
}

fn at(list: &[u32], index: u32) -> u32 {
    list.get(wide(index)).copied().unwrap_or(NONE)
}

fn set(list: &mut [u32], index: u32, value: u32) {
    if let Some(slot) = list.get_mut(wide(index)) {
        *slot = value;
    }
}

fn add(list: &mut [u32], index: u32, more: bool) {
    if let Some(slot) = list.get_mut(wide(index)) {
        *slot = if more { slot.saturating_add(1) } else { slot.saturating_sub(1) };
    }
}

/// Links being made (RFC 5256, 3, REFERENCES, step 1).
struct Linking {
    forest: Forest,
    /// Which message or stand-in has an id.
    holders: Vec<u32>,
    /// How many lie directly below each.
    children: Vec<u32>,
}

/// RFC 5256, 3, REFERENCES, step 1.
async fn link(messages: &[Threaded<'_>], ids: usize, pace: &mut Pace<'_>) -> Forest {
    let mut linking = Linking {
        forest: Forest::new(messages.len()),
        holders: vec![NONE; ids],
        children: vec![0; messages.len()],
    };
    for (number, message) in (0..).zip(messages) {
        pace.step(1).await;
        // Of several with one id the first has it.
        if message.own != NO_ID && at(&linking.holders, message.own) == NONE {
            set(&mut linking.holders, message.own, number);
        }
    }
    for (number, message) in (0..).zip(messages) {
        let mut before = NONE;
        for id in message.references {
            let holder = linking.holder(*id);
            // A.
            if before != NONE
                && at(&linking.forest.parents, holder) == NONE
                && !linking.closes_a_loop(before, holder, pace).await
            {
                linking.put_below(before, holder);
            }
            before = holder;
        }
        // B: what the message itself says counts more.
        linking.take_out(number);
        if before != NONE && !linking.closes_a_loop(before, number, pace).await {
            linking.put_below(before, number);
        }
        pace.step(message.references.len().saturating_add(1)).await;
    }
    linking.forest
}

impl Linking {
    /// The message with an id, or what stands in for it.
    fn holder(&mut self, id: u32) -> u32 {
        let known = at(&self.holders, id);
        if known != NONE {
            return known;
        }
        let holder = self.forest.stand_in();
        self.children.push(0);
        set(&mut self.holders, id, holder);
        holder
    }

    /// Whether `parent` is `child` or lies below it.
    async fn closes_a_loop(&self, parent: u32, child: u32, pace: &mut Pace<'_>) -> bool {
        if parent == child {
            return true;
        }
        if at(&self.children, child) == 0 {
            return false;
        }
        let mut above = at(&self.forest.parents, parent);
        while above != NONE {
            if above == child {
                return true;
            }
            above = at(&self.forest.parents, above);
            pace.step(1).await;
        }
        false
    }

    fn put_below(&mut self, parent: u32, child: u32) {
        set(&mut self.forest.parents, child, parent);
        add(&mut self.children, parent, true);
    }

    fn take_out(&mut self, child: u32) {
        let parent = at(&self.forest.parents, child);
        if parent != NONE {
            add(&mut self.children, parent, false);
            set(&mut self.forest.parents, child, NONE);
        }
    }
}

impl Forest {
    fn new(messages: usize) -> Forest {
        Forest { messages, parents: vec![NONE; messages] }
    }

    fn is_message(&self, node: u32) -> bool {
        wide(node) < self.messages
    }

    fn stand_in(&mut self) -> u32 {
        let number = u32::try_from(self.parents.len()).unwrap_or(NONE);
        self.parents.push(NONE);
        number
    }

    /// RFC 5256, 3, REFERENCES, step 3: takes stand-ins out, so that they are left only at the top, above at least two messages.
    async fn prune(&mut self, pace: &mut Pace<'_>) {
        let count = self.parents.len();
        // What each stand-in is replaced by: the message nearest above, or the stand-in at the top.
        let mut above = vec![NONE; count];
        let mut path = Vec::new();
        let numbers = u32::try_from(count).unwrap_or(NONE);
        let first = u32::try_from(self.messages).unwrap_or(NONE);
        for stand_in in first..numbers {
            pace.step(1).await;
            let mut node = stand_in;
            let top = loop {
                if self.is_message(node) {
                    break node;
                }
                if at(&above, node) != NONE {
                    break at(&above, node);
                }
                path.push(node);
                match at(&self.parents, node) {
                    NONE => break node,
                    parent => node = parent,
                }
            };
            path.drain(..).for_each(|node| set(&mut above, node, top));
        }
        let mut children = vec![0; count];
        for message in 0..first {
            pace.step(1).await;
            let parent = at(&self.parents, message);
            if parent != NONE && !self.is_message(parent) {
                let top = at(&above, parent);
                set(&mut self.parents, message, top);
                add(&mut children, top, !self.is_message(top));
            }
        }
        for message in 0..first {
            pace.step(1).await;
            let parent = at(&self.parents, message);
            if parent != NONE && !self.is_message(parent) && at(&children, parent) == 1 {
                set(&mut self.parents, message, NONE);
            }
        }
        // Stand-ins that lie below something hold nothing any more.
        for stand_in in first..numbers {
            set(&mut self.parents, stand_in, NONE);
        }
    }

    /// What lies at the top, by date; a stand-in counts as the first below it.
    async fn roots(&self, by_date: &[u32], pace: &mut Pace<'_>) -> Vec<u32> {
        let mut met = vec![false; self.parents.len()];
        let mut roots = Vec::new();
        for message in by_date {
            pace.step(1).await;
            let root = match at(&self.parents, *message) {
                NONE => *message,
                parent if self.is_message(parent) => continue,
                stand_in => stand_in,
            };
            if let Some(met) = met.get_mut(wide(root)).filter(|met| !**met) {
                *met = true;
                roots.push(root);
            }
        }
        roots
    }

    /// RFC 5256, 3, REFERENCES, step 5: puts threads of the same subject together.
    async fn gather_subjects(
        &mut self,
        messages: &[Threaded<'_>],
        by_date: &[u32],
        roots: &[u32],
        pace: &mut Pace<'_>,
    ) {
        // What says the subject of a root: the message itself, or the first below what stands in for it.
        let mut first_below = vec![NONE; self.parents.len()];
        for root in roots.iter().filter(|root| self.is_message(**root)) {
            set(&mut first_below, *root, *root);
        }
        for message in by_date {
            pace.step(1).await;
            let parent = at(&self.parents, *message);
            if parent != NONE && at(&first_below, parent) == NONE {
                set(&mut first_below, parent, *message);
            }
        }
        let speakers: Vec<u32> = roots.iter().map(|root| at(&first_below, *root)).collect();
        let subject = |speaker: &u32| messages.get(wide(*speaker)).map_or(0, |m| m.subject);
        let is_reply = |node: u32| messages.get(wide(node)).is_some_and(|m| m.is_reply);
        let subjects = speakers.iter().map(|speaker| wide(subject(speaker))).max().unwrap_or(0);
        let mut table = vec![NONE; subjects.saturating_add(1)];
        // B.
        for (root, speaker) in roots.iter().zip(&speakers) {
            pace.step(1).await;
            let subject = subject(speaker);
            let there = at(&table, subject);
            let replaces = there == NONE
                || self.is_message(there)
                    && (!self.is_message(*root) || is_reply(there) && !is_reply(*root));
            if subject != 0 && replaces {
                set(&mut table, subject, *root);
            }
        }
        // C. What lay below a stand-in that went lies below the other one.
        let mut moved: Vec<u32> = Vec::new();
        for (root, speaker) in roots.iter().zip(&speakers) {
            pace.step(1).await;
            let subject = subject(speaker);
            let there = at(&table, subject);
            if subject == 0 || there == *root || there == NONE {
                continue;
            }
            if !self.is_message(*root) {
                // The one in the table is a stand-in, too, or it would have been replaced.
                moved.resize(self.parents.len(), NONE);
                set(&mut moved, *root, there);
            } else if !self.is_message(there) || is_reply(*root) && !is_reply(there) {
                set(&mut self.parents, *root, there);
            } else {
                let both = self.stand_in();
                set(&mut self.parents, *root, both);
                set(&mut self.parents, there, both);
                set(&mut table, subject, both);
            }
        }
        if !moved.is_empty() {
            for message in 0..u32::try_from(self.messages).unwrap_or(NONE) {
                let to = at(&moved, at(&self.parents, message));
                if to != NONE {
                    set(&mut self.parents, message, to);
                }
            }
        }
    }

    /// When the latest message of each thread came in, by its root.
    async fn latest_arrivals(&self, messages: &[Threaded<'_>], pace: &mut Pace<'_>) -> Vec<i64> {
        let mut roots = vec![NONE; self.parents.len()];
        let mut latest = vec![i64::MIN; self.parents.len()];
        let mut path = Vec::new();
        for (number, message) in (0..).zip(messages) {
            pace.step(1).await;
            let mut node = number;
            let root = loop {
                if at(&roots, node) != NONE {
                    break at(&roots, node);
                }
                path.push(node);
                match at(&self.parents, node) {
                    NONE => break node,
                    parent => node = parent,
                }
            };
            path.drain(..).for_each(|node| set(&mut roots, node, root));
            if let Some(slot) = latest.get_mut(wide(root)) {
                *slot = (*slot).max(message.arrived);
            }
        }
        latest
    }

    /// All places, each before those below it; siblings by date (RFC 5256, 3, REFERENCES, step 6).
    async fn places(
        &self,
        messages: &[Threaded<'_>],
        by_date: &[u32],
        roots: &[u32],
        pace: &mut Pace<'_>,
    ) -> Vec<ThreadPlace> {
        // The first below each, and the next beside each: put in from the latest on.
        let mut below = vec![NONE; self.parents.len()];
        let mut beside = vec![NONE; self.parents.len()];
        for message in by_date.iter().rev() {
            pace.step(1).await;
            let parent = at(&self.parents, *message);
            if parent != NONE {
                set(&mut beside, *message, at(&below, parent));
                set(&mut below, parent, *message);
            }
        }
        let mut places = Vec::with_capacity(self.parents.len());
        let mut open = Vec::new();
        for root in roots {
            open.push((0u32, *root));
            while let Some((depth, node)) = open.pop() {
                pace.step(1).await;
                let index = messages.get(wide(node)).map(|message| message.index);
                places.push(ThreadPlace { depth, index });
                if depth > 0 && at(&beside, node) != NONE {
                    open.push((depth, at(&beside, node)));
                }
                if at(&below, node) != NONE {
                    open.push((depth.saturating_add(1), at(&below, node)));
                }
            }
        }
        places
    }
}
