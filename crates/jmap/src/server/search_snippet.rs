//! Search snippets: where in an email stands what was looked for (RFC 8621, 5).

mod get;
mod marks;

use super::Context;
use crate::run::Row;

pub(super) const ROWS: &[Row<Context>] = &[get::ROW];
