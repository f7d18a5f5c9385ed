//! One order: the names are shown to lead here, and a certificate for them comes back (RFC 8555, 7.4).

use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationHandle, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder,
    Order, OrderStatus, Problem,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use tokio::time::{Instant, sleep};

use super::Acme;
use super::fault::{AcmeFault, Unproved};
use super::limits::{ASK_AGAIN_FIRST, ASK_AGAIN_LAST, SETTLING_LONGEST};
use super::outgoing::Outgoing;
use super::pending::Withdraw;
use crate::config::ChallengeKind;
use crate::tls::{self, Held};

impl Acme {
    /// Orders a certificate and has it checked. Nothing of it is in use or written yet. `replaces` says that it stands in for
    /// the one that is in use (RFC 9773, 5).
    pub(super) async fn order(
        &self,
        outgoing: &Outgoing,
        replaces: Replaces,
    ) -> Result<(Held, String), AcmeFault> {
        let account = self.account(outgoing).await?;
        let _withdraw = Withdraw(Arc::clone(&self.pending));
        let mut order = self.begin(&account, replaces).await?;
        let mut asked = Vec::new();
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            asked.extend(self.prove(authorization?).await?);
        }
        let settled = settle(&mut order, outgoing, |status| status != OrderStatus::Pending).await;
        // Why, the authority says at the challenges, and not at the order.
        let is_told = match &settled {
            Ok(status) => *status == OrderStatus::Invalid,
            Err(AcmeFault::Slow(_) | AcmeFault::Authority(Error::Api(_))) => true,
            Err(_) => false,
        };
        if is_told && let Some(unproved) = self.why_unproved(&mut order, &asked).await {
            return Err(AcmeFault::Unproved(Box::new(unproved)));
        }
        if settled? == OrderStatus::Invalid {
            return Err(AcmeFault::Silent);
        }
        let (chain, key) = self.fetch(&mut order, outgoing).await?;
        let pem = format!("{key}{chain}");
        let held = Held::parse(&pem, &self.folder.acme_certificate())?;
        self.check(&held)?;
        Ok((held, pem))
    }

    async fn begin(&self, account: &Account, replaces: Replaces) -> Result<Order, AcmeFault> {
        let names: Vec<Identifier> =
            self.names.iter().map(|name| Identifier::Dns(name.clone())).collect();
        let replaced = match replaces {
            Replaces::TheOneInUse => {
                self.tls.held().certified.cert.first().and_then(|it| tls::identifier(it))
            }
            Replaces::Nothing => None,
        };
        let Some(replaced) = replaced else {
            return Ok(account.new_order(&NewOrder::new(&names)).await?);
        };
        match account.new_order(&NewOrder::new(&names).replaces(replaced)).await {
            Err(Error::Unsupported(_)) => Ok(account.new_order(&NewOrder::new(&names)).await?),
            order => Ok(order?),
        }
    }

    /// Answers a challenge for a name, and tells the authority so. Gives the name and the way; none where it is proved already.
    async fn prove(
        &self,
        mut authorization: AuthorizationHandle<'_>,
    ) -> Result<Option<(String, ChallengeKind)>, AcmeFault> {
        if authorization.status == AuthorizationStatus::Valid {
            return Ok(None);
        }
        let name = authorization.identifier().to_string();
        if !self.names.contains(&name) {
            return Err(AcmeFault::Wrong(format!("it is for {}", super::fault::shown(&name))));
        }
        let offered: Vec<ChallengeType> =
            authorization.challenges.iter().map(|challenge| challenge.r#type.clone()).collect();
        let chosen = self.challenges.iter().find(|kind| offered.contains(&of_library(**kind)));
        let Some(kind) = chosen.copied() else {
            let offered: Vec<String> = offered.iter().map(|kind| format!("{kind:?}")).collect();
            let offered = super::fault::shown(&offered.join(", "));
            return Err(AcmeFault::NoChallenge { name, offered });
        };
        let Some(mut challenge) = authorization.challenge(of_library(kind)) else {
            return Err(AcmeFault::Silent);
        };
        let answer = challenge.key_authorization();
        match kind {
            ChallengeKind::Http01 => self.pending.offer_text(&challenge.token, answer.as_str())?,
            ChallengeKind::TlsAlpn01 => {
                self.pending.offer_certificate(&name, answer.digest().as_ref())?;
            }
        }
        challenge.set_ready().await?;
        Ok(Some((name, kind)))
    }

    /// The first name that the authority could not check; none if it says nothing of the kind.
    async fn why_unproved(
        &self,
        order: &mut Order,
        asked: &[(String, ChallengeKind)],
    ) -> Option<Unproved> {
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let state = authorization.refresh().await.ok()?;
            let name = state.identifier().to_string();
            let kind = asked.iter().find(|(asked, _)| *asked == name).map(|(_, kind)| *kind);
            let (Some(kind), false) = (kind, state.status == AuthorizationStatus::Valid) else {
                continue;
            };
            let is_asked = of_library(kind);
            let challenge = state.challenges.iter().find(|it| it.r#type == is_asked);
            let problem: Option<Problem> = challenge.and_then(|it| it.error.clone());
            let addresses = self.outside.resolve(&name).await.unwrap_or_default();
            return Some(Unproved { name, kind, problem, addresses });
        }
        None
    }

    /// Sends the request for the certificate (RFC 8555, 7.4), and takes what is given: the chain and the key, PEM.
    async fn fetch(
        &self,
        order: &mut Order,
        outgoing: &Outgoing,
    ) -> Result<(String, String), AcmeFault> {
        let mut params = CertificateParams::new(self.names.clone())?;
        params.distinguished_name = DistinguishedName::new();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        order.finalize_csr(params.serialize_request(&key)?.der()).await?;
        let is_over = |status| matches!(status, OrderStatus::Valid | OrderStatus::Invalid);
        if !is_over(order.state().status) {
            settle(order, outgoing, is_over).await?;
        }
        let chain = order.certificate().await?.ok_or(AcmeFault::Silent)?;
        Ok((chain, key.serialize_pem()))
    }

    /// Whether what came is what was ordered: an authority that errs must not take the listeners out.
    fn check(&self, held: &Held) -> Result<(), AcmeFault> {
        let wrong = |why: &str| Err(AcmeFault::Wrong(why.to_owned()));
        if let Some(missing) = self.names.iter().find(|name| !held.covers(name)) {
            return wrong(&format!("it is not for {missing}"));
        }
        let (Some(life), now) = (held.life(), self.clock.now()) else {
            return wrong("how long it is valid cannot be read");
        };
        // Clocks differ a little.
        if life.from.0 > now.0.saturating_add(CLOCKS_DIFFER_S) {
            return wrong("it is not valid yet; is the clock of this machine right?");
        }
        if life.until.0 <= now.0 {
            return wrong("it has ended already; is the clock of this machine right?");
        }
        Ok(())
    }
}

