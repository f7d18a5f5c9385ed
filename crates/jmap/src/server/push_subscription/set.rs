//! PushSubscription/set (RFC 8620, 7.2.2).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{PushKeys, PushSubscription};
use crate::arguments::{Arguments, invalid};
use crate::call::Call;
use crate::core::CAPABILITY;
use crate::error::{MethodError, SetError};
use crate::id::Id;
use crate::limits::{
    DEVICE_CLIENT_ID_OCTETS_MAX, PUSH_EXPIRES_S_MAX, PUSH_SUBSCRIPTIONS_MAX, PUSH_TYPE_OCTETS_MAX,
    PUSH_TYPES_MAX, PUSH_URL_OCTETS_MAX,
};
use crate::mail::{read_utc_date, utc_date};
use crate::run::Row;
use crate::server::drawer::{self, Drawer};
use crate::server::{Context, ids};
use crate::standard::{Patch, Set, SetAnswer};

pub(super) const ROW: Row<Context> =
    Row { name: "PushSubscription/set", capability: CAPABILITY, run: |call| Box::pin(run(call)) };

/// What a client says of a new one.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Said {
    device_client_id: String,
    url: String,
    keys: Option<PushKeys>,
    expires: Option<String>,
    types: Option<Vec<String>>,
}

/// Who asks, and when.
struct Asking<'a> {
    credential: &'a str,
    now_s: i64,
}

async fn run(call: &mut Call<'_, Context>) -> Result<Map<String, Value>, MethodError> {
    let mut arguments = Arguments::of(call.arguments());
    let set = Set::of(call.context.account_id(), &mut arguments, call.limits)?;
    arguments.end()?;
    if set.if_in_state.is_some() {
        return Err(invalid("ifInState", "subscriptions have no state"));
    }
    let (context, known) = (&*call.context, &*call.created);
    let now_s = context.ports.accounts.clock().now().0;
    let asking = Asking { credential: &context.user.credential, now_s };
    let mut made = BTreeMap::new();
    for (creation, object) in &set.create {
        made.insert(creation.clone(), asking.read(context, object.clone())?);
    }
    let (answer, _) = drawer::edit::<PushSubscription, SetAnswer>(context, |drawer| {
        let mut answer = SetAnswer::begin(set.account.clone(), String::new());
        for (creation, read) in &made {
            match read.clone().and_then(|subscription| insert(drawer, subscription)) {
                Ok(told) => drop(answer.created.insert(creation.clone(), told)),
                Err(error) => drop(answer.not_created.insert(creation.clone(), error)),
            }
        }
        for (id, patch) in answer.updates(set.update.clone(), &set.destroy, known) {
            match asking.update(drawer, &id, &patch) {
                Ok(told) => drop(answer.updated.insert(id, told)),
                Err(error) => drop(answer.not_updated.insert(id.into(), error)),
            }
        }
        for name in &set.destroy {
            let id = known.find(name);
            match id.as_ref().and_then(|id| asking.own(drawer, id)).zip(id.clone()) {
                Some(((number, _), id)) => {
                    drawer.remove(number);
                    answer.destroyed.push(id);
                }
                None if id.is_some_and(|id| answer.destroyed.contains(&id)) => {}
                None => {
                    drop(answer.not_destroyed.insert(name.clone(), SetError::of("notFound")));
                }
            }
        }
        Ok(answer)
    })
    .await?;
    context.ports.pushes.changed(context.account.id());
    for (creation, told) in &answer.created {
        let id = told.get("id").and_then(Value::as_str);
        if let Some(Ok(id)) = id.map(|id| Id::try_from(id.to_owned())) {
            call.created.note(creation.clone(), id);
        }
    }
    let mut arguments = answer.arguments()?;
    // They are of no account, and have no state.
    arguments.retain(|name, _| !["accountId", "oldState", "newState"].contains(&name.as_str()));
    Ok(arguments)
}

fn insert(
    drawer: &mut Drawer<PushSubscription>,
    subscription: PushSubscription,
) -> Result<Map<String, Value>, SetError> {
    if drawer.len() >= PUSH_SUBSCRIPTIONS_MAX {
        let description =
            format!("there are {PUSH_SUBSCRIPTIONS_MAX} subscriptions of this user already");
        return Err(SetError { description: Some(description), ..SetError::of("overQuota") });
    }
    let expires = utc_date(subscription.expires_s);
    let id = ids::push_subscription(drawer.insert(subscription));
    let told = [("id", json!(id)), ("expires", json!(expires))];
    let told = told.into_iter().chain([("verificationCode", Value::Null)]);
    Ok(told.map(|(name, value)| (name.to_owned(), value)).collect())
}

