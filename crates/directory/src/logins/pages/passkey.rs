//! Logging in by a passkey, alone or after the password, proving by one who one is, and adding one.

use mailbox::{AccountId, Fault};
use sasl::{Denied, Peer, Secret};

use super::challenge::Purpose;
use super::pending::Try;
use super::{DOOR, FactorDenied, Proven, not_done};
use crate::address::Address;
use crate::logins::{Logins, Origin, unreadable};
use crate::page_sessions::NewPageSession;
use crate::passkeys::{Assertion, Registration, RelyingParty};
use crate::people::{PeopleError, Refusal};
use crate::records::Stay;

/// What the log says of a signature that is wrong.
const WRONG_PASSKEY: &str = "wrong passkey";

/// Whether an authenticator has to make sure who its user is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verified {
    /// It has to: nothing else says so.
    Must,
    /// The password said so already.
    May,
}

impl Logins {
    /// A challenge for a passkey.
    pub fn passkey_challenge(&self, purpose: Purpose<'_>) -> Result<Vec<u8>, Fault> {
        self.challenges.make(purpose, self.now().0)
    }

    /// The passkeys that may answer for a second factor: their names among browsers. None for a ticket that is not good.
    pub fn passkeys_for(&self, ticket: &Secret) -> Result<Vec<Vec<u8>>, Fault> {
        let Some(account) = self.pending.whose(ticket, self.now().0) else { return Ok(Vec::new()) };
        let passkeys = self.people.factors(account)?.passkeys;
        Ok(passkeys.into_iter().map(|passkey| passkey.credential_id).collect())
    }

    /// Lets somebody in by a passkey alone: the key says who it is, and the authenticator that it is they.
    pub async fn log_in_by_passkey(
        &self,
        assertion: &Assertion,
        party: RelyingParty<'_>,
        (peer, program, stay): (&Peer, &str, Stay),
    ) -> Result<NewPageSession, Denied> {
        let origin = Origin::new(peer, DOOR);
        self.before(origin, None).await?;
        let owner = match assertion.credential_id() {
            Some(id) => self.people.passkey_owner(&id).map_err(unreadable)?,
            None => None,
        };
        let Some(account) = owner else {
            return Err(self.wrong(None, origin, WRONG_PASSKEY).await);
        };
        let signed = self.signed(account, assertion, party, (Purpose::LogIn, Verified::Must));
        let proven = self.proven_of(account, (program, stay), peer)?;
        match (signed.await?, proven) {
            (true, Some((proven, true))) => Err(self.disabled(&proven.address.to_string(), origin)),
            (true, Some((proven, false))) => {
                let new = self.begin(&proven).await?;
                self.right(proven.login(), origin);
                Ok(new)
            }
            (true, None) | (false, _) => Err(self.wrong(None, origin, WRONG_PASSKEY).await),
        }
    }

    /// Lets somebody in by a passkey after the password.
    pub async fn second_factor_by_passkey(
        &self,
        ticket: &Secret,
        assertion: &Assertion,
        party: RelyingParty<'_>,
        peer: &Peer,
    ) -> Result<NewPageSession, FactorDenied> {
        let origin = Origin::new(peer, DOOR);
        let over = |denied| FactorDenied { denied, again: false };
        let proven = match self.pending.attempt(ticket, self.now().0) {
            Try::Go(proven) => proven,
            Try::Over => return Err(over(Denied::Wrong)),
            Try::TooMany { proven, wait_s } => {
                let address = proven.address.to_string();
                return Err(over(self.refused(Some(&address), origin, wait_s)));
            }
        };
        let purpose = (Purpose::SecondFactor(ticket), Verified::May);
        match self.signed(proven.account, assertion, party, purpose).await {
            Ok(true) => {
                self.pending.right(Some(ticket), proven.account);
                self.begin(&proven).await.map_err(over)
            }
            Ok(false) => {
                let address = proven.address.to_string();
                let denied = self.wrong(Some(&address), origin, WRONG_PASSKEY).await;
                Err(FactorDenied { denied, again: self.pending.still_waits(ticket) })
            }
            Err(denied) => Err(over(denied)),
        }
    }

