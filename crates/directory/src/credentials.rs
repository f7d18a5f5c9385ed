//! Whether what let somebody in once would let them in still: what a program left behind goes with it.

use mailbox::{AccountId, Fault};
use sasl::Credential;

use crate::keys;
use crate::people::{People, record};
use crate::records::{AppPasswordRecord, TokenRecord, UserRecord};

/// The mark of a main password, by its hash, which has a salt of its own for each: nobody learns anything of the password from it.
pub(crate) fn password_mark(hash: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(hash.as_bytes()).as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl People {
    /// Whether a credential of somebody is good still: neither taken back nor over.
    pub fn is_good(&self, account: AccountId, credential: Credential) -> Result<bool, Fault> {
        let snapshot = self.snapshot()?;
        let Some(user) = record::<UserRecord>(&*snapshot, &keys::user(account))? else {
            return Ok(false);
        };
        if user.disabled {
            return Ok(false);
        }
        Ok(match credential {
            Credential::Password(mark) => {
                !user.only_app_passwords && mark == password_mark(&user.hash)
            }
            Credential::Key(id) => {
                let app = keys::app_password(account, id);
                if record::<AppPasswordRecord>(&*snapshot, &app)?.is_some() {
                    return Ok(true);
                }
                let token = record::<TokenRecord>(&*snapshot, &keys::token(account, id))?;
                token.is_some_and(|token| token.expires.is_none_or(|end| self.now_s() < end))
            }
            Credential::Page(id) => {
                self.page_sessions(account)?.iter().any(|session| session.id == id)
            }
            Credential::Other => true,
        })
    }
}
