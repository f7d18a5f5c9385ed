//! HTTP and HTTPS: JMAP and pages for everybody, `/health` for whoever watches the host, `/metrics` for Prometheus.

mod bounded;
mod gate;
mod grants;
mod offers;
mod own_security;
mod page_logins;
mod pages;
mod pushing;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use admin::keep::Keep;
use directory::PeopleError;
use jmap::server::ports::Notes;
use queue::OutboundQueue;
use sasl::Security;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use web::{By, Connection, Oauth, OneClick, Outside, Pusher, Rewound, Settings, Site};

use self::bounded::{Bounded, Seats};
use self::gate::HostGate;
use self::grants::HostGrants;
use self::own_security::HostOwnSecurity;
use self::page_logins::HostPageLogins;
pub(super) use self::pages::{Pages, sick};
use super::Phase;
use super::accept::{Accepted, accept};
use super::again::{DOOR_PAUSE, again};
use super::doors::{Doors, HANDSHAKE, Stream};
use crate::config::{HttpSection, Proxies};
use crate::jmap::Submissions;
use crate::listen::Protocol;
use crate::listen::bind::Bound;
use crate::listen::connections::Seat;
use crate::outbound::Network;

/// What both listeners share.
pub(super) struct Http {
    doors: Arc<Doors>,
    /// What is answered in the clear: with the pages for those who watch the host.
    clear: Arc<Site>,
    /// What is answered under TLS.
    secured: Arc<Site>,
    proxies: Proxies,
    /// For those who watch the host while it is full.
    seats: Seats,
    pusher: Arc<Pusher>,
    notes: Arc<dyn Notes>,
}

impl Http {
    pub(super) async fn new(
        keep: &Keep,
        doors: &Arc<Doors>,
        queue: &Arc<OutboundQueue>,
        pages: &Arc<Pages>,
        bound: &[Bound],
        section: &HttpSection,
    ) -> Result<Arc<Http>, PeopleError> {
        let gate = Arc::new(HostGate {
            accounts: keep.accounts.clone(),
            people: Arc::clone(&keep.people),
            logins: Arc::clone(&doors.logins),
            connections: Arc::clone(&doors.connections),
            live: Arc::clone(&doors.live),
            clock: Arc::clone(keep.accounts.clock()),
            pages: HostPageLogins {
                people: Arc::clone(&keep.people),
                logins: Arc::clone(&doors.logins),
            },
            own_security: HostOwnSecurity {
                people: Arc::clone(&keep.people),
                logins: Arc::clone(&doors.logins),
            },
        });
        let outbox = Submissions {
            people: Arc::clone(&keep.people),
            logins: Arc::clone(&doors.logins),
            deliveries: Arc::clone(&doors.deliveries),
            queue: Arc::clone(queue),
            hostname: doors.hostname.to_string(),
            phase: doors.phase.clone(),
        };
        let network = Network::new(None);
        let no_tls = |error| mailbox::Fault::caused("no TLS for servers elsewhere", error);
        let network: Arc<dyn Outside> = Arc::new(network.map_err(no_tls)?);
        let pusher = pushing::pusher(keep, &doors.hostname, Arc::clone(&network)).await?;
        let pushes = Arc::<Pusher>::clone(&pusher);
        let outside = section.picture_proxy.then_some(network);
        let lists = Arc::new(OneClick::new(outside.clone()));
        let ports = crate::jmap::ports(&keep.people, outbox, section.bodies(), pushes, lists)?;
        let proxies = section.proxies();
        let upload_octets_max = keep.accounts.policy().message_octets_max;
        // Programs that registered are known after a start, too.
        let key = keep.people.key_for("correio 2026-11 programs of OAuth").await?;
        let oauth = Oauth::new(Box::new(HostGrants(Arc::clone(&keep.people))), key);
        if let Some(origin) = offers::origin(bound, &doors.hostname) {
            let path = web::OAUTH_SERVER_PATH;
            doors.logins.tell_of_own_server(format!("{origin}{path}{}", section.base_path));
            drop(doors.jmap_url.set(format!("{origin}/.well-known/jmap").into()));
        }
        let site = |own| {
            let named = proxies.clone();
            let settings = Settings {
                hostname: doors.hostname.to_string(),
                base_path: section.base_path.clone(),
                offers: offers::of(bound),
                limits: ::jmap::Limits { upload_octets_max, ..::jmap::Limits::default() },
                key: machine::random()?,
                is_proxy: Box::new(move |address| named.has(address)),
                outside: outside.clone(),
                oauth: Arc::clone(&oauth),
            };
            let gate = Arc::<HostGate>::clone(&gate);
            Ok::<_, mailbox::Fault>(Site::new(ports.clone(), gate, settings, own))
        };
        let (clear, secured) =
            (site(pages.router().merge(doors.pending.router()))?, site(axum::Router::new())?);
        let doors = Arc::clone(doors);
        let (notes, seats) = (ports.notes, Seats::default());
        Ok(Arc::new(Http { doors, clear, secured, proxies, seats, pusher, notes }))
    }

    /// Pushes what changes to those who subscribed, until the host stops.
    pub(super) async fn push(self: Arc<Self>) {
        let mut phase = self.doors.phase.clone();
        let pushing =
            Arc::clone(&self.pusher).run(self.doors.accounts.clone(), Arc::clone(&self.notes));
        tokio::select! {
            biased;
            _ = phase.wait_for(|phase| *phase == Phase::Stopping) => {}
            () = pushing => {}
        }
    }

