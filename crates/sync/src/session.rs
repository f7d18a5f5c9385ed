//! Getting in: connects, goes over to TLS, logs in.

use std::time::Duration;

use pop3::client::{Client, Fault};
use sasl::{Binding, Credentials, Secret, Security};
use tokio::time::timeout;

use crate::limits::CONNECT_TIMEOUT_S;
use crate::network::{Network, NetworkFault, Stream, Trust};
use crate::trouble::Trouble;
use crate::{Endpoint, Transport};

/// Who logs in, and where.
pub struct Login<'l> {
    /// The server.
    pub endpoint: &'l Endpoint,
    /// The certificates that are trusted.
    pub trust: &'l Trust,
    /// The name there.
    pub user: &'l str,
    /// The password.
    pub password: &'l Secret,
}

/// A session that has logged in.
pub type Pop3 = Client<Box<dyn Stream>>;

/// Connects and logs in.
pub async fn open(network: &dyn Network, login: &Login<'_>) -> Result<Pop3, Trouble> {
    let mut client = greeted(network, login.endpoint, login.trust).await?;
    let fault = |fault| Trouble::of_login(fault, login.endpoint, login.user);
    let utf8 = client.capabilities().await.map_err(fault)?.utf8;
    if utf8.is_some() {
        // Messages come as they are then, not as somebody's ASCII of them (RFC 6856, 2).
        client.enter_utf8().await.map_err(fault)?;
    }
    let credentials = Credentials::password(login.user, login.password.clone());
    client.login(credentials, network.nonce(), Binding::Unable).await.map_err(fault)?;
    Ok(client)
}

/// Connects, and goes over to TLS where that is to be.
async fn greeted(
    network: &dyn Network,
    endpoint: &Endpoint,
    trust: &Trust,
) -> Result<Pop3, Trouble> {
    let host = endpoint.host.as_str();
    let unreached = |fault| Trouble::of_network(fault, endpoint);
    let patience = Duration::from_secs(CONNECT_TIMEOUT_S);
    let connecting = timeout(patience, network.connect(host, endpoint.port)).await;
    let connection = connecting.unwrap_or(Err(NetworkFault::TimedOut)).map_err(unreached)?;
    let broken = |fault| Trouble::of_session(fault, endpoint);
    let tls = async |stream| {
        let done = timeout(patience, network.begin_tls(stream, host, trust)).await;
        done.unwrap_or(Err(NetworkFault::TimedOut)).map_err(unreached)
    };
    match endpoint.transport {
        Transport::Tls => {
            let stream = tls(connection.stream).await?;
            Client::begin(stream, Security::Tls).await.map_err(broken)
        }
        Transport::StartTls => {
            let client = Client::begin(connection.stream, Security::Clear).await.map_err(broken)?;
            let stream = client.start_tls().await.map_err(|fault| {
                if let Fault::Refused(refusal) = &fault {
                    return Trouble::no_tls(endpoint, &refusal.text);
                }
                broken(fault)
            })?;
            Ok(Client::after_tls(tls(stream).await?, Security::Tls))
        }
        Transport::Clear if connection.is_loopback => {
            Client::begin(connection.stream, Security::Loopback).await.map_err(broken)
        }
        Transport::Clear => Err(Trouble::ClearNetwork { host: host.to_owned() }),
    }
}
