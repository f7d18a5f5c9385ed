//! LOGIN: Logs in with name and password (RFC 9051, 6.2.3).

use std::fmt;

use super::{Command, Row, Stage};
use crate::Syntax;
use crate::wire::{Args, CommandWriter};

pub(super) const ROW: Row =
    Row { name: "LOGIN", stage: Stage::NotAuthenticated, capability: None, parse };

/// Logs in with name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// Who.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

fn parse(args: &mut Args<'_>) -> Result<Command, Syntax> {
    args.space()?;
    let user = args.astring_text()?.into_owned();
    args.space()?;
    let password = args.astring_text()?.into_owned();
    args.end()?;
    Ok(Command::Login(Login { user, password }))
}

impl Login {
    pub(super) fn print(&self, out: &mut CommandWriter) {
        out.raw("LOGIN ");
        out.astring(self.user.as_bytes());
        out.space();
        out.astring(self.password.as_bytes());
    }
}
