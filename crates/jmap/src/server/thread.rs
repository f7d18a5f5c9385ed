//! Threads (RFC 8621, 3).

mod changes;
mod get;

use super::Context;
use super::mail::CAPABILITY;
use crate::run::Row;

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, changes::ROW];
