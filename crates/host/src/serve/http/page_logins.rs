//! Who comes in to pages: the people of the host, by their main password.

use std::sync::Arc;

use directory::{Assertion, Logins, People, PeopleError, Purpose};
use mailbox::{AccountId, Fault};
use sasl::{Denied, Peer, Ready, Secret};
use serde::Deserialize as _;
use web::{
    Answer, ChallengeFor, EndOf, Entry, FactorDenied, FoundSession, NewSession, PageAttempt,
    PageLogins, PageSession, Passkey, PasskeyChallenge, Proof, RelyingParty, Stay, Ways,
};

/// Lets the people of the host in to pages.
pub(super) struct HostPageLogins {
    pub(super) people: Arc<People>,
    pub(super) logins: Arc<Logins>,
}

impl PageLogins for HostPageLogins {
    fn log_in<'a>(&'a self, attempt: PageAttempt<'a>) -> Ready<'a, Result<Entry, Denied>> {
        let PageAttempt { login, password, peer, program, stay } = attempt;
        let stay = stay_of(stay);
        let attempt = directory::PageAttempt { login, password, peer, program, stay };
        Box::pin(async move {
            Ok(match self.logins.log_in_page(attempt).await? {
                directory::PageEntry::In(new) => Entry::In(new_session(new)),
                directory::PageEntry::SecondFactor { ticket, factors } => {
                    Entry::SecondFactor { ticket, ways: ways(&factors) }
                }
            })
        })
    }

    fn second_factor<'a>(
        &'a self,
        ticket: &'a Secret,
        answer: Answer<'a>,
        peer: &'a Peer,
    ) -> Ready<'a, Result<NewSession, FactorDenied>> {
        Box::pin(async move {
            let entered = match answer {
                Answer::Code(code) => self.logins.second_factor(ticket, code, peer).await,
                Answer::Passkey(passkey) => {
                    let again = FactorDenied { denied: Denied::Wrong, again: true };
                    let assertion = assertion(&passkey).ok_or(again)?;
                    let party = party(passkey.party);
                    self.logins.second_factor_by_passkey(ticket, &assertion, party, peer).await
                }
            };
            entered
                .map(new_session)
                .map_err(|directory::FactorDenied { denied, again }| FactorDenied { denied, again })
        })
    }

    fn session<'a>(&'a self, secret: &'a Secret) -> Ready<'a, Result<Option<FoundSession>, Fault>> {
        Box::pin(async move {
            let found = self.logins.page_session(secret).await?;
            let shown = |found: directory::FoundPageSession| (shown(found.session), found.renewed);
            Ok(found.map(shown).map(|(session, renewed)| FoundSession { session, renewed }))
        })
    }

    fn confirm<'a>(
        &'a self,
        session: &'a PageSession,
        proof: Proof<'a>,
        peer: &'a Peer,
    ) -> Ready<'a, Result<(), Denied>> {
        Box::pin(async move {
            let assertion_of;
            let proof = match proof {
                Proof::Password(password) => directory::PageProof::Password(password),
                Proof::Code(code) => directory::PageProof::Code(code),
                Proof::Passkey(passkey) => {
                    assertion_of = assertion(&passkey).ok_or(Denied::Wrong)?;
                    directory::PageProof::Passkey(&assertion_of, party(passkey.party))
                }
            };
            let whose = (session.account, session.id);
            self.logins.confirm_page(whose, &session.address, proof, peer).await
        })
    }

    fn passkey_challenge<'a>(
        &'a self,
        wanted: ChallengeFor<'a>,
    ) -> Ready<'a, Result<PasskeyChallenge, Fault>> {
        Box::pin(async move {
            let (purpose, user_handle, passkeys) = match wanted {
                ChallengeFor::LogIn => (Purpose::LogIn, Vec::new(), Vec::new()),
                ChallengeFor::SecondFactor(ticket) => {
                    let passkeys = self.logins.passkeys_for(ticket)?;
                    (Purpose::SecondFactor(ticket), Vec::new(), passkeys)
                }
                ChallengeFor::Confirm(session) => {
                    let passkeys = self.people.factors(session.account)?.passkeys;
                    let passkeys = passkeys.into_iter().map(|passkey| passkey.credential_id);
                    (Purpose::Confirm(session.account, session.id), Vec::new(), passkeys.collect())
                }
                ChallengeFor::Add(session) => {
                    let user = self.logins.passkey_user(session.account).await;
                    let (handle, passkeys) = user.map_err(|error| match error {
                        PeopleError::Fault(fault) => fault,
                        refused @ (PeopleError::Refused(_) | PeopleError::Mail(_)) => {
                            Fault::caused("a passkey cannot be made", refused)
                        }
                    })?;
                    (Purpose::Add(session.account), handle, passkeys)
                }
            };
            let octets = self.logins.passkey_challenge(purpose)?;
            let algorithms = directory::ALGORITHMS.to_vec();
            Ok(PasskeyChallenge { octets, passkeys, user_handle, algorithms })
        })
    }

    fn log_in_by_passkey<'a>(
        &'a self,
        passkey: Passkey<'a>,
        peer: &'a Peer,
        (program, stay): (&'a str, Stay),
    ) -> Ready<'a, Result<NewSession, Denied>> {
        Box::pin(async move {
            let assertion = assertion(&passkey).ok_or(Denied::Wrong)?;
            let party = party(passkey.party);
            let new = self
                .logins
                .log_in_by_passkey(&assertion, party, (peer, program, stay_of(stay)))
                .await;
            new.map(new_session)
        })
    }

    fn sessions(&self, account: AccountId) -> Ready<'_, Result<Vec<PageSession>, Fault>> {
        Box::pin(
            async move { Ok(self.people.page_sessions(account)?.into_iter().map(shown).collect()) },
        )
    }

    fn end(&self, account: AccountId, which: EndOf) -> Ready<'_, Result<usize, Fault>> {
        let which = match which {
            EndOf::One(id) => directory::EndOf::One(id),
            EndOf::AllBut(id) => directory::EndOf::AllBut(id),
            EndOf::All => directory::EndOf::All,
        };
        Box::pin(async move {
            let ended = self.people.end_page_sessions(account, which).await;
            ended.map_err(|error| match error {
                PeopleError::Fault(fault) => fault,
                refused @ (PeopleError::Refused(_) | PeopleError::Mail(_)) => {
                    Fault::caused("sessions of pages could not be ended", refused)
                }
            })
        })
    }
}