const CLOCKS_DIFFER_S: i64 = 3600;

/// Whether an order stands in for a certificate that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Replaces {
    TheOneInUse,
    Nothing,
}

fn of_library(kind: ChallengeKind) -> ChallengeType {
    match kind {
        ChallengeKind::TlsAlpn01 => ChallengeType::TlsAlpn01,
        ChallengeKind::Http01 => ChallengeType::Http01,
    }
}

/// Asks how far the order is until that is enough, as often as the authority likes (RFC 8555, 7.5.1).
async fn settle(
    order: &mut Order,
    outgoing: &Outgoing,
    is_enough: impl Fn(OrderStatus) -> bool,
) -> Result<OrderStatus, AcmeFault> {
    let (begin, mut pause) = (Instant::now(), ASK_AGAIN_FIRST);
    loop {
        let asked_to_wait = outgoing.asked_to_wait();
        let wait = asked_to_wait.unwrap_or(pause).max(ASK_AGAIN_FIRST);
        if begin.elapsed().saturating_add(wait) > SETTLING_LONGEST {
            return Err(AcmeFault::Slow("check the names and give a certificate"));
        }
        sleep(wait).await;
        pause = pause.saturating_mul(2).min(ASK_AGAIN_LAST);
        let state = order.refresh().await?;
        if let Some(problem) = &state.error {
            return Err(AcmeFault::Authority(Error::Api(problem.clone())));
        }
        if is_enough(state.status) {
            return Ok(state.status);
        }
    }
}

impl Outgoing {
    /// How long the last answer asked to wait.
    fn asked_to_wait(&self) -> Option<Duration> {
        let until = self.left_alone_until()?;
        let left_s = until.0.saturating_sub(self.now().0);
        u64::try_from(left_s).ok().filter(|left_s| *left_s > 0).map(Duration::from_secs)
    }
}
