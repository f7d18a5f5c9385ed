//! Passwords to hashes and back to a verdict: Argon2id, and the keys of SCRAM. Slow on purpose, so it runs on
//! blocking threads, few at a time.

mod rooms;
mod turns;

use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use machine::random;
use mailbox::Fault;
use sasl::{ScramKey, Secret};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::limits::HASHES_AT_ONCE_MAX;
use crate::logins::Source;
use crate::records::{MAIN_PASSWORD, Octets, ScramRecord};

use self::rooms::Rooms;
pub(crate) use self::turns::{Standing, Turn};

/// A hash that fits no password, checked when a name is unknown so that it takes as long as for a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether SCRAM keys are stored beside the hash. They let programs log in without sending the password, but a thief
/// guesses passwords from them faster than from Argon2id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScramKeys {
    /// They are.
    Store,
    /// They are not.
    Omit,
}

/// What is kept of a password.
pub(crate) struct Hashed {
    pub(crate) hash: String,
    pub(crate) scram: Option<ScramRecord>,
}

/// The bounded pool in which passwords are checked.
pub(crate) struct Hasher {
    turns: turns::Turns,
    rooms: Arc<Rooms>,
}

/// The bounded pool in which new passwords are hashed. It has turns of its own: neither a flood of guesses nor many people who
/// are added at once make the other wait for ever.
pub(crate) struct NewHashes {
    turns: Arc<Semaphore>,
    rooms: Arc<Rooms>,
}

/// Too many wait for their turn already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

impl Hasher {
    /// Works in the same memory as those who hash new passwords.
    pub(crate) fn beside(new: &NewHashes) -> Hasher {
        Hasher { turns: turns::Turns::default(), rooms: Arc::clone(&new.rooms) }
    }

    /// Waits for a turn to hash.
    pub(crate) async fn turn(&self, source: Source, standing: Standing) -> Result<Turn, Busy> {
        self.turns.take(source, standing).await
    }

    /// Whether a password fits a hash. Without a hash it takes as long and says no. The turn goes with the work, so that
    /// a session which hangs up does not free it early, and comes back, so that a failure can be counted before others
    /// have theirs.
    pub(crate) async fn fits(
        &self,
        turn: Turn,
        password: &Secret,
        hash: Option<String>,
    ) -> Result<(bool, Turn), Busy> {
        let password = password.clone();
        let rooms = Arc::clone(&self.rooms);
        let work = move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let mut room = rooms.take();
            let fits = verify(&password, &hash, &mut room).unwrap_or(false);
            rooms.put_back(room);
            (known && fits, turn)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
    }
}

/// Whether a password fits a hash; none if that is no hash of Argon2. Works in `room`, which grows to what it needs.
fn verify(password: &Secret, hash: &str, room: &mut Vec<Block>) -> Option<bool> {
    let hash = PasswordHash::new(hash).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let (salt, expected) = (hash.salt?, hash.hash?);
    if room.len() < params.block_count() {
        room.resize(params.block_count(), Block::default());
    }
    let mut found = vec![0; expected.len()];
    let argon2 = Argon2::new(algorithm, version, params);
    argon2.hash_password_into_with_memory(password.expose(), &salt, &mut found, room).ok()?;
    Some(expected.as_ref().ct_eq(&found).into())
}

fn argon2() -> Option<Argon2<'static>> {
    // OWASP's second choice of parameters: 19 MiB, two passes, one lane.
    let params = Params::new(19 << 10, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Default for NewHashes {
    fn default() -> NewHashes {
        NewHashes { turns: Arc::new(Semaphore::new(HASHES_AT_ONCE_MAX)), rooms: Arc::default() }
    }
}

impl NewHashes {
    /// Hashes a new password. On a blocking thread; the turn and the memory go with the work.
    pub(crate) async fn hash(
        &self,
        password: &Secret,
        keys: ScramKeys,
        salt: Vec<u8>,
        rounds: u32,
    ) -> Result<Hashed, Fault> {
        let password = password.clone();
        let own_salt = random::<16>()?;
        let rooms = Arc::clone(&self.rooms);
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| Fault::caused("waiting to hash a password", error))?;
        let work = move || {
            let mut room = rooms.take();
            let hash = hashed(&password, &own_salt, &mut room);
            rooms.put_back(room);
            let hash = hash?;
            let scram = (keys == ScramKeys::Store).then(|| {
                ScramRecord::new(&ScramKey::derive(MAIN_PASSWORD, &password, &salt, rounds))
            });
            drop(turn);
            Ok(Hashed { hash, scram })
        };
        blocking(work).await
    }
}

/// The hash of a password as it is kept. Works in `room`, which grows to what it needs.
fn hashed(password: &Secret, salt: &[u8], room: &mut Vec<Block>) -> Result<String, Fault> {
    let wrong = |error: argon2::password_hash::Error| {
        Fault::new(format!("the password cannot be hashed: {error}"))
    };
    let argon2 = argon2().ok_or_else(|| Fault::new("the password parameters are wrong"))?;
    let params = argon2.params();
    if room.len() < params.block_count() {
        room.resize(params.block_count(), Block::default());
    }
    let mut octets = [0; Params::DEFAULT_OUTPUT_LEN];
    let done =
        argon2.hash_password_into_with_memory(password.expose(), salt, &mut octets, &mut *room);
    done.map_err(|error| Fault::new(format!("the password cannot be hashed: {error}")))?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(wrong)?,
        salt: Some(Salt::new(salt).map_err(|error| wrong(error.into()))?),
        hash: Some(Output::new(&octets).map_err(|error| wrong(error.into()))?),
    };
    Ok(hash.to_string())
}

/// The SCRAM keys of an app password. On a blocking thread.
pub(crate) async fn scram_keys(
    id: u64,
    password: &Secret,
    salt: Vec<u8>,
    rounds: u32,
) -> Result<ScramRecord, Fault> {
    let password = password.clone();
    blocking(move || Ok(ScramRecord::new(&ScramKey::derive(id, &password, &salt, rounds)))).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Fault::caused("hashing a password stopped", error))?
}

/// The quick hash of an app password.
pub(crate) fn sha256(password: &[u8]) -> Octets {
    Octets(Sha256::digest(password).to_vec())
}

#[cfg(test)]
mod tests {
    use super::{Hasher, NewHashes, ScramKeys, Secret, Source, Standing};

    #[tokio::test]
    async fn one_check_leaves_nothing_for_the_next() {
        let right = Secret::new("the right one");
        let new = NewHashes::default();
        let kept = new.hash(&right, ScramKeys::Omit, Vec::new(), 1).await.unwrap().hash;
        let hasher = Hasher::beside(&new);
        for (password, hash, want) in [
            (&right, Some(kept.clone()), true),
            (&Secret::new("another"), Some(kept.clone()), false),
            (&right, Some(kept.clone()), true),
            (&right, None, false),
            (&right, Some("$argon2id$v=19$m=19456".to_owned()), false),
            (&right, Some("no hash".to_owned()), false),
            (&right, Some(kept), true),
        ] {
            let turn = hasher.turn(Source::of(None, "ana"), Standing::New).await.unwrap();
            assert_eq!(hasher.fits(turn, password, hash).await.unwrap().0, want);
        }
    }
}
