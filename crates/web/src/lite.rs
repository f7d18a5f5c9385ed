//! `/lite/`: mail in plain pages, for browsers without scripts, text browsers and slow lines. The pages are a client of JMAP like any
//! other: what they show and do goes through the same methods, as requests that are made here instead of in a browser.
//!
//! What others wrote is text in these pages (the templates escape it), and HTML of theirs stands in a frame with an origin of its own.

mod act;
mod addresses;
mod folders;
mod list;
mod message;
mod page;
mod quote;
mod reader;
mod shown;
mod words;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::site::Desk;

/// Where everything is, below the base path.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/lite", get(list::inbox))
        .route("/lite/", get(list::inbox))
        .route("/lite/style.css", get(page::style))
        .route("/lite/mailbox/{id}", get(list::mailbox))
        .route("/lite/search", get(list::search))
        .route("/lite/email/{id}", get(message::show))
        .route("/lite/act", post(act::take))
        .route("/lite/write", get(write::show).post(write::take))
}
