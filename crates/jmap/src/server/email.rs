//! Emails (RFC 8621, 4).

mod by_query;
mod change;
mod changes;
mod copy;
mod create;
mod get;
mod import;
mod kept;
pub(super) mod keywords;
mod parse;
mod placing;
mod properties;
mod query;
mod query_changes;
pub(super) mod set;
mod statistics;
mod undo;
mod written;

use super::Context;
use super::mail::CAPABILITY;
use crate::run::Row;

pub(super) use by_query::DESCRIBED as BULK;
pub(super) use kept::KeptOctets;
pub(super) use query::condition::{Condition, Place, condition};
pub(super) use query::find::OfMessage;
pub(super) use statistics::DESCRIBED as SPACE;

pub(super) const ROWS: &[Row<Context>] = &[
    get::ROW,
    changes::ROW,
    query::ROW,
    query_changes::ROW,
    set::ROW,
    copy::ROW,
    import::ROW,
    parse::ROW,
    by_query::ROW,
    undo::ROW,
    statistics::ROW,
];
