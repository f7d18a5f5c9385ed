//! Delivers one push: what is said, encrypted and signed, by one POST (RFC 8030, 5).

use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use bytes::Bytes;
use jmap::server::ports::Notes;
use jmap::server::{PushSubscription, ids, keep_push_subscriptions, push_subscriptions};
use mailbox::{AccountId, Accounts, Door, Error, Fault, Who};
use serde_json::json;
use tokio::time::timeout;
use url::Url;

use super::Pusher;
use super::board::{Came, Key, Push};
use super::encrypt::{Fresh, Reader};
use crate::jmap::states::{States, states};
use crate::limits::{PUSH_LONGEST, PUSH_TTL_S, VERIFICATION_TTL_S};
use crate::outside::{NoAnswer, Schemes, exchange};

/// What is pushed, and how the push service handles it.
struct Message {
    text: String,
    ttl_s: u32,
    urgency: &'static str,
    /// A message that waits gives way to a newer one with the same.
    topic: Option<String>,
}

/// Why a push was not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("it took too long")]
    TooLong,
    #[error("the push service answered with {status}")]
    Status { status: StatusCode, after: Option<Duration> },
    #[error("it cannot be encrypted or signed")]
    Unsealed,
}

impl Pusher {
    /// Delivers a push to a subscription, if it is still there, and what made it is good.
    pub(super) async fn deliver(
        &self,
        (accounts, notes): (&Accounts, &dyn Notes),
        (account, number): Key,
        push: Push,
    ) -> Came {
        match self.try_deliver((accounts, notes), (account, number), push).await {
            Ok(came) => came,
            // It was removed just now.
            Err(Error::Refused(mailbox::Refused::NoSuchMailbox)) => Came::Gone,
            Err(error) => {
                tracing::warn!(user = accounts.name(account), %error, "changes cannot be pushed");
                Came::Failed { after: None, too_much: false }
            }
        }
    }

    async fn try_deliver(
        &self,
        (accounts, notes): (&Accounts, &dyn Notes),
        (account, number): Key,
        push: Push,
    ) -> Result<Came, Error> {
        let there = push_subscriptions(notes, account)?.into_iter().find(|it| it.0 == number);
        let Some((_, subscription)) = there else { return Ok(Came::Gone) };
        let now_s = accounts.clock().now().0;
        let is_over = subscription.expires_s <= now_s;
        if is_over || !(self.is_good)(account, &subscription.credential)? {
            keep_push_subscriptions(notes, account, |other, _| other != number).await?;
            return Ok(Came::Gone);
        }
        let (message, known) = match push {
            Push::Verification => (verification(number, &subscription), None),
            Push::States(told) => {
                let opened = accounts.enter(account, Who::at(Door::System)).await?;
                let now = states(&opened, notes).await?;
                match state_change(account, &subscription, told, now) {
                    Some(message) => (message, Some(now)),
                    None => return Ok(Came::Told(Some(now))),
                }
            }
        };
        lane::quick();
        let posted = timeout(PUSH_LONGEST, self.post(&subscription, &message, now_s)).await;
        let Err(not_taken) = posted.unwrap_or(Err(NotTaken::TooLong)) else {
            return Ok(Came::Told(known));
        };
        // The address is a secret of the client's device: the log names it not.
        tracing::debug!(user = accounts.name(account), %not_taken, "a push was not taken");
        if let NotTaken::Status { status, after } = not_taken {
            // RFC 8030, 7.3: the subscription is no more.
            if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
                keep_push_subscriptions(notes, account, |other, _| other != number).await?;
                return Ok(Came::Gone);
            }
            let too_much = status == StatusCode::TOO_MANY_REQUESTS;
            return Ok(Came::Failed { after, too_much });
        }
        Ok(Came::Failed { after: None, too_much: false })
    }

    async fn post(
        &self,
        subscription: &PushSubscription,
        message: &Message,
        now_s: i64,
    ) -> Result<(), NotTaken> {
        let url = Url::parse(&subscription.url).map_err(|_| NoAnswer::Address)?;
        let audience = url.origin().ascii_serialization();
        let signed = self.signer.authorization(&audience, now_s).ok_or(NotTaken::Unsealed)?;
        let mut request = Request::builder()
            .method(Method::POST)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, signed)
            .header(header::USER_AGENT, "correio (push)")
            .header("TTL", message.ttl_s)
            .header("Urgency", message.urgency);
        if let Some(topic) = &message.topic {
            request = request.header("Topic", topic);
        }
        let body = match &subscription.keys {
            None => Bytes::from(message.text.clone()),
            Some(keys) => {
                request = request.header(header::CONTENT_ENCODING, "aes128gcm");
                let reader = Reader::of(keys).ok_or(NotTaken::Unsealed)?;
                let fresh = self.fresh().map_err(|_| NotTaken::Unsealed)?;
                let sealed = reader.encrypt(&fresh, message.text.as_bytes());
                sealed.ok_or(NotTaken::Unsealed)?.into()
            }
        };
        let (answer, _connection) =
            exchange(&*self.outside, (&url, Schemes::Https), request, body).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let after = answer.headers().get(header::RETRY_AFTER);
        let after = after.and_then(|after| after.to_str().ok()?.parse().ok());
        Err(NotTaken::Status { status, after: after.map(Duration::from_secs) })
    }

    fn fresh(&self) -> Result<Fresh, Fault> {
        let random = (self.random)()?;
        let (mut key, mut salt) = ([0; 32], [0; 16]);
        key.iter_mut().chain(&mut salt).zip(random).for_each(|(to, octet)| *to = octet);
        Ok(Fresh { key, salt })
    }
}

/// The code that the client has to say (RFC 8620, 7.2.2).
fn verification(number: u64, subscription: &PushSubscription) -> Message {
    let text = json!({
        "@type": "PushVerification",
        "pushSubscriptionId": ids::push_subscription(number),
        "verificationCode": subscription.verification_code,
    });
    Message { text: text.to_string(), ttl_s: VERIFICATION_TTL_S, urgency: "normal", topic: None }
}

/// What changed, of what it wants to hear (RFC 8620, 7.1); none: nothing.
fn state_change(
    account: AccountId,
    subscription: &PushSubscription,
    told: Option<States>,
    now: States,
) -> Option<Message> {
    let changed = now.changed(told.as_ref(), subscription.types.as_deref());
    if changed.is_empty() {
        return None;
    }
    // New mail may wake a telephone; that somebody read it may not.
    let is_delivery = now.changed(told.as_ref(), None).contains_key("EmailDelivery");
    // It gives way to a newer one only where that tells of all that it tells of.
    let topic = States::topic(&changed);
    let id = ids::account(account).to_string();
    let text = json!({"@type": "StateChange", "changed": {id: changed}});
    Some(Message {
        text: text.to_string(),
        ttl_s: PUSH_TTL_S,
        urgency: if is_delivery { "normal" } else { "low" },
        topic: Some(topic),
    })
}
