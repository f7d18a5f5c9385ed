//! One page over HTTPS. No redirects are followed: what a domain says of its mail stands under its own name.

use axum::body::Body;
use axum::http::header::{HOST, USER_AGENT};
use axum::http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use sync::limits::{AUTOCONFIG_OCTETS_MAX, CANDIDATE_TIMEOUT_S};
use sync::{Network, NetworkFault, Trust};
use tokio::time::timeout;

use super::ProviderNetwork;

/// Fetches a page; none: there is none, or it is too large.
pub(super) async fn fetched(
    network: &ProviderNetwork,
    host: &str,
    path: &str,
) -> Result<Option<Vec<u8>>, NetworkFault> {
    let patience = Duration::from_secs(CANDIDATE_TIMEOUT_S);
    timeout(patience, fetch(network, host, path)).await.unwrap_or(Err(NetworkFault::TimedOut))
}

async fn fetch(
    network: &ProviderNetwork,
    host: &str,
    path: &str,
) -> Result<Option<Vec<u8>>, NetworkFault> {
    let connection = network.connect(host, 443).await?;
    let stream = network.begin_tls(connection.stream, host, &Trust::Usual).await?;
    let failed = |error: &dyn std::fmt::Display| NetworkFault::Unreachable(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(&error))?;
    let asking = async {
        let request = Request::get(path).header(HOST, host).header(USER_AGENT, "correio");
        let request = request.body(Body::empty()).map_err(|error| failed(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
        if answer.status() != StatusCode::OK {
            return Ok(None);
        }
        let body = Limited::new(answer.into_body(), AUTOCONFIG_OCTETS_MAX);
        // One that is too large says nothing that we want to know.
        Ok(body.collect().await.ok().map(|body| body.to_bytes().to_vec()))
    };
    tokio::pin!(connection);
    tokio::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        ended = &mut connection => match ended {
            // All was read; what is left is in the answer.
            Ok(()) => asking.await,
            Err(error) => Err(failed(&error)),
        },
    }
}