impl Asking<'_> {
    /// The subscription of an id, if it is the client's.
    fn own(&self, drawer: &Drawer<PushSubscription>, id: &Id) -> Option<(u64, PushSubscription)> {
        let number = ids::push_subscription_of(id)?;
        let subscription = drawer.get(number)?;
        (subscription.credential == self.credential).then(|| (number, subscription.clone()))
    }

    /// A new one, as a client says it.
    fn read(
        &self,
        context: &Context,
        mut object: Map<String, Value>,
    ) -> Result<Result<PushSubscription, SetError>, MethodError> {
        object.retain(|_, value| !value.is_null());
        let said = match read_said(object) {
            Ok(said) => said,
            Err(error) => return Ok(Err(error)),
        };
        if let Err((property, why)) = context.ports.pushes.check(&said.url, said.keys.as_ref()) {
            return Ok(Err(SetError::properties(&[property], why)));
        }
        let expires_s = match self.expires(said.expires.as_deref()) {
            Ok(expires_s) => expires_s,
            Err(error) => return Ok(Err(error)),
        };
        if !context.ports.pushes.may_create(context.account.id()) {
            return Ok(Err(SetError::of("rateLimit")));
        }
        let code = context.ports.fresh.name().map_err(|fault| context.failed(&fault))?;
        Ok(Ok(PushSubscription {
            device_client_id: said.device_client_id,
            url: said.url,
            keys: said.keys,
            verification_code: code,
            is_verified: false,
            expires_s,
            types: said.types,
            credential: self.credential.to_owned(),
        }))
    }

    /// When one ends that shall end then: no later than the host lets it.
    fn expires(&self, wanted: Option<&str>) -> Result<i64, SetError> {
        let latest = self.now_s.saturating_add(PUSH_EXPIRES_S_MAX);
        let Some(wanted) = wanted else { return Ok(latest) };
        let wanted = read_utc_date(wanted)
            .ok_or_else(|| SetError::properties(&["expires"], "it is no UTCDate"))?;
        if wanted <= self.now_s {
            return Err(SetError::properties(&["expires"], "it is over already"));
        }
        Ok(wanted.min(latest))
    }

    /// Changes one; gives what became something else than was asked.
    fn update(
        &self,
        drawer: &mut Drawer<PushSubscription>,
        id: &Id,
        patch: &Patch,
    ) -> Result<Option<Map<String, Value>>, SetError> {
        let (number, before) = self.own(drawer, id).ok_or_else(|| SetError::of("notFound"))?;
        let mut changed = before.clone();
        let mut told = None;
        let shown = before.object(number);
        for (path, value) in patch.parts() {
            let [name] = path else {
                let name = path.first().map_or("", String::as_str);
                return Err(SetError::properties(&[name], "it changes as a whole"));
            };
            match (name.as_str(), value) {
                ("verificationCode", Value::String(code)) => {
                    if !is_same(code, &before.verification_code) {
                        let why = "it is not the code that was sent";
                        return Err(SetError::properties(&[name], why));
                    }
                    changed.is_verified = true;
                }
                ("expires", Value::Null | Value::String(_)) => {
                    changed.expires_s = self.expires(value.as_str())?;
                    let now = utc_date(changed.expires_s);
                    if now.as_deref() != value.as_str() {
                        told = Some(Map::from_iter([("expires".to_owned(), json!(now))]));
                    }
                }
                ("types", _) => {
                    let types = serde_json::from_value(value.clone())
                        .map_err(|_| SetError::properties(&["types"], "it is no list of types"))?;
                    check_types(&types)?;
                    changed.types = types;
                }
                // What is sent back as it is says nothing (RFC 8620, 5.3).
                (same, value) if shown.get(same) == Some(value) => {}
                (other, _) => {
                    return Err(SetError::properties(&[other], "it cannot be changed"));
                }
            }
        }
        if changed != before {
            drawer.replace(number, changed);
        }
        Ok(told)
    }
}

fn read_said(object: Map<String, Value>) -> Result<Said, SetError> {
    let known = ["deviceClientId", "url", "keys", "expires", "types"];
    if let Some(name) = object.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(SetError::properties(&[name], "a client does not say it of a new one"));
    }
    for name in ["deviceClientId", "url"] {
        if !object.contains_key(name) {
            return Err(SetError::properties(&[name], "it is missing"));
        }
    }
    // Which property is of another type is found out by reading each with what has to be there.
    let usual = json!({"deviceClientId": "", "url": ""});
    for (name, value) in &object {
        let mut alone = usual.clone();
        if let Value::Object(alone) = &mut alone {
            alone.insert(name.clone(), value.clone());
        }
        if serde_json::from_value::<Said>(alone).is_err() {
            return Err(SetError::properties(&[name], "it is of another type"));
        }
    }
    let said: Said =
        serde_json::from_value(object.into()).map_err(|_| SetError::of("invalidProperties"))?;
    let too_long = |name: &str, most: usize| {
        Err(SetError::properties(&[name], format!("it has 1 to {most} octets")))
    };
    if !(1..=DEVICE_CLIENT_ID_OCTETS_MAX).contains(&said.device_client_id.len()) {
        return too_long("deviceClientId", DEVICE_CLIENT_ID_OCTETS_MAX);
    }
    if said.url.len() > PUSH_URL_OCTETS_MAX {
        return too_long("url", PUSH_URL_OCTETS_MAX);
    }
    check_types(&said.types)?;
    Ok(said)
}

fn check_types(types: &Option<Vec<String>>) -> Result<(), SetError> {
    let Some(types) = types else { return Ok(()) };
    let fits = types.len() <= PUSH_TYPES_MAX
        && types.iter().all(|name| (1..=PUSH_TYPE_OCTETS_MAX).contains(&name.len()));
    if fits {
        return Ok(());
    }
    let why =
        format!("there are at most {PUSH_TYPES_MAX}, each of 1 to {PUSH_TYPE_OCTETS_MAX} octets");
    Err(SetError::properties(&["types"], why))
}

/// Compares without telling by its time where two codes differ.
fn is_same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differ) == 0
}
