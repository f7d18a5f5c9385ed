//! All that is answered over HTTP: which address leads where, and what every request and answer have in common.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Request, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use jmap::server::{Context, Ports};
use jmap::{Api, Limits};
use tower::ServiceExt as _;

use crate::activity::{Asked, Lasting};
use crate::answer::{Asker, Counted, Line, Often};
use crate::app;
use crate::auth::{self, Renewal};
use crate::body;
use crate::client::{Asking, By, Client, Connection, IsProxy, was_forwarded};
use crate::dav;
use crate::gate::Gate;
use crate::headers;
use crate::jmap as over_http;
use crate::lite;
use crate::login::{AskedBy, Visitor, Visitors};
use crate::oauth::{self, Oauth};
use crate::outside::Outside;
use crate::problem::Problem;
use crate::serve::Open;
use crate::setup::{self, Offer};
use crate::slots::Slots;

/// What the host decides.
pub struct Settings {
    /// The name of the host, for clients that do not say by which they found it.
    pub hostname: String,
    /// What stands before all paths, such as `/mail`; as a rule nothing.
    pub base_path: String,
    /// What a request may be at most.
    pub limits: Limits,
    /// The listeners that mail programs use.
    pub offers: Vec<Offer>,
    /// Random octets, by which logins are compared.
    pub key: [u8; 32],
    /// Whose word on the client counts.
    pub is_proxy: IsProxy,
    /// Fetches pictures from elsewhere; none: the host does not.
    pub outside: Option<Arc<dyn Outside>>,
    /// How programs are let in by consent.
    pub oauth: Arc<Oauth>,
}

/// What all requests need.
pub(crate) struct Desk {
    pub(crate) ports: Ports,
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) settings: Settings,
    pub(crate) api: Api<Context>,
    pub(crate) slots: Arc<Slots>,
    told_of_proxy: AtomicBool,
}

/// Everything that is answered.
pub struct Site {
    desk: Arc<Desk>,
    router: Router,
}

impl Site {
    /// JMAP for the accounts of a host, and pages of the host's own.
    pub fn new(ports: Ports, gate: Arc<dyn Gate>, settings: Settings, own: Router) -> Arc<Site> {
        let api = jmap::server::api(settings.limits);
        let (slots, told_of_proxy) = (Slots::new(), AtomicBool::new(false));
        let desk = Arc::new(Desk { ports, gate, settings, api, slots, told_of_proxy });
        let well_known = || {
            over_http::well_known()
                .merge(setup::well_known())
                .merge(oauth::well_known())
                .merge(dav::well_known())
        };
        let pages = well_known().merge(over_http::routes()).merge(setup::pages());
        let pages = pages
            .merge(auth::routes())
            .merge(oauth::routes())
            .merge(body::routes())
            .merge(app::routes())
            .merge(lite::routes())
            .merge(dav::routes());
        let base_path = &desk.settings.base_path;
        let router = match base_path.as_str() {
            "" => pages,
            // Programs look for these at the top, whatever the path of the rest.
            path => {
                let top = Router::new().route(&format!("{path}/"), app::top());
                Router::new().nest(path, pages).merge(top).merge(well_known())
            }
        };
        let router = router.with_state(Arc::clone(&desk)).merge(own).fallback(nothing);
        Arc::new(Site { desk, router })
    }

    pub(crate) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Answers a request.
    pub(crate) async fn answer(
        &self,
        mut request: Request<Body>,
        connection: &Connection,
        open: Open,
        asked: Asked,
    ) -> Response<Counted> {
        let is_proxy = &self.desk.settings.is_proxy;
        let client = Client::of(connection, request.uri(), request.headers(), is_proxy);
        if connection.by == By::Client && was_forwarded(request.headers()) {
            self.desk.tell_of_proxy(connection);
        }
        let security = client.security;
        let asker = Asker::default();
        let often = match request.uri().path() {
            "/health" | "/metrics" => Often::All,
            _ => Often::Seldom,
        };
        let mut line = Line::of(&request, &client, asker.clone(), often);
        let asking = Asking::of(connection, &client, request.headers());
        let extensions = request.extensions_mut();
        extensions.insert(asking);
        extensions.insert(client);
        extensions.insert(open.visitors);
        extensions.insert(open.stopping);
        extensions.insert(open.sockets);
        extensions.insert(asker);
        let renewal = Renewal::default();
        extensions.insert(renewal.clone());
        let answered: Result<Response<Body>, Infallible> =
            self.router.clone().oneshot(request).await;
        let mut answer = answered.unwrap_or_else(|never| match never {});
        if let Some(cookie) = renewal.cookie()
            && !answer.headers().contains_key(header::SET_COOKIE)
        {
            answer.headers_mut().insert(header::SET_COOKIE, cookie.clone());
        }
        headers::secure(answer.headers_mut(), security);
        line.answered(answer.status());
        let lasting = answer.extensions().get::<Lasting>().copied();
        let answering = asked.answered(lasting.unwrap_or(Lasting::AsLongAsItTakes));
        answer.map(|body| Counted::new(body, answering, line))
    }
}

impl Desk {
    /// Says once that somebody forwards requests who was not named.
    fn tell_of_proxy(&self, connection: &Connection) {
        let at_home = connection.address.is_some_and(|it| it.to_canonical().is_loopback());
        if at_home && !self.told_of_proxy.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a proxy on this machine forwards requests over HTTP; name it in http.proxies, so that its clients are \
                 told from each other"
            );
        }
    }
}

async fn nothing() -> Problem {
    Problem::not_found()
}

/// The client and who it is, for whoever needs a login.
impl FromRequestParts<Arc<Desk>> for Visitor {
    type Rejection = axum::response::Response;

    async fn from_request_parts(
        parts: &mut Parts,
        desk: &Arc<Desk>,
    ) -> Result<Visitor, axum::response::Response> {
        let (client, visitors) = (parts.extensions.get(), parts.extensions.get());
        let (Some(client), Some(visitors)): (Option<&Client>, Option<&Arc<Visitors>>) =
            (client, visitors)
        else {
            return Err(
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "no client").into_response()
            );
        };
        let by = AskedBy::of(&parts.headers);
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            auth::let_page_in(parts, desk).await.map_err(|problem| problem.into_response())?;
        }
        let with = (&*desk.gate, &desk.settings.key);
        let admitted = visitors.admit(with, client, &parts.headers).await;
        let described = || oauth::described(desk, client, parts.uri.path());
        let visitor = admitted.map_err(|refusal| refusal.answer(by, &described()))?;
        if let Some(asker) = parts.extensions.get::<Asker>() {
            asker.is(&visitor.login.address);
        }
        Ok(visitor)
    }
}
