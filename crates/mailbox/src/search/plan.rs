//! The plan of a search: its keys by what it costs to ask them, and how their answers go together. A query is turned
//! into a flat program, so that neither reading nor running it recurses on what a peer sent.

use std::sync::Arc;

use super::Query;
use super::found::Found;
use super::fuzzy::{Meant, Ranks};
use super::key::{Cost, Key};
use super::relevance::{Relevance, rarity};
use super::sources::Sources;
use crate::shared::AccountShared;
use crate::{Collation, Entry, Fault, MailboxState, UidSet};

/// Up to so many costly keys the plan looks after each whether it knows enough.
const PATIENT_KEYS_MAX: usize = 64;

/// What a step of the program costs, in octets of reading.
const STEP_COST_OCTETS: u64 = 16;

/// A step of the program: takes answers off a stack, puts one on.
enum Step {
    Key(usize),
    Not,
    And(usize),
    Or(usize),
    Constant(bool),
}

/// Whether an entry matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    /// What would tell is damaged.
    Unknown,
}

impl From<bool> for Match {
    fn from(matches: bool) -> Match {
        if matches { Match::Yes } else { Match::No }
    }
}

/// A query made ready to run.
pub(super) struct Plan {
    program: Vec<Step>,
    /// With the step where each stands; the cheap ones first.
    keys: Vec<Key>,
    uids: Option<UidSet>,
    /// Whether nothing is read for any of them.
    in_memory: bool,
    /// What the words say about some of them.
    found: Option<Found>,
    answers: Vec<Option<bool>>,
    stack: Vec<Option<bool>>,
    /// The index of the key to ask next.
    next: usize,
    /// What the key before it cost.
    last: Cost,
}

impl Plan {
    pub(super) fn new(
        query: Query,
        state: &MailboxState,
        account: &Arc<AccountShared>,
        collation: Collation,
    ) -> Plan {
        let uids = top_uids(&query);
        let (mut program, mut keys) = flatten(query, state, collation);
        // The keys are asked in the order of their cost.
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_key(|index| keys.get(*index).map(Key::cost));
        let mut new_index = vec![0; keys.len()];
        for (new, old) in order.iter().enumerate() {
            if let Some(slot) = new_index.get_mut(*old) {
                *slot = new;
            }
        }
        for step in &mut program {
            if let Step::Key(index) = step {
                *index = new_index.get(*index).copied().unwrap_or_default();
            }
        }
        keys.sort_by_key(Key::cost);
        let in_memory = keys.last().is_none_or(|key| key.cost() == Cost::Memory);
        let found = if in_memory { None } else { Found::begin(account, &keys) };
        Plan {
            program,
            keys,
            uids,
            in_memory,
            found,
            answers: Vec::new(),
            stack: Vec::new(),
            next: 0,
            last: Cost::Memory,
        }
    }

    /// The UIDs outside of which nothing matches, when the query names some.
    pub(super) fn uids(&self) -> Option<&UidSet> {
        self.uids.as_ref()
    }

    /// Asks the words before any entry is looked at, about `cost_octets` worth of it. Says whether that is done.
    pub(super) fn prepare(&mut self, cost_octets: u64) -> Result<bool, Fault> {
        match &mut self.found {
            Some(found) => found.step(cost_octets),
            None => Ok(true),
        }
    }

    /// Whether an entry matches, where memory and words tell; none otherwise. What it costs is added to `spent`.
    pub(super) fn matches_in_memory(&mut self, entry: &Entry, spent: &mut u64) -> Option<bool> {
        if !self.in_memory && self.found.is_none() {
            return None;
        }
        *spent = spent.saturating_add(self.outcome_cost());
        self.answer_at_once(entry);
        let answers = &self.answers;
        let outcome =
            run(&self.program, &mut self.stack, |index| answers.get(index).copied().flatten());
        if self.in_memory { Some(outcome.unwrap_or(false)) } else { outcome }
    }

    /// The answers that nothing has to be read for.
    fn answer_at_once(&mut self, entry: &Entry) {
        self.answers.clear();
        self.answers.extend(self.keys.iter().map(|key| key.answer_from_memory(entry)));
        let Some(found) = &self.found else { return };
        for (at, key) in found.keys().enumerate() {
            if let Some(answer) = self.answers.get_mut(key) {
                *answer = found.answer(at, entry.email);
            }
        }
    }

