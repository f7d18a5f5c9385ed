//! The port to those who let people in and know who is there: the host answers.

use std::sync::Arc;

use sasl::{Denied, Directory, Login, Peer, Ready, Secret, Security};

use crate::own_security::OwnSecurity;
use crate::page_logins::PageLogins;

/// Lets people in.
pub trait Gate: Send + Sync + 'static {
    /// The directory for one login. Whoever comes in through it is there until it is dropped.
    fn visit(&self, security: Security) -> Arc<dyn Visit>;

    /// The addresses that mail to somebody is sent to, the main one first.
    fn addresses<'a>(&'a self, login: &'a Login) -> Ready<'a, Vec<String>>;

    /// Those who let people in to pages.
    fn page_logins(&self) -> &dyn PageLogins;

    /// Those who know and change what decides who gets in.
    fn own_security(&self) -> &dyn OwnSecurity;
}

/// One login, as long as the connection on which it was made is open.
pub trait Visit: Directory {
    /// Takes note of what the program calls itself.
    fn introduce(&self, program: &str);

    /// Lets in who has a session of a page, by its secret.
    fn page<'a>(&'a self, secret: &'a Secret, peer: &'a Peer) -> Ready<'a, Result<Login, Denied>>;

    /// Whether what let somebody in was taken back.
    fn is_over(&self) -> bool;

    /// Waits until it is.
    fn over(&self) -> Ready<'_, ()>;
}
