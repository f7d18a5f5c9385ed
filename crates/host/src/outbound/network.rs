//! Servers elsewhere: names, sockets and TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sasl::Ready;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use web::{Outside, Stream};

use super::client_config;
use crate::tls::TlsFault;

/// Servers elsewhere: pictures and authorities are fetched from them.
pub struct Network {
    tls: Arc<ClientConfig>,
}

impl Network {
    /// Trusts the usual authorities, and those of a file, PEM.
    pub fn new(authority: Option<&Path>) -> Result<Network, TlsFault> {
        Ok(Network { tls: client_config(authority)? })
    }
}

impl Outside for Network {
    fn resolve<'a>(&'a self, host: &'a str) -> Ready<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }

    fn connect(&self, address: SocketAddr) -> Ready<'_, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let stream: Box<dyn Stream> = Box::new(stream);
            Ok(stream)
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        host: &'a str,
    ) -> Ready<'a, io::Result<Box<dyn Stream>>> {
        Box::pin(async move {
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let connector = TlsConnector::from(Arc::clone(&self.tls));
            let stream: Box<dyn Stream> = Box::new(connector.connect(name, stream).await?);
            Ok(stream)
        })
    }
}
