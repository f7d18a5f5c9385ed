//! Downloads (RFC 8620, 6.2). What is given to a browser is shown only if it is a picture, and runs nothing in any case.

use std::ops::Range;
use std::sync::Arc;

use ::jmap::Id;
use ::jmap::server::Context;
use ::jmap::server::blob::Blob;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use mailbox::AccountId;

use super::{context, of_method};
use crate::disposition::{MediaType, disposition};
use crate::login::Visitor;
use crate::problem::Problem;
use crate::query;
use crate::range::{Asked, is_known};
use crate::site::Desk;
use crate::streamed::streamed;

/// What lies behind an id never changes (RFC 8620, 6.2).
const KEPT: &str = "private, immutable, max-age=31536000";
/// Nothing in it runs, or asks for anything.
const SANDBOX: &str = "sandbox; default-src 'none'; frame-ancestors 'self'";

pub(super) async fn download(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Path((account, blob_id, name)): Path<(String, String, String)>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let context = context(&desk, &visitor).await?;
    let id = Id::try_from(blob_id).map_err(|_| Problem::not_found())?;
    // What is in the account of somebody else is not there, and neither is that account.
    if account != context.account_id().as_str() {
        return Err(Problem::not_found());
    }
    let blob = Blob::find(&context, &id).await.map_err(|error| of_method(&error))?;
    let blob = blob.ok_or_else(Problem::not_found)?;
    let tag = format!("\"{id}\"");
    let media_type = query::value(asked.as_deref(), "accept").unwrap_or_default();
    let media_type = MediaType::of(&media_type).with_charset(blob.charset.as_deref());
    let mut answer = Response::new(Body::empty());
    let fields = answer.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, HeaderValue::from_static(KEPT)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX)),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_DISPOSITION, disposition(&name, &media_type)),
        (header::CONTENT_TYPE, media_type.field()),
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
    ] {
        fields.insert(name, value);
    }
    if is_known(&headers, &tag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(answer);
    }
    let octets = blob.octets(&context).await.map_err(|error| of_method(&error))?;
    let (status, part) = match Asked::of(&headers, &tag, octets) {
        Asked::All => (StatusCode::OK, 0..octets),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
        Asked::Beyond => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
    };
    *answer.status_mut() = status;
    let fields = answer.headers_mut();
    let said = match status {
        StatusCode::PARTIAL_CONTENT => {
            Some(format!("bytes {}-{}/{octets}", part.start, part.end.saturating_sub(1)))
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{octets}")),
        _ => None,
    };
    if let Some(said) = said.and_then(|said| HeaderValue::from_str(&said).ok()) {
        fields.insert(header::CONTENT_RANGE, said);
    }
    let length = part.end.saturating_sub(part.start);
    fields.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if length > 0 {
        let account = AccountId(visitor.login.account);
        *answer.body_mut() = body(desk, account, context, blob, part);
    }
    Ok(answer)
}

/// The octets, piece by piece. One user takes so many downloads at once; further ones wait.
pub(crate) fn body(
    desk: Arc<Desk>,
    account: AccountId,
    context: Context,
    blob: Blob,
    part: Range<u64>,
) -> Body {
    streamed(async move |pieces| {
        let _turn = desk.slots.download(account).await;
        let mut reading = blob.read_range(part);
        loop {
            let piece = reading.next(&context).await;
            lane::quick();
            match piece {
                Ok(Some(piece)) => pieces.put(piece).await,
                Ok(None) => return,
                // The head is gone already: all that is left is not to end well.
                Err(_) => return pieces.fail().await,
            }
        }
    })
}
