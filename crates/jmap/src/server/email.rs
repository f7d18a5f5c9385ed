//! Emails (RFC 8621, 4).

mod changes;
mod get;
mod kept;
mod keywords;
mod properties;
mod query;
mod query_changes;

use super::Context;
use super::mail::CAPABILITY;
use crate::run::Row;

pub(super) use kept::KeptOctets;
pub(super) use query::condition::{Condition, Place, condition};

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, changes::ROW, query::ROW, query_changes::ROW];
