//! ANSWERED, UNANSWERED and their like: flags that are set or not (RFC 9051, 6.4.4; RECENT, OLD and NEW: RFC 3501, 6.4.4).

use mailbox::Flags;
use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::Key;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const ANSWERED: Row = Row::new("ANSWERED", |_, _| Ok(Flag::Answered.into()));
pub(super) const DELETED: Row = Row::new("DELETED", |_, _| Ok(Flag::Deleted.into()));
pub(super) const DRAFT: Row = Row::new("DRAFT", |_, _| Ok(Flag::Draft.into()));
pub(super) const FLAGGED: Row = Row::new("FLAGGED", |_, _| Ok(Flag::Flagged.into()));
pub(super) const SEEN: Row = Row::new("SEEN", |_, _| Ok(Flag::Seen.into()));
pub(super) const UNANSWERED: Row = Row::new("UNANSWERED", |_, _| Ok(not(Flag::Answered)));
pub(super) const UNDELETED: Row = Row::new("UNDELETED", |_, _| Ok(not(Flag::Deleted)));
pub(super) const UNDRAFT: Row = Row::new("UNDRAFT", |_, _| Ok(not(Flag::Draft)));
pub(super) const UNFLAGGED: Row = Row::new("UNFLAGGED", |_, _| Ok(not(Flag::Flagged)));
pub(super) const UNSEEN: Row = Row::new("UNSEEN", |_, _| Ok(not(Flag::Seen)));
pub(super) const RECENT: Row = Row::new("RECENT", |_, _| Ok(Flag::Recent.into()));
pub(super) const OLD: Row = Row::new("OLD", |_, _| Ok(not(Flag::Recent)));
pub(super) const NEW: Row =
    Row::new("NEW", |_, _| Ok(Key::And(vec![Flag::Recent.into(), not(Flag::Seen)])));

/// The flag is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `\Answered`
    Answered,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `\Flagged`
    Flagged,
    /// `\Recent`
    Recent,
    /// `\Seen`
    Seen,
}

fn not(flag: Flag) -> Key {
    Key::from(flag).negate()
}

impl Flag {
    const fn name(self) -> &'static str {
        match self {
            Flag::Answered => "ANSWERED",
            Flag::Deleted => "DELETED",
            Flag::Draft => "DRAFT",
            Flag::Flagged => "FLAGGED",
            Flag::Recent => "RECENT",
            Flag::Seen => "SEEN",
        }
    }
}

impl Term for Flag {
    fn print(&self, out: &mut CommandWriter) {
        out.raw(self.name());
    }

    fn print_not(&self, out: &mut CommandWriter) -> bool {
        if *self == Flag::Recent {
            return false;
        }
        out.raw("UN");
        out.raw(self.name());
        true
    }
}

impl Look for Flag {
    fn query(&self, view: &View) -> Result<Query, Stop> {
        Ok(match self {
            Flag::Answered => Query::Has(Flags::ANSWERED),
            Flag::Deleted => Query::Has(Flags::DELETED),
            Flag::Draft => Query::Has(Flags::DRAFT),
            Flag::Flagged => Query::Has(Flags::FLAGGED),
            Flag::Recent => Query::Uids(view.recent().clone()),
            Flag::Seen => Query::Has(Flags::SEEN),
        })
    }
}