pub(super) fn new_session(new: directory::NewPageSession) -> NewSession {
    NewSession { secret: new.secret, session: shown(new.session) }
}

/// What a browser answers; none: it is not what was asked for.
fn assertion(passkey: &Passkey<'_>) -> Option<Assertion> {
    Assertion::deserialize(passkey.response).ok()
}

/// The host, as browsers know it.
pub(super) fn party<'a>(party: &'a RelyingParty<'_>) -> directory::RelyingParty<'a> {
    directory::RelyingParty { id: party.id, origin: &party.origin }
}

fn ways(factors: &directory::Factors) -> Ways {
    Ways {
        app: factors.totp_added_s.is_some(),
        recovery_codes: factors.recovery_codes > 0,
        passkeys: !factors.passkeys.is_empty(),
    }
}

fn shown(session: directory::PageSession) -> PageSession {
    let expires_s = session.expires_s();
    let directory::PageSession {
        id,
        account,
        address,
        program,
        from,
        made_s,
        used_s,
        proven_s,
        stay,
    } = session;
    let stay = match stay {
        directory::Stay::Long => Stay::Long,
        directory::Stay::Brief => Stay::Brief,
    };
    PageSession { id, account, address, program, from, made_s, used_s, expires_s, proven_s, stay }
}

/// For how long somebody stays.
pub(super) fn stay_of(stay: Stay) -> directory::Stay {
    match stay {
        Stay::Long => directory::Stay::Long,
        Stay::Brief => directory::Stay::Brief,
    }
}
