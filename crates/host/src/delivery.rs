//! Where mail goes: SMTP's port made real. Local addresses lead into Inboxes; what people here send to the rest of the
//! world goes to the outbound queue, where a way out is configured.

mod away;
mod budget;
pub(crate) mod companion;
mod daily;
mod filing;
pub(crate) mod held;
mod partly;
mod receipt;
mod repeats;
mod rewriting;
mod sent;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use directory::{Address, Domain, Leads, People, PeopleError};
use mailbox::{AccountId, Door, Fault, Who};
use queue::OutboundQueue;
use sasl::{Login, Ready};
use smtp::Flavour;
use smtp::delivery::{Asking, Claim, Delivery, Envelope, Owner, Policy, Receipt, Refused, Target};

use tokio::sync::OnceCell;

use self::budget::{Budget, OfLoopback};
use self::daily::Daily;
use self::receipt::Taking;
use self::repeats::{Repeat, Repeats};
use self::rewriting::Rewriting;
use crate::config::{Config, FullMailbox, LocalSender, Senders};
use crate::metrics::{Metrics, Outcome};
use crate::varying::Varying;

/// The delivery of a host.
pub struct Deliveries {
    people: Arc<People>,
    queue: Arc<OutboundQueue>,
    metrics: Arc<Metrics>,
    settings: Varying<DeliverySettings>,
    daily: Daily,
    repeats: Repeats,
    strangers: Arc<Budget>,
    rewriting: OnceCell<Rewriting>,
    ids_from: String,
    ids_given: AtomicU64,
}

/// What the configuration says about delivery.
#[derive(Clone, Debug)]
pub struct DeliverySettings {
    /// The domain of addresses without one.
    pub domain: Domain,
    /// What a full mailbox answers.
    pub full: FullMailbox,
    /// What becomes of mail from strangers whose sender is ours.
    pub local_sender: LocalSender,
    /// What we call ourselves.
    pub hostname: String,
    /// From which addresses people may send.
    pub from: Senders,
    /// Whether mail can leave.
    pub way_out: WayOut,
    /// Recipients elsewhere that one user may write to in a day.
    pub recipients_per_day_max: u32,
    /// What mail from strangers may take in memory while it comes in.
    pub strangers_octets_max: usize,
    /// Whether the limits by address hold for this machine, too.
    pub limits_loopback: bool,
}

impl DeliverySettings {
    /// What a configuration says.
    pub fn of(
        config: &Config,
        domain: Domain,
        hostname: &str,
        way_out: WayOut,
    ) -> DeliverySettings {
        DeliverySettings {
            domain,
            hostname: hostname.to_owned(),
            from: config.submission.from,
            full: config.full_mailbox,
            local_sender: config.local_sender,
            way_out,
            recipients_per_day_max: config.limits.recipients_per_day_max,
            strangers_octets_max: usize::try_from(config.limits.strangers_memory.0)
                .unwrap_or(usize::MAX)
                .max(STRANGERS_OCTETS_LEAST),
            limits_loopback: config.limits.loopback,
        }
    }
}

/// An eighth of it, which is what one source may have, holds a header of a megabyte and what is read from it.
const STRANGERS_OCTETS_LEAST: usize = 32 << 20;

/// Whether mail can leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOut {
    /// Through the outbound queue.
    Queue,
    /// It cannot.
    None,
    /// It cannot from here: this is a companion, whose owner sends with `correio send`.
    Companion,
}

impl WayOut {
    /// Whether it can.
    pub fn is_there(self) -> bool {
        self == WayOut::Queue
    }

    fn refused(self) -> Refused {
        match self {
            WayOut::Queue | WayOut::None => Refused::NoRelay,
            WayOut::Companion => Refused::Policy(Policy::new(COMPANION)),
        }
    }
}

/// What whoever reads mail here is told who wants to send it here, too.
const COMPANION: &str = "Mail of a provider is only read here; send it with `correio send`, or in your mail program over the provider's own server";

impl Deliveries {
    /// Makes the delivery to these people.
    pub fn new(
        people: Arc<People>,
        queue: Arc<OutboundQueue>,
        metrics: Arc<Metrics>,
        settings: DeliverySettings,
    ) -> Result<Deliveries, Fault> {
        // The prefix keeps the names of this run apart from those of all others.
        let ids_from = machine::readable(&machine::random::<10>()?).replace('-', "");
        let loopback = if settings.limits_loopback { OfLoopback::Part } else { OfLoopback::All };
        let strangers = Budget::new(settings.strangers_octets_max, loopback);
        Ok(Deliveries {
            people,
            queue,
            metrics,
            settings: Varying::new(settings),
            daily: Daily::default(),
            repeats: Repeats::default(),
            strangers,
            rewriting: OnceCell::new(),
            ids_from,
            ids_given: AtomicU64::new(0),
        })
    }

