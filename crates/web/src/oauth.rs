//! The host as an OAuth 2 server of its own (RFC 6749), so that programs log in without holding a password: by a browser with PKCE
//! (RFC 7636) or from a device without one (RFC 8628), found and registered without anybody's help (RFC 8414, 9728, 7591).
//!
//! Nothing is kept for strangers: the identifier of a program holds its registration under a seal. Codes live for a minute, in memory;
//! what lasts is a grant, which the directory keeps through the port [`Grants`].

mod activate;
mod authorize;
mod codes;
mod devices;
mod metadata;
mod owner;
mod page;
mod parameters;
mod program;
mod refused;
mod register;
mod token;
mod words;

pub use self::metadata::SERVER as OAUTH_SERVER_PATH;
pub(crate) use self::metadata::described;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use sasl::{Ready, Secret};

use self::codes::Codes;
use self::devices::Devices;
use crate::site::Desk;

/// The one scope there is: somebody's mail, to read, change and send, over any protocol of the host.
const SCOPE: &str = "mail";
/// Asked for by programs that want refresh tokens. All of them get those.
const OFFLINE: &str = "offline_access";

/// What a program gets that is let in.
pub struct Granted {
    /// Lets it in, for a while.
    pub access: Secret,
    /// For how long, in seconds.
    pub access_s: i64,
    /// Gets it the next pair.
    pub refresh: Secret,
}

/// Why a grant was not made or changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GrantError {
    /// It is refused; the text is for people.
    #[error("{0}")]
    Refused(String),
    /// The directory cannot answer. The log says why.
    #[error("the directory cannot answer at the moment")]
    Unavailable,
}

/// The port to those who keep what programs may do.
pub trait Grants: Send + Sync + 'static {
    /// Lets a program in for the user of an address, under the name that it gives itself.
    fn grant<'a>(
        &'a self,
        address: &'a str,
        name: &'a str,
        program: &'a str,
    ) -> Ready<'a, Result<Granted, GrantError>>;

    /// The next pair for a refresh token; none: it is not good.
    fn refresh<'a>(
        &'a self,
        token: &'a Secret,
        program: &'a str,
    ) -> Ready<'a, Result<Option<Granted>, GrantError>>;

    /// Ends the grant that a token is of. One that is nobody's is over already.
    fn end<'a>(&'a self, token: &'a Secret, program: &'a str) -> Ready<'a, Result<(), GrantError>>;
}

/// What is under way. Both the clear and the secured site of a host share it.
pub struct Oauth {
    grants: Box<dyn Grants>,
    /// Seals what programs register; the same over restarts.
    key: [u8; 32],
    codes: Codes,
    devices: Devices,
}

impl Oauth {
    /// A server that keeps grants there, and seals registrations with a key that stays the same over restarts.
    pub fn new(grants: Box<dyn Grants>, key: [u8; 32]) -> Arc<Oauth> {
        Arc::new(Oauth { grants, key, codes: Codes::default(), devices: Devices::default() })
    }
}

/// What programs ask, below the base path.
pub(crate) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route(authorize::PATH, get(authorize::show).post(authorize::decide))
        .route(activate::PATH, get(activate::show).post(activate::decide))
        .route("/auth/register", post(register::register))
        .route("/auth/token", post(token::token))
        .route("/auth/revoke", post(token::revoke))
        .route("/auth/device", post(devices::authorize))
}

/// Where programs look first, always at the top.
pub(crate) fn well_known() -> Router<Arc<Desk>> {
    Router::new()
        .route(metadata::SERVER, get(metadata::server))
        .route(&format!("{}/{{*path}}", metadata::SERVER), get(metadata::server))
        .route(metadata::RESOURCE, get(metadata::resource))
        .route(&format!("{}/{{*path}}", metadata::RESOURCE), get(metadata::resource))
}

/// What a program asked to be let in to, as far as there is such a thing; none: nothing of it is (RFC 6749, 3.3).
fn granted_scope(asked: Option<&str>) -> Option<&'static str> {
    match asked.map(str::split_ascii_whitespace) {
        None => Some(SCOPE),
        Some(mut asked) => asked.any(|scope| scope == SCOPE || scope == OFFLINE).then_some(SCOPE),
    }
}

#[cfg(test)]
mod tests {
    use super::granted_scope;

    #[test]
    fn scopes_that_are_not_known_are_left_out() {
        for (asked, want) in [
            (None, true),
            (Some("mail"), true),
            (Some("openid mail"), true),
            (Some("offline_access"), true),
            (Some("admin"), false),
            (Some(""), false),
        ] {
            assert_eq!(granted_scope(asked).is_some(), want, "{asked:?}");
        }
    }
}
