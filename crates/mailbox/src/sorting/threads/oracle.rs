//! The algorithms once more, word for word as RFC 5256 has them and with no thought of speed, to compare the quick ones with.

use lane::Turns;
use proptest::prelude::*;

use super::{NO_ID, Threaded, thread};
use crate::{ThreadAlgorithm, ThreadPlace};

#[derive(Clone, Debug)]
struct Mail {
    sent: i64,
    arrived: i64,
    subject: u32,
    is_reply: bool,
    own: Option<u32>,
    references: Vec<u32>,
}

/// A message or a dummy in the tree.
#[derive(Clone, Debug, Default)]
struct Node {
    mail: Option<usize>,
    parent: Option<usize>,
    children: Vec<usize>,
}

struct Tree<'m> {
    mails: &'m [Mail],
    nodes: Vec<Node>,
    root: Vec<usize>,
}

impl Tree<'_> {
    fn is_below(&self, node: usize, top: usize) -> bool {
        node == top || self.nodes[top].children.iter().any(|child| self.is_below(node, *child))
    }

    fn unlink(&mut self, child: usize) {
        if let Some(parent) = self.nodes[child].parent.take() {
            self.nodes[parent].children.retain(|other| *other != child);
        }
    }

    fn link(&mut self, parent: usize, child: usize) {
        if !self.is_below(parent, child) {
            self.nodes[child].parent = Some(parent);
            self.nodes[parent].children.push(child);
        }
    }

    /// Step 1.
    fn grow(&mut self) {
        self.nodes =
            (0..self.mails.len()).map(|at| Node { mail: Some(at), ..Node::default() }).collect();
        let mut ids = std::collections::HashMap::new();
        for (at, mail) in self.mails.iter().enumerate() {
            if let Some(own) = mail.own {
                ids.entry(own).or_insert(at);
            }
        }
        for (at, mail) in self.mails.iter().enumerate() {
            let mut chain = Vec::new();
            for id in &mail.references {
                let next = self.nodes.len();
                let node = *ids.entry(*id).or_insert(next);
                if node == next {
                    self.nodes.push(Node::default());
                }
                chain.push(node);
            }
            for pair in chain.windows(2) {
                if self.nodes[pair[1]].parent.is_none() {
                    self.link(pair[0], pair[1]);
                }
            }
            self.unlink(at);
            if let Some(last) = chain.last() {
                self.link(*last, at);
            }
        }
    }

    /// Step 3 for what lies below a node.
    fn pruned(&self, nodes: &[usize], is_root: bool) -> Vec<(usize, Vec<usize>)> {
        let mut kept = Vec::new();
        for node in nodes {
            let below = self.pruned(&self.nodes[*node].children, false);
            let names: Vec<usize> = below.iter().map(|(name, _)| *name).collect();
            if self.nodes[*node].mail.is_some() || is_root && below.len() > 1 {
                kept.push((*node, names));
            } else {
                kept.extend(below);
            }
        }
        kept
    }

    fn prune(&mut self) {
        let tops: Vec<usize> =
            (0..self.nodes.len()).filter(|node| self.nodes[*node].parent.is_none()).collect();
        // From the leaves up, until nothing changes: one pass is enough for `pruned`, which looks at all of it.
        let mut todo = self.pruned(&tops, true);
        self.root = todo.iter().map(|(node, _)| *node).collect();
        let mut all = Vec::new();
        while let Some((node, names)) = todo.pop() {
            let below = self.pruned(&self.nodes[node].children, false);
            all.push((node, names));
            todo.extend(below);
        }
        for (node, names) in all {
            for child in &names {
                self.nodes[*child].parent = Some(node);
            }
            self.nodes[node].children = names;
        }
        for node in self.root.clone() {
            self.nodes[node].parent = None;
        }
    }

    fn date(&self, node: usize) -> (i64, usize) {
        match self.nodes[node].mail {
            Some(mail) => (self.mails[mail].sent, mail),
            None => self.nodes[node].children.iter().map(|child| self.date(*child)).min().unwrap(),
        }
    }

    fn first(&self, node: usize) -> usize {
        match self.nodes[node].mail {
            Some(mail) => mail,
            None => self.date(node).1,
        }
    }

    fn sort_root(&mut self) {
        let mut root = std::mem::take(&mut self.root);
        root.sort_by_key(|node| self.date(*node));
        self.root = root;
    }

    fn is_reply(&self, node: usize) -> bool {
        self.nodes[node].mail.is_some_and(|mail| self.mails[mail].is_reply)
    }

    /// Step 5.
    fn gather(&mut self) {
        let mut table = std::collections::HashMap::new();
        let subject = |tree: &Self, node: usize| tree.mails[tree.first(node)].subject;
        for node in self.root.clone() {
            let name = subject(self, node);
            if name == 0 {
                continue;
            }
            match table.get(&name).copied() {
                None => {
                    table.insert(name, node);
                }
                Some(there) => {
                    let not_dummy = self.nodes[there].mail.is_some();
                    let is_dummy = self.nodes[node].mail.is_none();
                    if not_dummy && (is_dummy || self.is_reply(there) && !self.is_reply(node)) {
                        table.insert(name, node);
                    }
                }
            }
        }
        // What the threads were called when the table was made: gathering does not rename them.
        let names: Vec<(usize, u32)> =
            self.root.iter().map(|node| (*node, subject(self, *node))).collect();
        for (node, name) in names {
            let there = if name == 0 { node } else { table[&name] };
            if there == node {
                continue;
            }
            self.root.retain(|other| *other != node);
            let (is_dummy, there_is_dummy) =
                (self.nodes[node].mail.is_none(), self.nodes[there].mail.is_none());
            if is_dummy && there_is_dummy {
                for child in std::mem::take(&mut self.nodes[node].children) {
                    self.nodes[child].parent = Some(there);
                    self.nodes[there].children.push(child);
                }
            } else if there_is_dummy || self.is_reply(node) && !self.is_reply(there) {
                self.nodes[node].parent = Some(there);
                self.nodes[there].children.push(node);
            } else {
                self.root.retain(|other| *other != there);
                let both = self.nodes.len();
                self.nodes.push(Node { children: vec![there, node], ..Node::default() });
                self.nodes[there].parent = Some(both);
                self.nodes[node].parent = Some(both);
                self.root.push(both);
                table.insert(name, both);
            }
        }
    }

    /// Step 6, and the answer.
    fn places(&self, nodes: &[usize], depth: u32, places: &mut Vec<ThreadPlace>) {
        for node in nodes {
            let index = self.nodes[*node].mail.map(|mail| mail as u32);
            places.push(ThreadPlace { depth, index });
            let mut children = self.nodes[*node].children.clone();
            children.sort_by_key(|child| self.date(*child));
            self.places(&children, depth + 1, places);
        }
    }

    fn latest(&self, node: usize) -> i64 {
        let own = self.nodes[node].mail.map_or(i64::MIN, |mail| self.mails[mail].arrived);
        let below = self.nodes[node].children.iter().map(|child| self.latest(*child));
        below.fold(own, i64::max)
    }
}