    /// Whether a passkey of somebody who is in signed that it is they.
    pub(super) async fn confirmed_by_passkey(
        &self,
        (account, session): (AccountId, u64),
        assertion: &Assertion,
        party: RelyingParty<'_>,
        origin: Origin<'_>,
    ) -> Result<(), Denied> {
        let purpose = (Purpose::Confirm(account, session), Verified::Must);
        if self.signed(account, assertion, party, purpose).await? {
            return Ok(());
        }
        Err(self.wrong(None, origin, WRONG_PASSKEY).await)
    }

    /// Adds a passkey for somebody who is in.
    pub async fn add_passkey(
        &self,
        account: AccountId,
        name: &str,
        registration: &Registration,
        party: RelyingParty<'_>,
    ) -> Result<Vec<Secret>, PeopleError> {
        let now = self.now().0;
        let challenge = registration.challenge().unwrap_or_default();
        if !self.challenges.is_good(&challenge, Purpose::Add(account), now) {
            return Err(Refusal::NothingBegun.into());
        }
        let key = registration.key(party).map_err(|unfit| {
            tracing::info!(why = unfit.0, "a passkey was not taken");
            Refusal::WrongPasskey(unfit.0)
        })?;
        let codes = self.people.keep_passkey(account, name, key).await?;
        self.challenges.take(&challenge, now);
        Ok(codes)
    }

    /// What a browser has to be told to make a passkey: by what it knows the user, and the passkeys that there are.
    pub async fn passkey_user(
        &self,
        account: AccountId,
    ) -> Result<(Vec<u8>, Vec<Vec<u8>>), PeopleError> {
        let handle = self.people.user_handle(account).await?;
        let passkeys = self.people.factors(account)?.passkeys;
        Ok((handle, passkeys.into_iter().map(|passkey| passkey.credential_id).collect()))
    }

    /// Whether a passkey of this user signed for this purpose, now and for the first time.
    async fn signed(
        &self,
        account: AccountId,
        assertion: &Assertion,
        party: RelyingParty<'_>,
        (purpose, verified): (Purpose<'_>, Verified),
    ) -> Result<bool, Denied> {
        let now = self.now().0;
        let challenge = assertion.challenge().unwrap_or_default();
        if !self.challenges.is_good(&challenge, purpose, now) {
            return Ok(false);
        }
        let Some(id) = assertion.credential_id() else { return Ok(false) };
        let kept = self.people.passkey(account, &id).map_err(unreadable)?;
        let Some((passkey, handle)) = kept else { return Ok(false) };
        if let Some(said) = assertion.user_handle()
            && handle.is_none_or(|handle| handle.0 != said)
        {
            return Ok(false);
        }
        let said = match assertion.check(party, (&passkey.key.0, passkey.algorithm)) {
            Ok(said) if verified == Verified::May || said.verified => said,
            Ok(_) => return Ok(false),
            Err(unfit) => {
                tracing::info!(why = unfit.0, "a passkey was not taken");
                return Ok(false);
            }
        };
        if !self.challenges.take(&challenge, now) {
            return Ok(false);
        }
        self.people.note_signature(account, &id, said.counter).await.map_err(not_done)
    }

    /// A user as a right password would have it, and whether they are disabled.
    fn proven_of(
        &self,
        account: AccountId,
        (program, stay): (&str, Stay),
        peer: &Peer,
    ) -> Result<Option<(Proven, bool)>, Denied> {
        let user = self.people.user_of(account).map_err(unreadable)?;
        let Some(user) = user else { return Ok(None) };
        let address: Address = user.address;
        let Some(stored) = self.stored(&address)? else { return Ok(None) };
        let (hash, program) = (stored.record.hash, program.to_owned());
        let proven = Proven { account, address, hash, program, from: peer.address, stay };
        Ok(Some((proven, user.disabled)))
    }
}
