//! What is remembered between starts: a host that is started again and again must not order again and again.

use admin::blocking;
use machine::files;
use mailbox::Fault;
use serde::{Deserialize, Serialize};

use super::Acme;

/// What came of the orders so far.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(super) struct State {
    /// What was ordered, as a hash: with other settings all begins anew.
    pub(super) asked: String,
    /// The directory that the certificate is from; none: there is none yet.
    pub(super) certificate_of: Option<String>,
    /// How many orders in a row came to nothing.
    pub(super) failures: u32,
    /// Not before then another order, in Unix seconds.
    pub(super) not_before_s: i64,
    /// The same, because the authority wants it so: then nobody can shorten it.
    pub(super) left_alone_until_s: i64,
    /// Why the last one came to nothing.
    pub(super) why: Option<String>,
}

impl Acme {
    /// What was remembered; what cannot be read counts as nothing.
    pub(super) async fn remembered(&self) -> State {
        let path = self.folder.acme_state();
        let read = blocking(move || files::read_text(&path)).await;
        let text = read.ok().and_then(Result::ok).unwrap_or_default();
        let state: State = serde_json::from_str(&text).unwrap_or_default();
        let asked = self.asked();
        if state.asked == asked {
            return state;
        }
        State { asked, certificate_of: state.certificate_of, ..State::default() }
    }

    /// Remembers. That it could not be is told, and no reason to stop.
    pub(super) async fn remember(&self, state: &State) {
        if let Err(fault) = self.try_remember(state).await {
            tracing::warn!(%fault, "what came of an order is not remembered");
        }
    }

    async fn try_remember(&self, state: &State) -> Result<(), Fault> {
        let path = self.folder.acme_state();
        let cannot = format!("{} cannot be written", path.display());
        let octets = serde_json::to_vec_pretty(state)
            .map_err(|error| Fault::caused(cannot.clone(), error))?;
        let written = blocking(move || files::write_secret(&path, &octets)).await?;
        written.map_err(|error| Fault::caused(cannot, error))
    }

    /// All settings that an order depends on, as a hash.
    fn asked(&self) -> String {
        let external = self.external.as_ref().map(|(id, _)| id);
        let all = (&self.directory, &self.names, &self.challenges, &self.contacts, external);
        let text = serde_json::to_string(&all).unwrap_or_default();
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }
}
