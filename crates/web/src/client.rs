//! Who asks, from where and how: what the connection shows, and what proxies that the administrator named say of it. What others
//! say of themselves counts for nothing.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use sasl::{Peer, Security};

/// A connection, as the host knows it.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// Where it comes from, or what a named proxy said of that by the PROXY protocol; none for a pipe.
    pub address: Option<IpAddr>,
    /// How it is protected.
    pub security: Security,
    /// Whether a named proxy made it.
    pub by: By,
}

/// Who made a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The client itself, as far as we know.
    Client,
    /// A proxy that the administrator named, which says who its client is.
    Proxy,
}

/// Says whether an address is that of a proxy that the administrator named.
pub type IsProxy = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// The client of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: Option<IpAddr>,
    pub(crate) security: Security,
    /// The name by which it found us, with the port, if that is a name at all.
    pub(crate) host: Option<String>,
}

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const FORWARDED_HOST: &str = "x-forwarded-host";

impl Client {
    /// Who asks on a connection.
    pub(crate) fn of(
        connection: &Connection,
        uri: &Uri,
        headers: &HeaderMap,
        is_proxy: &IsProxy,
    ) -> Client {
        let asked = uri.authority().map(Authority::as_str);
        let asked = asked.or_else(|| headers.get(header::HOST)?.to_str().ok());
        let Connection { address, security, by } = *connection;
        if by == By::Client {
            return Client { address, security, host: asked.and_then(valid_host) };
        }
        let said = Said::of(headers);
        let address = said.client(address, is_proxy);
        let at_home = address.is_none_or(|address| address.to_canonical().is_loopback());
        let security = match (said.proto.as_deref(), security) {
            (Some(proto), _) if proto.eq_ignore_ascii_case("https") => Security::Tls,
            (None, Security::Tls) => Security::Tls,
            // A proxy that does not say how its client is connected may take passwords in the clear.
            (Some(_) | None, _) if at_home => Security::Loopback,
            (Some(_) | None, _) => Security::Clear,
        };
        let host = said.host.as_deref().or(asked);
        Client { address, security, host: host.and_then(valid_host) }
    }

    /// How the directory knows it.
    pub(crate) fn peer(&self) -> Peer {
        Peer::new(self.address, self.security)
    }

    /// The beginning of all our URLs, as the client sees them.
    pub(crate) fn origin(&self, hostname: &str) -> String {
        let scheme = match self.security {
            Security::Tls => "https",
            Security::Loopback | Security::Clear => "http",
        };
        format!("{scheme}://{}", self.host.as_deref().unwrap_or(hostname))
    }
}

/// Who asks, for pages of the host's own: an extension of each request.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    at_home: bool,
}

impl Asking {
    pub(crate) fn of(connection: &Connection, client: &Client, headers: &HeaderMap) -> Asking {
        let is_loopback = client.address.is_none_or(|it| it.to_canonical().is_loopback());
        let is_known = connection.by == By::Proxy || !was_forwarded(headers);
        Asking { at_home: is_loopback && is_known }
    }

    /// Whether it is somebody on this machine.
    pub fn is_at_home(&self) -> bool {
        self.at_home
    }
}

/// Whether a request went through a proxy, by what it carries.
pub(crate) fn was_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_FOR) || headers.contains_key(header::FORWARDED)
}

/// What a proxy says of its client. `X-Forwarded-*` goes before `Forwarded` (RFC 7239): the common proxies set the former and
/// pass the latter on as it came.
struct Said {
    /// From the client to the proxy nearest to us.
    path: Vec<Option<IpAddr>>,
    proto: Option<String>,
    host: Option<String>,
}

impl Said {
    fn of(headers: &HeaderMap) -> Said {
        let is_there =
            [FORWARDED_FOR, FORWARDED_PROTO].into_iter().any(|name| headers.contains_key(name));
        if !is_there {
            return Said::standard(headers);
        }
        let last = |name| elements(headers, name).pop().map(str::to_owned);
        let path = elements(headers, FORWARDED_FOR);
        Said {
            path: path.into_iter().map(address).collect(),
            proto: last(FORWARDED_PROTO),
            host: last(FORWARDED_HOST),
        }
    }

    /// What `Forwarded` says (RFC 7239, 4).
    fn standard(headers: &HeaderMap) -> Said {
        let mut said = Said { path: Vec::new(), proto: None, host: None };
        for element in elements(headers, header::FORWARDED.as_str()) {
            // What the nearest proxy says counts; the others may be made up.
            (said.proto, said.host) = (None, None);
            let mut from = None;
            for pair in element.split(';') {
                let Some((name, value)) = pair.split_once('=') else { continue };
                let value = value.trim().trim_matches('"');
                match name.trim().to_ascii_lowercase().as_str() {
                    "for" => from = address(value),
                    "proto" => said.proto = Some(value.to_owned()),
                    "host" => said.host = Some(value.to_owned()),
                    _ => {}
                }
            }
            said.path.push(from);
        }
        said
    }