    /// Takes a connection in, if there is room for it.
    fn welcome(self: &Arc<Self>, protocol: Protocol, stream: TcpStream, address: IpAddr) {
        let http = Arc::clone(self);
        let doors = &self.doors;
        let by = if self.proxies.has(address) { By::Proxy } else { By::Client };
        // A proxy brings many, and says of each who it is.
        let counted = (by == By::Client).then_some(address);
        match doors.connections.arrive(counted) {
            Ok(seat) => {
                doors.metrics.connected(protocol);
                let connection =
                    async move { http.connect(protocol, stream, address, by, Some(seat)).await };
                drop(tokio::spawn(doors.accounts.in_lanes(connection)));
            }
            // Whoever watches the host has to see it while it is full, too.
            Err(_) if protocol == Protocol::Http => {
                doors.metrics.connected(protocol);
                let stream = Bounded::new(stream, self.seats.take(address));
                let connection =
                    async move { http.connect(protocol, stream, address, by, None).await };
                drop(tokio::spawn(doors.accounts.in_lanes(connection)));
            }
            Err(why) => {
                doors.metrics.turned_away(protocol);
                tracing::debug!(%protocol, %address, %why, "a connection is refused");
            }
        }
    }

    async fn connect<S: Stream + 'static>(
        &self,
        protocol: Protocol,
        stream: S,
        address: IpAddr,
        by: By,
        seat: Option<Seat>,
    ) {
        let _connected = self.doors.live.connect(protocol);
        let (stream, address, _seat) = match by {
            By::Client => (Rewound::fresh(stream), address, seat),
            By::Proxy => match Box::pin(self.client_of(stream, address, seat)).await {
                Some(client) => client,
                None => return,
            },
        };
        let address = Some(address);
        if protocol.is_tls() {
            // Boxed, so that who is in does not pay for the size of the handshake, and TLS lies in one place alone.
            let (pending, config) = (&self.doors.pending, self.doors.tls.config(protocol));
            let accepting = Box::pin(timeout(HANDSHAKE, pending.accept(stream, config)));
            let stream = match accepting.await {
                Ok(Ok(Some(stream))) => Box::new(stream),
                Ok(Ok(None)) => return,
                Ok(Err(error)) => {
                    let address = address.map(tracing::field::display);
                    tracing::debug!(%protocol, address, %error, "no TLS");
                    return;
                }
                Err(_) => return,
            };
            let connection = Connection { address, security: Security::Tls, by };
            return self.serve(&self.secured, stream, connection).await;
        }
        let security = match address {
            Some(ip) if !ip.to_canonical().is_loopback() => Security::Clear,
            Some(_) | None => Security::Loopback,
        };
        let connection = Connection { address, security, by };
        self.serve(&self.clear, stream, connection).await;
    }

    /// Reads what a proxy says of its client (PROXY protocol), if it says anything. From then on the connection counts as the
    /// client's.
    async fn client_of<S: Stream + 'static>(
        &self,
        stream: S,
        proxy: IpAddr,
        seat: Option<Seat>,
    ) -> Option<(Rewound<S>, IpAddr, Option<Seat>)> {
        match timeout(HANDSHAKE, web::read_client(stream)).await {
            Ok(Ok((stream, None))) => Some((stream, proxy, seat)),
            Ok(Ok((stream, Some(client)))) => match self.doors.connections.arrive(Some(client)) {
                Ok(seat) => Some((stream, client, Some(seat))),
                Err(why) => {
                    tracing::debug!(address = %client, %why, "a connection is refused");
                    None
                }
            },
            Ok(Err(error)) => {
                tracing::debug!(address = %proxy, %error, "what a proxy says is not understood");
                None
            }
            Err(_) => None,
        }
    }

    async fn serve<S: Stream + 'static>(
        &self,
        site: &Arc<Site>,
        stream: S,
        connection: Connection,
    ) {
        let mut phase = self.doors.phase.clone();
        let stop = async move {
            // That the sender is gone means the same.
            drop(phase.wait_for(|phase| *phase == Phase::Stopping).await);
        };
        web::serve(stream, Arc::clone(site), connection, stop).await;
    }
}

/// Accepts for HTTP or HTTPS until the host stops.
pub(super) async fn door(bound: Bound, http: Arc<Http>) {
    let Bound { protocol, address, socket } = bound;
    let (socket, phase) = (Arc::new(socket), http.doors.phase.clone());
    let what = format!("the {protocol} listener on {address}");
    again(what.clone(), DOOR_PAUSE, phase.clone(), move || {
        let (http, mut phase) = (Arc::clone(&http), phase.clone());
        let over = async move {
            drop(phase.wait_for(|phase| *phase == Phase::Stopping).await);
        };
        accept(what.clone(), Arc::clone(&socket), over, move |accepted| match accepted {
            Accepted::Tcp(stream, address) => http.welcome(protocol, stream, address),
            // Neither listens on Unix sockets.
            Accepted::Unix(mut stream) => {
                drop(tokio::spawn(async move { stream.shutdown().await }))
            }
        })
    })
    .await;
}
