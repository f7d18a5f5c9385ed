//! Walking through snapshots and reading files of them.

use std::io::Write;

use rustic_core::IndexedFullStatus;
use rustic_core::repofile::{Node, NodeType};

use crate::bridge::Trouble;
use crate::fault::Fault;
use crate::limits::DEPTH_MAX;
use crate::snapshots::Snapshot;

/// A repository whose index is in memory.
#[derive(Debug)]
pub struct Reading {
    pub(crate) library: rustic_core::Repository<IndexedFullStatus>,
    pub(crate) trouble: Trouble,
}

/// A file of a snapshot.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path below the folder that was backed up, with slashes.
    pub path: String,
    /// Its size.
    pub octets: u64,
    pub(crate) node: Node,
}

impl Reading {
    /// The files of a snapshot, by the order of their paths.
    pub fn files(&self, snapshot: &Snapshot) -> Result<Vec<Entry>, Fault> {
        let mut files = Vec::new();
        self.walk(snapshot, &mut |entry| files.push(entry), &mut |_, fault| Err(fault))?;
        Ok(files)
    }

    /// Walks through a snapshot. `missing` hears of folders that cannot be read, and says whether the walk goes on.
    pub(crate) fn walk(
        &self,
        snapshot: &Snapshot,
        found: &mut dyn FnMut(Entry),
        missing: &mut dyn FnMut(&str, Fault) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        // The way down from the root to the folder that was backed up is no part of the paths.
        let above = snapshot.path.split('/').filter(|level| !level.is_empty()).count();
        let mut waiting = vec![(Vec::<String>::new(), snapshot.file.tree)];
        while let Some((levels, tree)) = waiting.pop() {
            let shown = levels.get(above..).unwrap_or_default().join("/");
            let tree = match self.trouble.instead(self.library.get_tree(&tree)) {
                Ok(tree) => tree,
                Err(fault) => {
                    missing(&shown, fault)?;
                    continue;
                }
            };
            let mut below = Vec::new();
            for node in tree.nodes {
                let mut levels = levels.clone();
                levels.push(node.name().to_string_lossy().into_owned());
                match (&node.node_type, node.subtree) {
                    (NodeType::Dir, Some(tree)) if levels.len() <= DEPTH_MAX => {
                        below.push((levels, tree));
                    }
                    (NodeType::File, _) => {
                        let path = levels.get(above..).unwrap_or_default().join("/");
                        found(Entry { path, octets: node.meta.size, node });
                    }
                    // Nothing else is in a backup of ours.
                    _ => {}
                }
            }
            below.reverse();
            waiting.append(&mut below);
        }
        Ok(())
    }

    /// Writes the octets of a file somewhere. All of them are compared with their checksums on the way.
    pub fn read(&self, entry: &Entry, to: &mut dyn Write) -> Result<(), Fault> {
        let mut to = to;
        self.trouble.instead(self.library.dump(&entry.node, &mut to))
    }

    /// The octets of a small file.
    pub fn octets(&self, entry: &Entry) -> Result<Vec<u8>, Fault> {
        let mut octets = Vec::new();
        self.read(entry, &mut octets)?;
        Ok(octets)
    }
}
