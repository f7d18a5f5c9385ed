//! Identifiers of access lists: whom they mean, and how they are written (RFC 4314, 2 and 3).

use mailbox::{AccountId, Grantee, Sign};

use super::outcome::Stop;
use super::session::Session;
use crate::response::Code;

const ANYONE: &str = "anyone";

impl Session<'_> {
    /// Whom an identifier means: `anyone`, or a user by address; with `-` before it, rights are taken.
    pub(crate) fn grantee(&self, identifier: &str) -> Result<(Grantee, Sign), Stop> {
        // RFC 4314, 3: prepared, and refused with BAD where nothing is left.
        let prepared = sasl::prepare(identifier);
        let (sign, name) = match prepared.strip_prefix('-') {
            Some(name) => (Sign::Withheld, name),
            None => (Sign::Given, &*prepared),
        };
        if name.is_empty() || sasl::is_prohibited(name) {
            return Err(Stop::Bad("An identifier is anyone, or the address of a user".into()));
        }
        if name == ANYONE {
            return Ok((Grantee::Anyone, sign));
        }
        match self.service.accounts.number(name) {
            Some(account) => Ok((Grantee::User(account), sign)),
            None => {
                let text = "There is no such user; name one by the address, or anyone";
                Err(Stop::No(Some(Code::NonExistent), text.into()))
            }
        }
    }

    /// How an identifier is written; none: the user is just being removed.
    pub(crate) fn identifier(&self, grantee: Grantee, sign: Sign) -> Option<String> {
        let name = match grantee {
            Grantee::Anyone => ANYONE.to_owned(),
            Grantee::User(account) => self.address(account)?,
        };
        Some(match sign {
            Sign::Given => name,
            Sign::Withheld => format!("-{name}"),
        })
    }

    fn address(&self, account: AccountId) -> Option<String> {
        self.service.accounts.address(account)
    }
}
