//! Sees to it that there is a certificate, for as long as the host serves: orders the first, renews each in time, and waits after
//! an order that came to nothing. The certificate in use stays in use until a better one is there.

use std::sync::Arc;
use std::time::Duration;

use admin::blocking;
use machine::files;
use mailbox::{Fault, Timestamp};
use tokio::time::{sleep, timeout};

use super::fault::AcmeFault;
use super::limits::ORDER_LONGEST;
use super::order::Replaces;
use super::outgoing::Outgoing;
use super::schedule::{Window, pause_s, renewal, rest_until, spread};
use super::state::State;
use super::{Acme, Suggestion};
use crate::tls::{self, Held, Life};

/// How long at most until it is looked again what is due: the clock may have been set.
const LOOK_AGAIN_S: i64 = 3600;
/// How often the authority is asked when it suggests to renew, where it does not say itself (RFC 9773, 4.3.3), and the bounds
/// of what it may say.
const SUGGESTION_EVERY_S: i64 = 6 * 3600;
const SUGGESTION_SOONEST_S: i64 = 3600;
const SUGGESTION_LATEST_S: i64 = 24 * 3600;

impl Acme {
    /// Works until it is dropped.
    pub async fn work(self: Arc<Acme>) {
        let mut state = self.remembered().await;
        let mut suggestion = Suggestion::default();
        loop {
            self.ask_for_suggestion(&state, &mut suggestion).await;
            let due = self.due(&state, suggestion.window);
            self.told.note(|standing| {
                standing.next = Some(due);
                standing.failures = state.failures;
                standing.why.clone_from(&state.why);
            });
            let left_s = due.0.saturating_sub(self.clock.now().0).min(LOOK_AGAIN_S);
            let left_s = u64::try_from(left_s).unwrap_or(0);
            if left_s == 0 {
                self.told.note(|standing| standing.next = None);
                self.order_once(&mut state).await;
                // After a failure the authority's word on the certificate in use still counts.
                if state.failures == 0 {
                    suggestion = Suggestion::default();
                }
                continue;
            }
            tokio::select! {
                () = sleep(Duration::from_secs(left_s)) => {}
                () = self.wake.notified() => state.not_before_s = state.left_alone_until_s,
            }
        }
    }

    /// When the next order is due.
    fn due(&self, state: &State, window: Option<Window>) -> Timestamp {
        let held = self.tls.held();
        let is_ours = held.chain_path == self.folder.acme_certificate()
            && state.certificate_of.as_ref().is_none_or(|of| *of == self.directory)
            && self.names.iter().all(|name| held.covers(name));
        let at = match held.life() {
            Some(life) if is_ours => renewal(life, window, spread_of(&held)),
            Some(_) | None => Timestamp(0),
        };
        Timestamp(at.0.max(state.not_before_s))
    }

    /// Orders, and takes what comes.
    async fn order_once(&self, state: &mut State) {
        let outgoing = Outgoing::new(Arc::clone(&self.outside), Arc::clone(&self.clock));
        let is_of_this = state.certificate_of.as_ref() == Some(&self.directory);
        // Where the authority does not like that one stands in for the other, the next order says nothing of it.
        let replaces = match (is_of_this, state.failures) {
            (true, 0) => Replaces::TheOneInUse,
            _ => Replaces::Nothing,
        };
        let ordered = match timeout(ORDER_LONGEST, self.order(&outgoing, replaces)).await {
            Ok(ordered) => ordered,
            Err(_) => Err(AcmeFault::Slow("come to an end")),
        };
        let taken = match ordered {
            Ok((held, pem)) => self.take(held, pem).await.map_err(AcmeFault::File),
            Err(fault) => Err(fault),
        };
        match taken {
            Ok(life) => {
                let (asked, certificate_of) = (state.asked.clone(), Some(self.directory.clone()));
                let not_before_s = rest_until(life, self.clock.now()).0;
                *state = State { asked, certificate_of, not_before_s, ..State::default() };
                self.told.note(|standing| standing.issued = standing.issued.saturating_add(1));
                let until = life.map(|life| machine::time_text(life.until));
                let names = self.names.join(" ");
                tracing::info!(outcome = "ok", names, until, "a new certificate is in use");
            }
            Err(fault) => self.fail(&fault, &outgoing, state).await,
        }
        self.remember(state).await;
    }