    fn settings(&self) -> Arc<DeliverySettings> {
        self.settings.get()
    }

    /// Takes from a configuration what can change while mail is taken.
    pub(crate) fn set(&self, config: &Config) {
        self.settings.set(DeliverySettings {
            from: config.submission.from,
            full: config.full_mailbox,
            local_sender: config.local_sender,
            recipients_per_day_max: config.limits.recipients_per_day_max,
            ..(*self.settings()).clone()
        });
    }

    /// The delivery as one connection sees it.
    pub(crate) fn courier(self: &Arc<Self>) -> Arc<Courier> {
        let heard = Arc::new(AtomicBool::new(true));
        Arc::new(Courier { deliveries: Arc::clone(self), last: Repeat::default(), heard })
    }

    /// The address in the form of the directory. None when it cannot be one of ours.
    fn address(&self, address: &smtp::Address) -> Option<Address> {
        let domain = match address.domain() {
            smtp::Domain::Name(name) => name.parse().ok()?,
            smtp::Domain::Here => self.settings().domain.clone(),
            smtp::Domain::Literal(_) => return None,
        };
        Address::new(address.local(), domain).ok()
    }

    fn is_local(&self, address: &smtp::Address) -> Result<bool, Fault> {
        match address.domain() {
            smtp::Domain::Here => Ok(true),
            smtp::Domain::Literal(_) => Ok(false),
            smtp::Domain::Name(name) => {
                name.parse().map_or(Ok(false), |domain| self.people.is_local(&domain))
            }
        }
    }

    /// Logs what became of one user's copy.
    fn log(
        &self,
        envelope: &Envelope,
        account: AccountId,
        outcome: &'static str,
        reason: Option<&str>,
        octets: u64,
    ) {
        tracing::info!(
            door = envelope.flavour.door(),
            address = envelope.peer.address.map(tracing::field::display),
            outcome,
            reason,
            id = envelope.id,
            octets,
            user = self.people.accounts().name(account),
            "delivery"
        );
    }

    fn full(&self) -> Refused {
        match self.settings().full {
            FullMailbox::Defer => Refused::FullForNow,
            FullMailbox::Reject => Refused::Full,
        }
    }

    async fn recipient_of(&self, asking: &Asking<'_>) -> Result<Vec<Target>, Refused> {
        if !self.is_local(asking.address).map_err(logged)? {
            return self.elsewhere(asking);
        }
        if let Some(sender) = self.rewritten(asking).await? {
            return Ok(vec![sender]);
        }
        let address = self.address(asking.address).ok_or(Refused::UnknownUser)?;
        let leads = self.people.leads(&address).map_err(logged)?;
        if leads == Leads::default() {
            return Err(Refused::UnknownUser);
        }
        let size = asking.envelope.parameters.size.unwrap_or(0);
        let detail = address.local().split_once('+').map(|(_, detail)| detail.to_owned());
        let mut targets = Vec::with_capacity(leads.people.len());
        for recipient in leads.people {
            self.has_room(recipient.account, size)?;
            let detail = detail.clone();
            targets.push(Target::Account { account: recipient.account.0, detail });
        }
        for outside in leads.elsewhere {
            if !self.settings().way_out.is_there() {
                return Err(self.settings().way_out.refused());
            }
            let outside = outside.parse().map_err(|_| Refused::UnknownUser)?;
            targets.push(Target::Elsewhere(outside));
        }
        Ok(targets)
    }

    /// A report that comes back to a sender whom we have rewritten goes on to that sender. Nothing else does: whoever has such
    /// an address must not have us send mail.
    async fn rewritten(&self, asking: &Asking<'_>) -> Result<Option<Target>, Refused> {
        if asking.envelope.from.is_some() {
            return Ok(None);
        }
        let now = self.people.accounts().clock().now();
        match self.rewriting().await?.sender(asking.address, now.0) {
            Some(_) if !self.settings().way_out.is_there() => {
                Err(self.settings().way_out.refused())
            }
            sender => Ok(sender.map(Target::Elsewhere)),
        }
    }