    /// Begins to ask about another entry.
    pub(super) fn turn_to(&mut self, entry: &Entry, sources: &mut Sources) {
        sources.turn_to(entry.email);
        self.answer_at_once(entry);
        (self.next, self.last) = (0, Cost::Memory);
    }

    /// Whether the entry turned to matches. Reads no more than it takes to know. None: asking went on until what it cost,
    /// which is added to `spent`, reached `cost_octets`; asked again, it goes on with the next key. A key that cannot be
    /// answered because what it is about is damaged stays without an answer; the others may decide.
    pub(super) fn matches(
        &mut self,
        entry: &Entry,
        sources: &mut Sources,
        spent: &mut u64,
        cost_octets: u64,
    ) -> Result<Option<Match>, Fault> {
        while let Some(key) = self.keys.get(self.next) {
            let (cost, last) = (key.cost(), self.last);
            let patient = last == Cost::Memory || self.keys.len() > PATIENT_KEYS_MAX;
            if cost != last || !patient {
                *spent = spent.saturating_add(self.outcome_cost());
                if let Some(known) = self.outcome() {
                    return Ok(Some(known.into()));
                }
            }
            self.last = cost;
            if self.answers.get(self.next).is_some_and(Option::is_some) {
                self.next = self.next.saturating_add(1);
                continue;
            }
            let Some(key) = self.keys.get(self.next) else { break };
            let answer = match key.ask(entry, sources) {
                Err(fault) if fault.is_damaged() => None,
                answer => Some(answer?),
            };
            if let Some(slot) = self.answers.get_mut(self.next) {
                *slot = answer;
            }
            self.next = self.next.saturating_add(1);
            *spent = spent.saturating_add(sources.take_cost());
            if *spent >= cost_octets && self.next < self.keys.len() {
                return Ok(None);
            }
        }
        *spent = spent.saturating_add(self.outcome_cost());
        Ok(Some(self.outcome().map_or(Match::Unknown, Match::from)))
    }

    /// The texts that say how relevant a message is, with their places among the keys.
    fn ranking(&self) -> impl Iterator<Item = (usize, &Meant)> {
        self.keys.iter().enumerate().filter_map(|(at, key)| {
            let Key::Fuzzy(meant) = key else { return None };
            (meant.ranks == Ranks::Yes).then_some((at, meant))
        })
    }

    /// Notes how strongly an entry, to which the sources have turned, has the words that were meant.
    pub(super) fn weigh(
        &self,
        entry: &Entry,
        sources: &mut Sources,
        relevance: &mut Relevance,
    ) -> Result<(), Fault> {
        if relevance.is_empty() {
            // The words were asked before the first entry was looked at: how many emails have each is known.
            relevance.weigh_by(self.rarities());
        }
        let mut strengths = Vec::new();
        for (key, meant) in self.ranking() {
            if self
                .found
                .as_ref()
                .is_some_and(|found| found.weigh(key, entry.email, &mut strengths))
            {
                continue;
            }
            match sources.strengths(meant) {
                Ok((more, _)) => strengths.extend(more),
                Err(fault) if fault.is_damaged() => {
                    strengths.extend(std::iter::repeat_n(0, meant.terms.len()));
                }
                Err(fault) => return Err(fault),
            }
        }
        relevance.add(&strengths);
        Ok(())
    }

    /// How rare each word is of those that say how relevant a message is.
    fn rarities(&self) -> Vec<u32> {
        let mut rarities = Vec::new();
        for (key, meant) in self.ranking() {
            let known = self.found.as_ref().and_then(|found| found.having(key));
            match known {
                Some((messages, having)) => {
                    rarities.extend(having.into_iter().map(|having| rarity(messages, having)));
                }
                None => rarities.extend(meant.terms.iter().map(|_| rarity(1, 1))),
            }
        }
        rarities
    }

    /// What running the program costs.
    fn outcome_cost(&self) -> u64 {
        let steps = u64::try_from(self.program.len()).unwrap_or(u64::MAX);
        steps.saturating_mul(STEP_COST_OCTETS)
    }