    /// Keeps a certificate, and has all listeners take it. Gives how long it is valid.
    async fn take(&self, held: Held, pem: String) -> Result<Option<Life>, Fault> {
        let path = self.folder.acme_certificate();
        let cannot = format!("{} cannot be written", path.display());
        let written = blocking(move || files::write_secret(&path, pem.as_bytes())).await?;
        written.map_err(|error| Fault::caused(cannot, error))?;
        let life = held.life();
        self.tls.take(held);
        Ok(life)
    }

    async fn fail(&self, fault: &AcmeFault, outgoing: &Outgoing, state: &mut State) {
        let now = self.clock.now();
        state.failures = state.failures.saturating_add(1);
        let is_rate_limited = fault.kind() == Some("rateLimited");
        let random = machine::random().unwrap_or_default();
        let pause_s = pause_s(state.failures, is_rate_limited, spread(random));
        let asked = outgoing.left_alone_until().map_or(0, |until| until.0);
        state.left_alone_until_s = match is_rate_limited {
            true => asked.max(now.0.saturating_add(pause_s)),
            false => asked,
        };
        state.not_before_s = now.0.saturating_add(pause_s).max(state.left_alone_until_s);
        state.why = Some(fault.to_string());
        self.told.note(|standing| standing.failed = standing.failed.saturating_add(1));
        let (names, reason) = (self.names.join(" "), fault.to_string());
        let (failures, next) = (state.failures, machine::time_text(Timestamp(state.not_before_s)));
        tracing::error!(outcome = "failed", names, reason, failures, next, "no new certificate");
        if fault.kind() == Some("accountDoesNotExist")
            && let Err(fault) = self.forget_account().await
        {
            tracing::warn!(%fault, "the account cannot be forgotten");
        }
    }

    /// Asks the authority when it suggests to renew (RFC 9773), if that is due. That it does not say is no trouble.
    async fn ask_for_suggestion(&self, state: &State, suggestion: &mut Suggestion) {
        let (now, held) = (self.clock.now(), self.tls.held());
        let is_ours = held.chain_path == self.folder.acme_certificate()
            && state.certificate_of.as_ref() == Some(&self.directory);
        if !is_ours || now.0 < suggestion.next_s {
            return;
        }
        let outgoing = Outgoing::new(Arc::clone(&self.outside), Arc::clone(&self.clock));
        let every_s = match timeout(ORDER_LONGEST, self.suggested(&outgoing, &held)).await {
            Ok(Ok(window)) => {
                suggestion.window = Some(window);
                let asked = outgoing.left_alone_until();
                asked.map_or(SUGGESTION_EVERY_S, |until| until.0.saturating_sub(now.0))
            }
            Ok(Err(fault)) => {
                tracing::debug!(%fault, "the authority does not say when to renew");
                SUGGESTION_EVERY_S
            }
            Err(_) => SUGGESTION_EVERY_S,
        };
        let every_s = every_s.clamp(SUGGESTION_SOONEST_S, SUGGESTION_LATEST_S);
        suggestion.next_s = self.clock.now().0.saturating_add(every_s);
    }

    async fn suggested(&self, outgoing: &Outgoing, held: &Held) -> Result<Window, AcmeFault> {
        let unknown = || AcmeFault::Wrong("its authority cannot be told by it".to_owned());
        let certificate = held.certified.cert.first().ok_or_else(unknown)?;
        let identifier = tls::identifier(certificate).ok_or_else(unknown)?;
        let account = self.account(outgoing).await?;
        let (suggested, _) = account.renewal_info(&identifier).await?;
        let window = suggested.suggested_window;
        let (start, end) = (window.start.unix_timestamp(), window.end.unix_timestamp());
        Ok(Window { start: Timestamp(start), end: Timestamp(end) })
    }
}

/// A certificate's own place between 0 and 1.
fn spread_of(held: &Held) -> f64 {
    let certificate = held.certified.cert.first().map_or(&[][..], |it| it.as_ref());
    let hash = blake3::hash(certificate);
    spread(hash.as_bytes().first_chunk().copied().unwrap_or_default())
}
