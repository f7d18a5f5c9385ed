//! The way to providers, for the companion: sockets, names, TLS that people can pin, and the web.

mod trust;
mod web;

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use machine::random;
use rustls::pki_types::ServerName;
use sasl::{Nonce, Ready};
use sync::{Connection, Network, NetworkFault, Server, Stream, Trust};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

pub use self::trust::CertificateSeen;
use self::trust::Trusting;

/// How many servers of a service are looked at.
const SERVERS_MAX: usize = 8;

/// The network, as this machine has it.
#[derive(Default)]
pub struct ProviderNetwork {
    trusted: Mutex<Option<CertificateSeen>>,
}

impl ProviderNetwork {
    /// The certificate of the last server that was trusted; none: there was none.
    pub fn certificate(&self) -> Option<CertificateSeen> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Network for ProviderNetwork {
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Ready<'a, Result<Connection, NetworkFault>> {
        Box::pin(async move {
            let addresses = addresses(host, port).await?;
            let mut last = NetworkFault::NoSuchName;
            for address in addresses {
                match TcpStream::connect(address).await {
                    Ok(stream) => {
                        drop(stream.set_nodelay(true));
                        let is_loopback = address.ip().to_canonical().is_loopback();
                        return Ok(Connection { stream: Box::new(stream), is_loopback });
                    }
                    Err(error) => last = NetworkFault::Unreachable(plain(&error)),
                }
            }
            Err(last)
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
        trust: &'a Trust,
    ) -> Ready<'a, Result<Box<dyn Stream>, NetworkFault>> {
        Box::pin(async move {
            let tls = |error: &dyn std::fmt::Display| NetworkFault::Tls(error.to_string());
            let name = ServerName::try_from(host.to_owned()).map_err(|error| tls(&error))?;
            let trusting = Trusting::new(trust).map_err(|error| tls(&error))?;
            let connector = TlsConnector::from(trusting.config());
            match connector.connect(name, stream).await {
                Ok(stream) => {
                    *self.trusted.lock().unwrap_or_else(PoisonError::into_inner) =
                        trusting.trusted();
                    let stream: Box<dyn Stream> = Box::new(stream);
                    Ok(stream)
                }
                Err(error) => Err(match trusting.refused() {
                    Some(certificate) => NetworkFault::Certificate(certificate),
                    None => tls(&error),
                }),
            }
        })
    }

    fn servers<'a>(&'a self, name: &'a str) -> Ready<'a, Result<Vec<Server>, NetworkFault>> {
        Box::pin(async move {
            let unreachable =
                |error: &dyn std::fmt::Display| NetworkFault::Unreachable(error.to_string());
            let builder = TokioResolver::builder_tokio().map_err(|error| unreachable(&error))?;
            let resolver = builder.build().map_err(|error| unreachable(&error))?;
            let found = match resolver.srv_lookup(format!("{name}.")).await {
                Ok(found) => found,
                Err(error) if error.is_no_records_found() || error.is_nx_domain() => {
                    return Ok(Vec::new());
                }
                Err(error) => return Err(unreachable(&error)),
            };
            let server = |record: &hickory_resolver::proto::rr::Record| {
                let RData::SRV(srv) = &record.data else { return None };
                let host = srv.target.to_ascii().trim_end_matches('.').to_owned();
                Some(Server { priority: srv.priority, host, port: srv.port })
            };
            Ok(found.answers().iter().filter_map(server).take(SERVERS_MAX).collect())
        })
    }

    fn page<'a>(
        &'a self,
        host: &'a str,
        path: &'a str,
    ) -> Ready<'a, Result<Option<Vec<u8>>, NetworkFault>> {
        Box::pin(web::fetched(self, host, path))
    }

    fn nonce(&self) -> Nonce {
        // Without randomness the login fails, and nothing is sent.
        Nonce::from_random(random().unwrap_or_default())
    }
}

async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, NetworkFault> {
    match tokio::net::lookup_host((host, port)).await {
        Ok(found) => Ok(found.collect()),
        // What the resolver of the system says of a name that is not there has no kind of its own.
        Err(error) if error.to_string().contains("Temporary failure") => {
            Err(NetworkFault::Unreachable(plain(&error)))
        }
        Err(_) => Err(NetworkFault::NoSuchName),
    }
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests;
