//! Uploads (RFC 8620, 6.1).

use std::sync::Arc;

use ::jmap::server::blob::{NotUploaded, Uploading};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use mailbox::AccountId;

use super::{context, of_method};
use crate::disposition::MediaType;
use crate::incoming::{Incoming, length};
use crate::login::Visitor;
use crate::problem::Problem;
use crate::site::Desk;
use crate::slots::Kind;

const LIMIT: &str = "maxSizeUpload";

pub(super) async fn upload(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let limits = &desk.settings.limits;
    let own = AccountId(visitor.login.account);
    let slot = desk.slots.take(own, Kind::Upload, limits.uploads_max);
    let _slot = slot.ok_or_else(|| Problem::limit("maxConcurrentUpload"))?;
    let context = context(&desk, &visitor).await?;
    if account != context.account_id().as_str() {
        return Err(Problem::not_found());
    }
    let octets_max = limits.upload_octets_max;
    if length(&headers).is_some_and(|length| length > octets_max) {
        return Err(Problem::limit(LIMIT));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = MediaType::of(kind.unwrap_or_default());
    let mut uploading = Uploading::begin(&context, octets_max);
    let mut incoming = Incoming::new(body, octets_max, LIMIT);
    while let Some(piece) = incoming.next().await? {
        uploading.write(&context, &piece).await.map_err(not_uploaded)?;
        lane::quick();
    }
    let uploaded =
        uploading.finish(&context, kind.as_str().to_owned()).await.map_err(not_uploaded)?;
    let octets = serde_json::to_vec(&uploaded).map_err(|_| Problem::try_later("no answer"))?;
    let mut answer = (StatusCode::CREATED, octets).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(answer)
}

fn not_uploaded(why: NotUploaded) -> Problem {
    match why {
        NotUploaded::TooLarge(_) => Problem::limit(LIMIT),
        NotUploaded::Failed(error) => of_method(&error),
    }
}
