//! The commands, one a file: each parses, prints and runs.

pub(crate) mod apop;
pub(crate) mod auth;
pub(crate) mod capa;
pub(crate) mod dele;
pub(crate) mod lang;
pub(crate) mod list;
pub(crate) mod noop;
pub(crate) mod pass;
pub(crate) mod quit;
pub(crate) mod retr;
pub(crate) mod rset;
pub(crate) mod stat;
pub(crate) mod stls;
pub(crate) mod top;
pub(crate) mod uidl;
pub(crate) mod user;
pub(crate) mod utf8;

pub use apop::Apop;
pub use auth::Auth;
pub use dele::Dele;
pub use lang::Lang;
pub use list::List;
pub use pass::Pass;
pub use retr::Retr;
pub use top::Top;
pub use uidl::Uidl;
pub use user::User;
