//! Who comes in to pages: the people of the host, by their main password.

use std::sync::Arc;

use directory::{Logins, People, PeopleError};
use mailbox::{AccountId, Fault};
use sasl::{Denied, Peer, Ready, Secret};
use web::{
    EndOf, Entry, FactorDenied, FoundSession, NewSession, PageAttempt, PageLogins, PageSession,
    Proof, Ways,
};

/// Lets the people of the host in to pages.
pub(super) struct HostPageLogins {
    pub(super) people: Arc<People>,
    pub(super) logins: Arc<Logins>,
}

impl PageLogins for HostPageLogins {
    fn log_in<'a>(&'a self, attempt: PageAttempt<'a>) -> Ready<'a, Result<Entry, Denied>> {
        let PageAttempt { login, password, peer, program } = attempt;
        let attempt = directory::PageAttempt { login, password, peer, program };
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
        code: &'a str,
        peer: &'a Peer,
    ) -> Ready<'a, Result<NewSession, FactorDenied>> {
        Box::pin(async move {
            let entered = self.logins.second_factor(ticket, code, peer).await;
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
        let proof = match proof {
            Proof::Password(password) => directory::PageProof::Password(password),
            Proof::Code(code) => directory::PageProof::Code(code),
        };
        let whose = (session.account, session.id);
        Box::pin(self.logins.confirm_page(whose, &session.address, proof, peer))
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

fn ways(factors: &directory::Factors) -> Ways {
    Ways { app: factors.totp_added_s.is_some(), recovery_codes: factors.recovery_codes > 0 }
}

fn shown(session: directory::PageSession) -> PageSession {
    let expires_s = session.expires_s();
    let directory::PageSession { id, account, address, program, from, made_s, used_s, proven_s } =
        session;
    PageSession { id, account, address, program, from, made_s, used_s, expires_s, proven_s }
}
