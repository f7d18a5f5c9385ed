//! A value that may be set anew while it is used: whoever uses it keeps what it took.

use std::sync::{Arc, PoisonError, RwLock};

/// The value.
#[derive(Debug, Default)]
pub(crate) struct Varying<T>(RwLock<Arc<T>>);

impl<T> Varying<T> {
    /// Begins with this one.
    pub(crate) fn new(value: T) -> Varying<T> {
        Varying(RwLock::new(Arc::new(value)))
    }

    /// What it is now.
    pub(crate) fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets it.
    pub(crate) fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}