    async fn rewriting(&self) -> Result<&Rewriting, Refused> {
        let make = || async {
            let key = self.people.key_for("correio 2026 sender rewriting").await?;
            Ok::<_, PeopleError>(Rewriting::new(key))
        };
        self.rewriting.get_or_try_init(make).await.map_err(|error| {
            tracing::error!(%error, "senders cannot be rewritten");
            Refused::Fault
        })
    }

    /// Who is named as the sender of what aliases pass on to other hosts. People of this host stay who they are.
    async fn sent_as(&self, envelope: &Envelope) -> Result<Option<smtp::Address>, Refused> {
        let Some(from) = envelope.from.as_ref().filter(|_| envelope.login.is_none()) else {
            return Ok(None);
        };
        if self.is_local(from).map_err(logged)? {
            return Ok(None);
        }
        let leads_away = |recipient: &&smtp::delivery::Recipient| {
            recipient.targets.iter().any(|target| matches!(target, Target::Elsewhere(_)))
        };
        let Some(alias) = envelope.recipients.iter().find(leads_away) else { return Ok(None) };
        let ours = match alias.address.domain() {
            smtp::Domain::Name(name) => name.clone(),
            smtp::Domain::Here | smtp::Domain::Literal(_) => self.settings().domain.to_string(),
        };
        let now = self.people.accounts().clock().now();
        let rewriting = self.rewriting().await?;
        Ok(rewriting.sent_as(from, &smtp::Domain::Name(ours), now.0))
    }

    /// Only people who are logged in write to others elsewhere, and not without end.
    fn elsewhere(&self, asking: &Asking<'_>) -> Result<Vec<Target>, Refused> {
        let Some(login) = &asking.envelope.login else { return Err(Refused::RelayDenied) };
        if !self.settings().way_out.is_there() {
            return Err(self.settings().way_out.refused());
        }
        let now = self.people.accounts().clock().now();
        let max = self.settings().recipients_per_day_max;
        self.daily
            .take(AccountId(login.account), max, now)
            .map_err(|wait_s| Refused::TooMuch { wait_s })?;
        Ok(vec![Target::Elsewhere(asking.address.clone())])
    }

    /// Whether a message of that size fits into an account now. It is asked again when the message is stored.
    fn has_room(&self, account: AccountId, octets: u64) -> Result<(), Refused> {
        let accounts = self.people.accounts();
        let account =
            accounts.open(account, Who::at(Door::Delivery)).map_err(|error| self.word(error))?;
        account.would_fit(octets, 1).map_err(|refused| self.word(refused.into()))
    }

    /// Words what the model refuses.
    fn word(&self, error: mailbox::Error) -> Refused {
        let refused = match error {
            mailbox::Error::Fault(fault) => return logged(fault),
            mailbox::Error::Refused(refused) => refused,
        };
        match refused {
            // The only thing there can be too much of in a delivery is messages.
            mailbox::Refused::OverQuota(_) | mailbox::Refused::TooMany { .. } => self.full(),
            mailbox::Refused::TooLarge { octets_max } => Refused::TooLarge { octets_max },
            mailbox::Refused::NoSpace | mailbox::Refused::NoMemory => Refused::NoSpace,
            // Removed since RCPT.
            mailbox::Refused::NoSuchMailbox => Refused::UnknownUser,
            mailbox::Refused::MailboxExists
            | mailbox::Refused::NotSelectable
            | mailbox::Refused::Inbox
            | mailbox::Refused::BelowItself
            | mailbox::Refused::NoPermission
            | mailbox::Refused::SpecialUse
            | mailbox::Refused::NoSuchMessage
            | mailbox::Refused::Annotation(_)
            | mailbox::Refused::InUse
            | mailbox::Refused::TooSoon { .. }
            | mailbox::Refused::Choice { .. } => {
                tracing::error!(%refused, "a delivery was refused oddly");
                Refused::Fault
            }
        }
    }

    async fn claim_of(&self, address: &smtp::Address) -> Result<Claim, Refused> {
        if !self.is_local(address).map_err(logged)? {
            return Ok(Claim::Nothing);
        }
        // What we have passed on, and another host has sent back, claims nothing.
        let now = self.people.accounts().clock().now();
        if self.rewriting().await?.sender(address, now.0).is_some() {
            return Ok(Claim::Nothing);
        }
        match self.settings().local_sender {
            LocalSender::Mark => Ok(Claim::OurDomain),
            LocalSender::Refuse => Err(Refused::LoginFirst),
        }
    }

