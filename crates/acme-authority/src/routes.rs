//! What is answered at which address (RFC 8555, 7.1).

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, head, post};
use bytes::Bytes;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};

use crate::answers::{Json, problem};
use crate::jws::{customer, octets, point, thumbprint};
use crate::{AccountOf, Authority, CheckOf, OrderOf, Stream, Ways};

type Here = State<Arc<Authority>>;

pub(crate) async fn serve(authority: Arc<Authority>, stream: impl Stream + 'static) {
    let router = Router::new()
        .route("/directory", get(directory))
        .route("/nonce", head(nonce))
        .route("/account", post(new_account))
        .route("/account/{id}", post(account))
        .route("/order", post(new_order))
        .route("/order/{id}", post(order))
        .route("/check/{id}", post(check))
        .route("/prove/{id}/{kind}", post(prove))
        .route("/finish/{id}", post(finish))
        .route("/certificate/{id}", post(certificate))
        .route("/renewal/{id}", get(renewal))
        .with_state(authority);
    let service = TowerToHyperService::new(router);
    let connection = hyper::server::conn::http1::Builder::new();
    drop(connection.serve_connection(TokioIo::new(stream), service).await);
}

/// An answer with a nonce for the next question.
fn fresh(authority: &Authority, status: u16, body: Value) -> Response {
    let nonce = [("replay-nonce", authority.new_nonce())];
    (StatusCode::from_u16(status).unwrap(), nonce, Json(body)).into_response()
}

async fn directory(State(authority): Here) -> Response {
    let (ways, has_window) = {
        let state = authority.state();
        (state.ways.clone(), state.window.is_some())
    };
    let origin = match ways {
        Ways::Redirects => {
            let elsewhere = [(header::LOCATION, "https://elsewhere.example/directory")];
            return (StatusCode::FOUND, elsewhere).into_response();
        }
        Ways::NotJson => return "<html>Welcome</html>".into_response(),
        Ways::Endless => {
            let piece = || Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1 << 10]));
            let pieces = futures_util::stream::repeat_with(piece);
            return Body::from_stream(pieces).into_response();
        }
        Ways::Downgrades => authority.origin.replace("https://", "http://"),
        _ => authority.origin.clone(),
    };
    let mut directory = json!({
        "newNonce": format!("{origin}/nonce"),
        "newAccount": format!("{origin}/account"),
        "newOrder": format!("{origin}/order"),
        "meta": { "externalAccountRequired": ways == Ways::ExternalAccounts },
    });
    if has_window {
        directory["renewalInfo"] = format!("{origin}/renewal").into();
    }
    Json(directory).into_response()
}

async fn nonce(State(authority): Here) -> Response {
    ([("replay-nonce", authority.new_nonce())], ()).into_response()
}

