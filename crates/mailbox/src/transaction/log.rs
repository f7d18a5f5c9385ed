//! The change log, in a transaction.

use super::Transaction;
use crate::operations::What;
use crate::{ModSeq, Who, layout, records};

impl Transaction<'_, '_> {
    /// Writes a line of the change log.
    pub(crate) fn log(&mut self, modseq: ModSeq, who: &Who, what: &What) {
        let line = records::write_change(self.now(), who, what);
        self.put(layout::change(self.account(), modseq), line);
    }
}