    /// The last of the path that is no named proxy. What is before it may be made up.
    fn client(&self, connected: Option<IpAddr>, is_proxy: &IsProxy) -> Option<IpAddr> {
        let mut client = connected;
        for address in self.path.iter().rev() {
            if client.is_some_and(|client| !is_proxy(client)) {
                break;
            }
            let Some(address) = address else { break };
            client = Some(*address);
        }
        client
    }
}

/// The elements of a list, of all fields with this name.
fn elements<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    let elements = values.flat_map(|value| value.split(','));
    elements.map(str::trim).filter(|element| !element.is_empty()).collect()
}

/// An address as proxies write it: alone, in brackets, with a port.
fn address(text: &str) -> Option<IpAddr> {
    if let Some((inside, _)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return inside.parse().ok();
    }
    let alone = text.parse().ok();
    alone.or_else(|| text.rsplit_once(':')?.0.parse().ok())
}

/// A name with or without a port, and nothing else: it becomes part of URLs.
fn valid_host(text: &str) -> Option<String> {
    let is_right = |octet: u8| octet.is_ascii_alphanumeric() || b"-._:[]".contains(&octet);
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(is_right);
    (fits && text.parse::<Authority>().is_ok()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, Uri};
    use sasl::Security;

    use super::{By, Client, Connection, IsProxy};

    fn client(by: By, security: Security, fields: &[(&str, &str)]) -> (String, Security, String) {
        let mut headers = HeaderMap::new();
        headers.insert("host", "inside:8080".parse().unwrap());
        for (name, value) in fields {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let is_proxy: IsProxy = Box::new(|address| address.to_string().starts_with("10."));
        let address = Some("10.0.0.1".parse().unwrap());
        let connection = Connection { address, security, by };
        let client = Client::of(&connection, &Uri::from_static("/x"), &headers, &is_proxy);
        let origin = client.origin("mail.example.org");
        (client.address.unwrap().to_string(), client.security, origin)
    }

    #[test]
    fn what_strangers_say_of_themselves_counts_for_nothing() {
        let fields = [
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
        ];
        let want = ("10.0.0.1".to_owned(), Security::Clear, "http://inside:8080".to_owned());
        assert_eq!(client(By::Client, Security::Clear, &fields), want);
    }

    #[test]
    fn a_named_proxy_says_who_its_client_is() {
        for (fields, address, security, origin) in [
            (
                &[("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")][..],
                "192.0.2.7",
                Security::Tls,
                "https://inside:8080",
            ),
            (
                &[
                    ("x-forwarded-for", "203.0.113.9, 192.0.2.7, 10.0.0.2"),
                    ("x-forwarded-proto", "https"),
                    ("x-forwarded-host", "mail.example.org"),
                    ("forwarded", "for=198.51.100.1;proto=http"),
                ],
                "192.0.2.7",
                Security::Tls,
                "https://mail.example.org",
            ),
            (
                &[(
                    "forwarded",
                    "for=203.0.113.9, for=\"[2001:db8::7]:4711\";proto=https;host=a.example",
                )],
                "2001:db8::7",
                Security::Tls,
                "https://a.example",
            ),
            (
                &[("forwarded", "for=unknown;proto=https")],
                "10.0.0.1",
                Security::Tls,
                "https://inside:8080",
            ),
            (
                &[("x-forwarded-for", "192.0.2.7")],
                "192.0.2.7",
                Security::Clear,
                "http://inside:8080",
            ),
            (
                &[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "http")],
                "127.0.0.1",
                Security::Loopback,
                "http://inside:8080",
            ),
        ] {
            let want = (address.to_owned(), security, origin.to_owned());
            assert_eq!(client(By::Proxy, Security::Clear, fields), want, "{fields:?}");
        }
    }

    #[test]
    fn a_host_that_is_no_name_is_not_repeated() {
        for bad in ["a b", "a/b", "user@host", "a\"b", "<x>", ""] {
            let fields = [("x-forwarded-proto", "https"), ("x-forwarded-host", bad)];
            let origin = client(By::Proxy, Security::Clear, &fields).2;
            let want =
                if bad.is_empty() { "https://inside:8080" } else { "https://mail.example.org" };
            assert_eq!(origin, want, "{bad}");
        }
    }
}
