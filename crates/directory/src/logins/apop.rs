//! APOP (RFC 1939, 7): only for app passwords that were made for it, since MD5 can be checked by none but who has
//! the secret itself. It is for old programs, and so the one way to log in that is open without TLS: the secret does
//! not travel, and cannot be guessed from what does, for it is 128 random bits. The mail that follows can be read.

use md5::{Digest as _, Md5};
use sasl::{Apop, Denied, Login, Secret};

use super::verdicts::Verdict;
use super::{Logins, Origin, WRONG, verdict_of};

impl Logins {
    pub(super) async fn check_apop(&self, apop: &Apop<'_>) -> Result<Login, Denied> {
        let origin = Origin::new(apop.peer, apop.door);
        let named = self.named(apop.login)?;
        let address = named.as_ref().map(|named| &named.address);
        self.before(origin, address).await?;
        let stored = match address {
            Some(address) => self.stored(address)?,
            None => None,
        };
        // A name without secrets has one digest computed too, and all of a name are, so that the time tells nothing.
        let mut right = None;
        let unfit = fits(apop, b"a secret that nobody has");
        for (id, device, secret) in stored.iter().flat_map(|stored| stored.apop_secrets()) {
            if fits(apop, secret) {
                right = Some((id, device));
            }
        }
        if let (Some((id, device)), Some(stored), false) = (right, &stored, unfit) {
            let Verdict::Right(login) = verdict_of(stored, Some((id, device))) else {
                return Err(self.disabled(&stored.record.address, origin));
            };
            self.people.note_use(stored.account, id).await;
            return Ok(self.right(login, origin));
        }
        let name = address.map_or_else(|| apop.login.to_owned(), ToString::to_string);
        Err(self.wrong(Some(&name), origin, WRONG).await)
    }
}

fn fits(apop: &Apop<'_>, secret: &[u8]) -> bool {
    let mut digest = Md5::new();
    digest.update(apop.timestamp.as_bytes());
    digest.update(secret);
    let digest: [u8; 16] = digest.finalize().into();
    Secret::new(digest).equals(&apop.digest)
}
