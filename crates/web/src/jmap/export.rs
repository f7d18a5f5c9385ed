//! Mail as files (`docs/jmap/export.md`), made while they are taken.

use std::sync::Arc;

use ::jmap::MethodError;
use ::jmap::server::Context;
use ::jmap::server::export::Export;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use mailbox::AccountId;
use serde_json::{Map, Value};

use super::{context, of_method};
use crate::activity::Lasting;
use crate::disposition::{MediaType, disposition};
use crate::limits::EXPORTS_PER_USER_MAX;
use crate::login::Visitor;
use crate::problem::Problem;
use crate::query;
use crate::site::Desk;
use crate::slots::{Kind, Slot};
use crate::streamed::streamed;

pub(super) async fn export(
    visitor: Visitor,
    State(desk): State<Arc<Desk>>,
    Path((account, name)): Path<(String, String)>,
    RawQuery(asked): RawQuery,
) -> Result<Response, Problem> {
    let context = context(&desk, &visitor).await?;
    let own = context.account_id();
    // What is in the account of somebody else is not there, and neither is that account.
    if account != own.as_str() {
        return Err(Problem::not_found());
    }
    let asked = arguments(asked.as_deref())?;
    let user = AccountId(visitor.login.account);
    let slot = desk.slots.take(user, Kind::Export, EXPORTS_PER_USER_MAX);
    let slot = slot.ok_or_else(|| {
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many exports of one user").after(60)
    })?;
    let export = Export::begin(&context, own, asked).await.map_err(|error| wrong(&error))?;
    lane::quick();
    let name = format!(
        "{}.{}",
        name.trim_end_matches(&format!(".{}", export.extension)),
        export.extension
    );
    let media_type = MediaType::of(export.media_type);
    let mut answer = Response::new(Body::empty());
    let fields = answer.headers_mut();
    fields.insert(header::CONTENT_DISPOSITION, disposition(&name, &media_type));
    fields.insert(header::CONTENT_TYPE, media_type.field());
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    answer.extensions_mut().insert(Lasting::AsLongAsItTakes);
    *answer.body_mut() = body(context, export, slot);
    Ok(answer)
}

/// What is asked, as the arguments of a call would say it.
fn arguments(asked: Option<&str>) -> Result<Map<String, Value>, Problem> {
    let mut arguments = Map::new();
    for name in ["format", "mailboxId"] {
        if let Some(value) = query::value(asked, name) {
            arguments.insert(name.to_owned(), value.into());
        }
    }
    if let Some(ids) = query::value(asked, "ids") {
        arguments.insert("ids".to_owned(), ids.split(',').filter(|id| !id.is_empty()).collect());
    }
    if let Some(filter) = query::value(asked, "filter") {
        let filter = ::jmap::read_json(filter.as_bytes());
        let filter = filter.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "filter is not the JSON of a filter")
        })?;
        arguments.insert("filter".to_owned(), filter);
    }
    Ok(arguments)
}

/// What is wrong with what is asked says the problem; all else failed.
fn wrong(error: &MethodError) -> Problem {
    if let MethodError::InvalidArguments { description }
    | MethodError::UnsupportedFilter { description } = error
    {
        return Problem::new(StatusCode::BAD_REQUEST, description.clone());
    }
    of_method(error)
}

fn body(context: Context, mut export: Export, slot: Slot) -> Body {
    streamed(async move |pieces| {
        let _slot = slot;
        loop {
            let piece = export.next(&context).await;
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
