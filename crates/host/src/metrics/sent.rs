//! Counts what comes of sending.

use std::sync::Arc;

use queue::{Outcome, Parcel, Route, Transport};
use sasl::Ready;
use smtp::Address;

use super::Metrics;

/// A way out whose outcomes are counted.
pub struct CountedTransport<T> {
    /// The way out.
    pub inner: T,
    /// Where it is counted.
    pub metrics: Arc<Metrics>,
}

impl<T: Transport> Transport for CountedTransport<T> {
    fn route(&self, recipient: &Address) -> Route {
        self.inner.route(recipient)
    }

    fn send<'a>(&'a self, parcel: Parcel<'a>) -> Ready<'a, Vec<Outcome>> {
        Box::pin(async move {
            let outcomes = self.inner.send(parcel).await;
            outcomes.iter().for_each(|outcome| self.metrics.tried(outcome));
            outcomes
        })
    }
}