    fn is_theirs(&self, account: AccountId, address: &smtp::Address) -> Result<bool, Fault> {
        match self.address(address) {
            Some(address) => self.people.may_send_as(account, &address),
            None => Ok(false),
        }
    }

    /// Whether somebody may send from an address.
    pub(crate) fn may_send_from(
        &self,
        account: AccountId,
        address: &smtp::Address,
    ) -> Result<bool, Fault> {
        if self.is_theirs(account, address)? {
            return Ok(true);
        }
        match self.settings().from {
            Senders::Any => Ok(!self.is_local(address)?),
            Senders::Own => Ok(false),
        }
    }

    fn sender_of(&self, login: &Login, address: &smtp::Address) -> Result<Owner, Refused> {
        if self.is_theirs(AccountId(login.account), address).map_err(logged)? {
            return Ok(Owner::User);
        }
        if self.may_send_from(AccountId(login.account), address).map_err(logged)? {
            Ok(Owner::Elsewhere)
        } else {
            Err(Refused::NotYours)
        }
    }
}

fn logged(fault: Fault) -> Refused {
    let cause = std::error::Error::source(&fault).map(ToString::to_string);
    tracing::error!(%fault, cause, "a delivery failed");
    if fault.is_of_unknown_outcome() { Refused::Unknown } else { Refused::Fault }
}

/// The delivery as one connection sees it. It knows whether the client went on after the last message, that is,
/// whether it has surely seen the answer.
pub(crate) struct Courier {
    deliveries: Arc<Deliveries>,
    last: Repeat,
    heard: Arc<AtomicBool>,
}

impl Courier {
    /// To be set whenever the client sends something.
    pub(crate) fn heard(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.heard)
    }

    /// The connection ended: what was delivered last may come again if the client did not hear of it.
    pub(crate) fn ended(&self) {
        if !self.heard.load(Ordering::Relaxed) {
            let now = self.deliveries.people.accounts().clock().now();
            self.deliveries.repeats.expect(&self.last, now);
        }
    }
}

impl Delivery for Courier {
    fn sender<'a>(
        &'a self,
        login: &'a Login,
        address: &'a smtp::Address,
    ) -> Ready<'a, Result<Owner, Refused>> {
        Box::pin(async move { self.deliveries.sender_of(login, address) })
    }

    fn claim<'a>(&'a self, address: &'a smtp::Address) -> Ready<'a, Result<Claim, Refused>> {
        Box::pin(async move { self.deliveries.claim_of(address).await })
    }

    fn recipient<'a>(&'a self, asking: Asking<'a>) -> Ready<'a, Result<Vec<Target>, Refused>> {
        Box::pin(async move {
            let targets = self.deliveries.recipient_of(&asking).await;
            if let Err(refused) = &targets {
                let envelope = asking.envelope;
                let login = envelope.login.as_ref();
                tracing::info!(
                    door = envelope.flavour.door(),
                    address = envelope.peer.address.map(tracing::field::display),
                    outcome = "refused",
                    reason = %refused,
                    id = envelope.id,
                    user = login.map(|login| login.address.as_str()),
                    device = login.and_then(|login| login.device.as_deref()),
                    to = %asking.address,
                    "recipient"
                );
                self.deliveries.metrics.delivered(Outcome::Refused, 0);
            }
            targets
        })
    }

    fn receive(
        &self,
        envelope: Arc<Envelope>,
    ) -> Ready<'static, Result<Box<dyn Receipt>, Refused>> {
        let incoming = self.deliveries.people.accounts().receive();
        let taking = Taking::new(
            Arc::clone(&self.deliveries),
            envelope,
            incoming,
            self.last.clone(),
            Arc::clone(&self.heard),
        );
        let receipt: Box<dyn Receipt> = Box::new(taking);
        Box::pin(async move { Ok(receipt) })
    }

    fn fresh_id(&self) -> String {
        let number = self.deliveries.ids_given.fetch_add(1, Ordering::Relaxed);
        format!("{}{number:x}", self.deliveries.ids_from)
    }
}

/// The door of a message, for the change log.
fn door(envelope: &Envelope) -> Door {
    match envelope.flavour {
        Flavour::Smtp | Flavour::Lmtp => Door::Delivery,
        Flavour::Submission => Door::Submission,
    }
}