fn by_the_book(mails: &[Mail], algorithm: ThreadAlgorithm) -> Vec<ThreadPlace> {
    let mut tree = Tree { mails, nodes: Vec::new(), root: Vec::new() };
    if algorithm == ThreadAlgorithm::OrderedSubject {
        let mut order: Vec<usize> = (0..mails.len()).collect();
        order.sort_by_key(|at| (mails[*at].subject, mails[*at].sent, *at));
        let mut threads: Vec<Vec<usize>> = order
            .chunk_by(|a, b| mails[*a].subject == mails[*b].subject)
            .map(<[_]>::to_vec)
            .collect();
        threads.sort_by_key(|thread| (mails[thread[0]].sent, thread[0]));
        let place = |depth, at: &usize| ThreadPlace { depth, index: Some(*at as u32) };
        return threads
            .iter()
            .flat_map(|thread| thread.iter().enumerate().map(|(n, at)| place(n.min(1) as u32, at)))
            .collect();
    }
    tree.grow();
    tree.prune();
    tree.sort_root();
    if algorithm == ThreadAlgorithm::References {
        tree.gather();
        tree.sort_root();
    } else {
        let mut root = tree.root.clone();
        root.sort_by_key(|node| tree.latest(*node));
        tree.root = root;
    }
    let mut places = Vec::new();
    tree.places(&tree.root, 0, &mut places);
    places
}

fn quickly(mails: &[Mail], algorithm: ThreadAlgorithm) -> Vec<ThreadPlace> {
    let messages: Vec<Threaded<'_>> = mails
        .iter()
        .enumerate()
        .map(|(at, mail)| Threaded {
            index: at as u32,
            sent: mail.sent,
            arrived: mail.arrived,
            subject: mail.subject,
            is_reply: mail.is_reply,
            own: mail.own.unwrap_or(NO_ID),
            references: &mail.references,
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(thread(&messages, algorithm, IDS as usize, &Turns::default()))
}

const IDS: u32 = 14;

fn mails() -> impl Strategy<Value = Vec<Mail>> {
    let mail = (
        0..6i64,
        0..6i64,
        0..4u32,
        any::<bool>(),
        prop::option::weighted(0.9, 0..IDS),
        prop::collection::vec(0..IDS, 0..4),
    );
    let mail = mail.prop_map(|(sent, arrived, subject, is_reply, own, references)| Mail {
        sent,
        arrived,
        subject,
        is_reply,
        own,
        references,
    });
    prop::collection::vec(mail, 0..16)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn threads_are_those_of_the_standard(mails in mails()) {
        for algorithm in [
            ThreadAlgorithm::OrderedSubject,
            ThreadAlgorithm::References,
            ThreadAlgorithm::Refs,
        ] {
            let want = by_the_book(&mails, algorithm);
            prop_assert_eq!(quickly(&mails, algorithm), want, "{:?}", algorithm);
        }
    }
}

#[test]
fn a_long_chain_costs_no_more_than_its_length_in_any_order() {
    let count = 50_000u32;
    for order in [0, 1, 2] {
        let number = |at: u32| match order {
            0 => at,
            1 => count - 1 - at,
            _ => (at * 7_919) % count,
        };
        let references: Vec<Vec<u32>> =
            (0..count).map(|at| number(at).checked_sub(1).into_iter().collect()).collect();
        let messages: Vec<Threaded<'_>> = (0..count)
            .map(|at| Threaded {
                index: at,
                sent: number(at).into(),
                arrived: 0,
                subject: 0,
                is_reply: false,
                own: number(at),
                references: &references[at as usize],
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let algorithm = ThreadAlgorithm::References;
        let turns = Turns::default();
        let threads = thread(&messages, algorithm, count as usize, &turns);
        let places = runtime.block_on(threads);
        let chain = places.iter().zip(0..).all(|(place, depth)| place.depth == depth);
        assert!(chain && places.len() == count as usize, "order {order}");
    }
}
