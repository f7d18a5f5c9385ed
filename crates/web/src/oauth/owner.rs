//! Who is asked whether a program may begin: somebody who is logged in to a page, and proved lately to be the owner.

use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};

use crate::auth::cookie::{self, Kind};
use crate::auth::form::form_token;
use crate::auth::guard;
use crate::auth::html::{Maker, see};
use crate::auth::next::Next;
use crate::auth::page::Page;
use crate::client::Client;
use crate::problem::Problem;

/// Somebody who is logged in.
pub(super) struct Owner {
    pub(super) page: Page,
    /// The token of forms on this page.
    pub(super) token: String,
}

impl Owner {
    /// Who is logged in; else where the browser goes first, to come back here with a session.
    pub(super) fn of(
        page: Option<Page>,
        maker: &Maker<'_>,
        client: &Client,
        headers: &HeaderMap,
        here: &str,
    ) -> Result<Owner, Box<Response>> {
        let Some(here) = Next::read(here) else {
            return Err(Box::new(Problem::not_found().into_response()));
        };
        let cookie = cookie::read(headers, Kind::Session, client.security);
        if let (Some(page), Some(cookie)) = (page, cookie) {
            return Ok(Owner { page, token: form_token(maker.desk, &cookie) });
        }
        // From a page of another site a browser brings no cookie, whether it has one or not.
        if guard::is_from_elsewhere(headers) {
            return Err(Box::new(maker.again(here.as_str())));
        }
        Err(Box::new(see(&format!("{}/auth/login?next={}", maker.base(), here.encoded()))))
    }

    /// Sends who did not prove lately to be the owner to the page that asks for it, which leads back here: a program that is let in
    /// stays.
    pub(super) fn proven(&self, maker: &Maker<'_>, here: &str) -> Result<(), Box<Response>> {
        match Next::read(here).filter(|_| !self.page.fresh) {
            None => Ok(()),
            Some(here) => {
                let to = format!("{}/auth/confirm?next={}", maker.base(), here.encoded());
                Err(Box::new(see(&to)))
            }
        }
    }
}
