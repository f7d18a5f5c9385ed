//! The port to those who let people in and know who is there: the host answers.

use std::sync::Arc;

use sasl::{Directory, Login, Ready, Security};

/// Lets people in.
pub trait Gate: Send + Sync + 'static {
    /// The directory for one login. Whoever comes in through it is there until it is dropped.
    fn visit(&self, security: Security) -> Arc<dyn Visit>;

    /// The addresses that mail to somebody is sent to, the main one first.
    fn addresses<'a>(&'a self, login: &'a Login) -> Ready<'a, Vec<String>>;
}

/// One login, as long as the connection on which it was made is open.
pub trait Visit: Directory {
    /// Takes note of what the program calls itself.
    fn introduce(&self, program: &str);

    /// Whether what let somebody in was taken back.
    fn is_over(&self) -> bool;

    /// Waits until it is.
    fn over(&self) -> Ready<'_, ()>;
}
