//! Mailboxes (RFC 8621, 2).

mod changes;
mod get;
mod listing;
mod query;
mod query_changes;
mod set;

use super::Context;
use super::mail::CAPABILITY;
use crate::run::Row;

pub(super) const ROWS: &[Row<Context>] =
    &[get::ROW, changes::ROW, query::ROW, query_changes::ROW, set::ROW];