    /// Runs the program on the answers so far. None: that depends on answers still missing.
    fn outcome(&mut self) -> Option<bool> {
        let answers = &self.answers;
        run(&self.program, &mut self.stack, |index| answers.get(index).copied().flatten())
    }
}

/// Runs a program on the answers of its keys.
fn run(
    program: &[Step],
    stack: &mut Vec<Option<bool>>,
    answer: impl Fn(usize) -> Option<bool>,
) -> Option<bool> {
    stack.clear();
    for step in program {
        let result = match step {
            Step::Key(index) => answer(*index),
            Step::Constant(value) => Some(*value),
            Step::Not => stack.pop().flatten().map(|value| !value),
            Step::And(count) => fold(stack, *count, false),
            Step::Or(count) => fold(stack, *count, true),
        };
        stack.push(result);
    }
    stack.pop().flatten()
}

/// Takes so many answers off the stack: one that decides decides, otherwise one that is missing is missed.
fn fold(stack: &mut Vec<Option<bool>>, count: usize, decides: bool) -> Option<bool> {
    let from = stack.len().saturating_sub(count);
    let mut result = Some(!decides);
    for answer in stack.drain(from..) {
        match answer {
            Some(value) if value == decides => result = Some(decides),
            None if result != Some(decides) => result = None,
            Some(_) | None => {}
        }
    }
    result
}

/// The UIDs that the query asks for in any case.
fn top_uids(query: &Query) -> Option<UidSet> {
    let all =
        if let Query::And(all) = query { all.as_slice() } else { std::slice::from_ref(query) };
    let sets =
        all.iter().filter_map(|key| if let Query::Uids(uids) = key { Some(uids) } else { None });
    sets.cloned().reduce(|a, b| a.intersection(&b))
}

/// How a part of a query is taken.
#[derive(Clone, Copy)]
struct Taken {
    texts: Texts,
    ranks: Ranks,
}

/// How texts are matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    AsTheyAre,
    AsTheyAreMeant,
}

/// Writes the query as a program that takes its answers from a stack.
fn flatten(query: Query, state: &MailboxState, collation: Collation) -> (Vec<Step>, Vec<Key>) {
    enum Task {
        Visit(Query, Taken),
        Emit(Step),
    }
    let (mut program, mut keys) = (Vec::new(), Vec::new());
    let mut tasks = vec![Task::Visit(query, Taken { texts: Texts::AsTheyAre, ranks: Ranks::Yes })];
    while let Some(task) = tasks.pop() {
        let (query, taken) = match task {
            Task::Emit(step) => {
                program.push(step);
                continue;
            }
            Task::Visit(query, taken) => (query, taken),
        };
        let several = |tasks: &mut Vec<Task>, step: Step, all: Vec<Query>, taken: Taken| {
            tasks.push(Task::Emit(step));
            tasks.extend(all.into_iter().map(|query| Task::Visit(query, taken)));
        };
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "all others are keys, which Key::new matches"
        )]
        match query {
            Query::All => program.push(Step::Constant(true)),
            Query::Nothing => program.push(Step::Constant(false)),
            Query::And(all) => several(&mut tasks, Step::And(all.len()), all, taken),
            Query::Or(all) => several(&mut tasks, Step::Or(all.len()), all, taken),
            Query::Not(inner) => {
                let ranks = if taken.ranks == Ranks::Yes { Ranks::No } else { Ranks::Yes };
                several(&mut tasks, Step::Not, vec![*inner], Taken { ranks, ..taken });
            }
            Query::Fuzzy(inner) => {
                tasks.push(Task::Visit(*inner, Taken { texts: Texts::AsTheyAreMeant, ..taken }));
            }
            key => match key_of(key, taken, state, collation) {
                Some(key) => {
                    program.push(Step::Key(keys.len()));
                    keys.push(key);
                }
                None => program.push(Step::Constant(false)),
            },
        }
    }
    (program, keys)
}

fn key_of(query: Query, taken: Taken, state: &MailboxState, collation: Collation) -> Option<Key> {
    let meant = match taken.texts {
        Texts::AsTheyAreMeant => Meant::by(&query, taken.ranks),
        Texts::AsTheyAre => None,
    };
    meant.map(Key::Fuzzy).or_else(|| Key::new(query, state, collation))
}
