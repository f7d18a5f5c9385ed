//! The pages for those who watch the host: `/health`, and `/metrics` for Prometheus.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use admin::keep::Keep;
use axum::Router;
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use mailbox::Accounts;
use mailbox::engine::Engine as _;
use prometheus_client::registry::Registry;
use queue::OutboundQueue;
use store::Store;
use web::Asking;

use super::super::doors::Doors;
use crate::acme::Told;
use crate::metrics::{QueueTally, Sources};

/// What the pages show.
pub(in super::super) struct Pages {
    accounts: Accounts,
    store: Store,
    registry: Registry,
    queue: Arc<OutboundQueue>,
    queue_tally: Arc<QueueTally>,
    backup_ended_s: Arc<AtomicU64>,
    metrics_for_all: AtomicBool,
    acme: Arc<Told>,
}

impl Pages {
    pub(in super::super) fn new(
        keep: &Keep,
        doors: &Doors,
        queue: &Arc<OutboundQueue>,
        metrics_for_all: bool,
    ) -> Arc<Pages> {
        let sources = Sources {
            people: Arc::clone(&keep.people),
            store: keep.store.clone(),
            connections: Arc::clone(&doors.connections),
            logins: Arc::clone(&doors.logins),
            tls: doors.tls.clone(),
            acme: Arc::clone(&doors.acme),
        };
        Arc::new(Pages {
            accounts: keep.accounts.clone(),
            store: keep.store.clone(),
            queue: Arc::clone(queue),
            queue_tally: Arc::clone(&doors.metrics.queue),
            backup_ended_s: Arc::clone(&doors.metrics.backup_ended_s),
            registry: doors.metrics.registry(sources),
            metrics_for_all: AtomicBool::new(metrics_for_all),
            acme: Arc::clone(&doors.acme),
        })
    }

    /// Where they are.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        let router = Router::new().route("/health", get(health)).route("/metrics", get(metrics));
        router.with_state(Arc::clone(self))
    }

    /// Sets whether others than loopback may read the metrics.
    pub(in super::super) fn set_metrics_for_all(&self, may: bool) {
        self.metrics_for_all.store(may, Ordering::Relaxed);
    }

    /// Looks at what waits in the queue, which may be long, and at what is noted in the store.
    async fn look(&self) {
        let (queue, accounts) = (Arc::clone(&self.queue), self.accounts.clone());
        let look =
            move || Ok((queue.waiting()?, admin::upkeep::last_backup_s(&**accounts.engine())?));
        match self.accounts.apart(look).await {
            Ok(Ok((waiting, backup))) => {
                let ended_s = backup.and_then(|ended_s| u64::try_from(ended_s).ok()).unwrap_or(0);
                self.queue_tally.set(waiting);
                self.backup_ended_s.store(ended_s, Ordering::Relaxed);
            }
            Ok(Err(fault)) | Err(fault) => {
                tracing::warn!(%fault, "the store cannot be looked at for the metrics");
            }
        }
    }
}

/// What is wrong with the host, if anything is.
pub(in super::super) fn sick(store: &Store) -> Option<String> {
    match store.failure() {
        Some(fault) => Some(fault.to_string()),
        None if store.space_left_octets() == Some(0) => {
            Some("the disk is full; new mail is refused until there is room".to_owned())
        }
        None => None,
    }
}

async fn health(State(pages): State<Arc<Pages>>) -> impl IntoResponse {
    match sick(&pages.store) {
        // Mail flows all the same, so that nobody who watches should start the host anew.
        None => match pages.acme.trouble() {
            Some(why) => (StatusCode::OK, format!("ok\n{why}\n")),
            None => (StatusCode::OK, "ok\n".to_owned()),
        },
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

async fn metrics(
    State(pages): State<Arc<Pages>>,
    Extension(asking): Extension<Asking>,
) -> impl IntoResponse {
    let plain = "text/plain; charset=utf-8";
    if !pages.metrics_for_all.load(Ordering::Relaxed) && !asking.is_at_home() {
        let words = "metrics are shown on loopback only; see http.metrics_for_all\n".to_owned();
        return (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, plain)], words);
    }
    pages.look().await;
    let mut text = String::new();
    if prometheus_client::encoding::text::encode(&mut text, &pages.registry).is_err() {
        let words = "the metrics cannot be written\n".to_owned();
        return (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONTENT_TYPE, plain)], words);
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    (StatusCode::OK, [(header::CONTENT_TYPE, kind)], text)
}