async fn new_account(State(authority): Here, body: Bytes) -> Response {
    let asked = match authority.asked("/account", &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let Some(jwk) = asked.jwk else { return problem(400, "malformed", "no key") };
    if asked.payload["termsOfServiceAgreed"] != true {
        return problem(403, "userActionRequired", "agree to the terms");
    }
    let bound = customer(&asked.payload["externalAccountBinding"], &jwk);
    let mut state = authority.state();
    if state.ways == Ways::ExternalAccounts {
        match bound {
            Some(customer) => state.seen.customers.push(customer),
            None => return problem(403, "externalAccountRequired", "who are you?"),
        }
    }
    state.count += 1;
    let url = format!("{}/account/{}", authority.origin, state.count);
    let contacts = contacts(&asked.payload);
    state.seen.contacts.clone_from(&contacts);
    state.seen.accounts += 1;
    state.accounts.insert(url.clone(), AccountOf { key: point(&jwk), jwk, contacts });
    drop(state);
    let mut answer = fresh(&authority, 201, json!({ "status": "valid" }));
    answer.headers_mut().insert(header::LOCATION, url.parse().unwrap());
    answer
}

fn contacts(payload: &Value) -> Vec<String> {
    let all = payload["contact"].as_array().into_iter().flatten();
    all.filter_map(|contact| Some(contact.as_str()?.to_owned())).collect()
}

async fn account(State(authority): Here, Path(id): Path<u64>, body: Bytes) -> Response {
    let asked = match authority.asked(&format!("/account/{id}"), &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let mut state = authority.state();
    let known = asked.account.and_then(|account| state.accounts.get_mut(&account));
    known.unwrap().contacts = contacts(&asked.payload);
    state.seen.contacts = contacts(&asked.payload);
    drop(state);
    fresh(&authority, 200, json!({ "status": "valid" }))
}

async fn new_order(State(authority): Here, body: Bytes) -> Response {
    let mut state = authority.state();
    if state.ways == Ways::Forgetful {
        state.accounts.clear();
        state.ways = Ways::Right;
    }
    drop(state);
    let asked = match authority.asked("/order", &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let Some(account) = asked.account else { return problem(400, "malformed", "who?") };
    let mut state = authority.state();
    state.seen.orders += 1;
    if let Ways::RateLimited(wait_s) = state.ways {
        let mut answer = problem(429, "rateLimited", "too many certificates of late");
        answer.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
        return answer;
    }
    let replaces = asked.payload["replaces"].as_str().map(str::to_owned);
    if replaces.is_some() {
        if state.ways == Ways::NoReplacing {
            return problem(409, "alreadyReplaced", "that one was replaced");
        }
        state.seen.replacing += 1;
    }
    let all = asked.payload["identifiers"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> =
        all.iter().map(|name| name["value"].as_str().unwrap().to_owned()).collect();
    names.sort();
    let mut checks = Vec::new();
    for name in &names {
        state.count += 1;
        let id = state.count;
        let token = match state.ways {
            Ways::WrongTokens => format!("../../etc/{id}"),
            _ => format!("token_{id}-AbCdEfGhIjKlMnOpQrStUvWxYz"),
        };
        state.checks.insert(id, CheckOf { name: name.clone(), token, outcome: None });
        checks.push(id);
    }
    state.count += 1;
    let id = state.count;
    let order = OrderOf { account, checks, names, certificate: None, replaces };
    state.orders.insert(id, order);
    drop(state);
    let mut answer = show_order(&authority, 201, id);
    let url = format!("{}/order/{id}", authority.origin);
    answer.headers_mut().insert(header::LOCATION, url.parse().unwrap());
    answer
}

fn show_order(authority: &Authority, status: u16, id: u64) -> Response {
    let (shown, origin) = (authority.state(), &authority.origin);
    let Some(order) = shown.orders.get(&id).cloned() else {
        return problem(404, "malformed", "no such order");
    };
    let outcomes: Vec<_> = order.checks.iter().map(|id| &shown.checks[id].outcome).collect();
    let how = if order.certificate.is_some() {
        "valid"
    } else if outcomes.iter().any(|outcome| matches!(outcome, Some(Err(_)))) {
        "invalid"
    } else if outcomes.iter().all(|outcome| matches!(outcome, Some(Ok(())))) {
        "ready"
    } else {
        "pending"
    };
    let checks: Vec<String> =
        order.checks.iter().map(|id| format!("{origin}/check/{id}")).collect();
    let mut body = json!({
        "status": how, "authorizations": checks, "finalize": format!("{origin}/finish/{id}"),
    });
    if order.certificate.is_some() {
        body["certificate"] = format!("{origin}/certificate/{id}").into();
    }
    if let Some(replaces) = order.replaces {
        body["replaces"] = replaces.into();
    }
    drop(shown);
    fresh(authority, status, body)
}

async fn order(State(authority): Here, Path(id): Path<u64>, body: Bytes) -> Response {
    match authority.asked(&format!("/order/{id}"), &body) {
        Ok(_) => show_order(&authority, 200, id),
        Err(refused) => refused,
    }
}

async fn check(State(authority): Here, Path(id): Path<u64>, body: Bytes) -> Response {
    match authority.asked(&format!("/check/{id}"), &body) {
        Ok(_) => show_check(&authority, id),
        Err(refused) => refused,
    }
}

fn show_check(authority: &Authority, id: u64) -> Response {
    let state = authority.state();
    let (check, ways) = (state.checks[&id].clone(), state.ways.clone());
    drop(state);
    let kinds: &[&str] = match ways {
        Ways::DnsOnly => &["dns-01"],
        _ => &["http-01", "dns-01", "tls-alpn-01"],
    };
    let challenges: Vec<Value> =
        kinds.iter().map(|kind| challenge(authority, &check, id, kind)).collect();
    let body = json!({
        "status": status_of(&check),
        "identifier": { "type": "dns", "value": check.name },
        "challenges": challenges,
    });
    fresh(authority, 200, body)
}

fn status_of(check: &CheckOf) -> &'static str {
    match check.outcome {
        None => "pending",
        Some(Ok(())) => "valid",
        Some(Err(_)) => "invalid",
    }
}

fn challenge(authority: &Authority, check: &CheckOf, id: u64, kind: &str) -> Value {
    let mut body = json!({
        "type": kind,
        "url": format!("{}/prove/{id}/{kind}", authority.origin),
        "token": check.token,
        "status": status_of(check),
    });
    if let Some(Err((kind, detail))) = &check.outcome {
        body["error"] =
            json!({ "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": detail });
    }
    body
}

async fn prove(
    State(authority): Here,
    Path((id, kind)): Path<(u64, String)>,
    body: Bytes,
) -> Response {
    let asked = match authority.asked(&format!("/prove/{id}/{kind}"), &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let state = authority.state();
    let (check, ways) = (state.checks[&id].clone(), state.ways.clone());
    let jwk = state.accounts[&asked.account.unwrap()].jwk.clone();
    drop(state);
    let shown = challenge(&authority, &check, id, &kind);
    if ways != Ways::Pending {
        let looking = Arc::clone(&authority);
        // As in the world, it is looked later, and from elsewhere.
        drop(tokio::spawn(async move {
            let answer = format!("{}.{}", check.token, thumbprint(&jwk));
            let outcome = match kind.as_str() {
                "http-01" => looking.over_http(&check.name, &check.token, &answer).await,
                _ => looking.over_tls(&check.name, &answer).await,
            };
            let mut state = looking.state();
            if outcome.is_ok() {
                *state.seen.proved.entry(kind).or_default() += 1;
            }
            state.checks.get_mut(&id).unwrap().outcome = Some(outcome);
        }));
    }
    fresh(&authority, 200, shown)
}

async fn finish(State(authority): Here, Path(id): Path<u64>, body: Bytes) -> Response {
    let asked = match authority.asked(&format!("/finish/{id}"), &body) {
        Ok(asked) => asked,
        Err(refused) => return refused,
    };
    let order = authority.state().orders[&id].clone();
    if asked.account != Some(order.account) {
        return problem(403, "unauthorized", "that order is another's");
    }
    let is_proved = {
        let state = authority.state();
        order.checks.iter().all(|id| state.checks[id].outcome == Some(Ok(())))
    };
    if !is_proved {
        return problem(403, "orderNotReady", "prove the names first");
    }
    let request = octets(asked.payload["csr"].as_str().unwrap_or_default());
    let Some(signed) = authority.sign(&request, &order.names) else {
        return problem(400, "badCSR", "that is not what was ordered");
    };
    let mut state = authority.state();
    state.seen.signed += 1;
    state.orders.get_mut(&id).unwrap().certificate = Some(signed);
    drop(state);
    show_order(&authority, 200, id)
}

async fn certificate(State(authority): Here, Path(id): Path<u64>, body: Bytes) -> Response {
    if let Err(refused) = authority.asked(&format!("/certificate/{id}"), &body) {
        return refused;
    }
    let chain = authority.state().orders[&id].certificate.clone().unwrap();
    let kind = [(header::CONTENT_TYPE, "application/pem-certificate-chain".to_owned())];
    let nonce = [("replay-nonce", authority.new_nonce())];
    (kind, nonce, chain).into_response()
}

/// RFC 9773, 4.2.
async fn renewal(State(authority): Here, Path(_): Path<String>) -> Response {
    let Some((start, end)) = authority.state().window else {
        return problem(404, "malformed", "nothing is suggested");
    };
    let moment = crate::issue::moment;
    let window = json!({ "suggestedWindow": { "start": moment(start), "end": moment(end) } });
    ([(header::RETRY_AFTER, "21600")], Json(window)).into_response()
}
