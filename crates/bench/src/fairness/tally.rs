//! What a load got done, so that the table can say that there was one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of one load.
#[derive(Default)]
pub(crate) struct Tally {
    done: AtomicU64,
    refused: AtomicU64,
    refusal: Mutex<Option<String>>,
}

impl Tally {
    /// A command, delivery or program came to its end.
    pub(crate) fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// One was refused.
    pub(crate) fn refused(&self, refusal: &anyhow::Error) {
        self.refused.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut last) = self.refusal.lock() {
            *last = Some(refusal.root_cause().to_string().chars().take(80).collect());
        }
    }

    /// As people read it: `12 done, 3 refused ("a NO [LIMIT] ...")`.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("{} done", self.done.load(Ordering::Relaxed));
        let refusal = self.refusal.lock().ok().and_then(|refusal| refusal.clone());
        if let Some(refusal) = refusal {
            text += &format!(", {} refused (\"{refusal}\")", self.refused.load(Ordering::Relaxed));
        }
        text
    }
}
