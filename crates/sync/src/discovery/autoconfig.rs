//! What a domain says of its mail, in the format that Thunderbird reads: `config-v1.1.xml`. Anything else in it, and
//! whatever is too much, is passed over.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Person;
use crate::limits::{AUTOCONFIG_DEPTH_MAX, AUTOCONFIG_OCTETS_MAX, AUTOCONFIG_PARTS_MAX};
use crate::{Endpoint, Service, Transport};

/// A server that the domain offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where it is. Never in the clear.
    pub endpoint: Endpoint,
    /// The name to log in with; none: it does not say.
    pub user: Option<String>,
}

/// What is read of one server.
#[derive(Default)]
struct Draft {
    host: String,
    port: String,
    socket: String,
    user: String,
}

/// The servers of a service that a page offers to somebody, in its order, TLS from the first octet first.
pub fn offers(page: &[u8], service: Service, person: &Person<'_>) -> Vec<Offer> {
    let (element, kind) = match service {
        Service::Pop3 => ("incomingServer", "pop3"),
        Service::Imap => ("incomingServer", "imap"),
        Service::Submission => ("outgoingServer", "smtp"),
    };
    let Some(text) = std::str::from_utf8(page).ok().filter(|it| it.len() <= AUTOCONFIG_OCTETS_MAX)
    else {
        return Vec::new();
    };
    let mut reader = Reader::from_str(text);
    let (mut offers, mut path) = (Vec::new(), Vec::new());
    let mut draft: Option<Draft> = None;
    for _ in 0..AUTOCONFIG_PARTS_MAX {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                if path.len() >= AUTOCONFIG_DEPTH_MAX {
                    break;
                }
                let name = tag.local_name().as_ref().to_vec();
                if name == element.as_bytes() && is_of(&tag, kind) {
                    draft = Some(Draft::default());
                }
                path.push(name);
            }
            Ok(Event::End(tag)) => {
                path.pop();
                if tag.local_name().as_ref() == element.as_bytes()
                    && let Some(draft) = draft.take()
                {
                    offers.extend(draft.offer(service, person));
                }
            }
            Ok(Event::Text(text)) => {
                if let (Some(draft), Some(name)) = (&mut draft, path.last())
                    && let Ok(text) = text.decode()
                {
                    draft.take(name, text.trim());
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(
                Event::Empty(_)
                | Event::CData(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::GeneralRef(_),
            ) => {}
        }
    }
    offers.sort_by_key(|offer: &Offer| offer.endpoint.transport != Transport::Tls);
    offers
}

fn is_of(tag: &BytesStart<'_>, wanted: &str) -> bool {
    let kind = tag.try_get_attribute("type").ok().flatten();
    kind.is_some_and(|kind| kind.value.as_ref() == wanted.as_bytes())
}

impl Draft {
    fn take(&mut self, name: &[u8], text: &str) {
        let field = match name {
            b"hostname" => &mut self.host,
            b"port" => &mut self.port,
            b"socketType" => &mut self.socket,
            b"username" => &mut self.user,
            _ => return,
        };
        field.push_str(text);
    }

    fn offer(self, service: Service, person: &Person<'_>) -> Option<Offer> {
        let Person { address, local, domain } = person;
        let filled = |text: &str| {
            text.replace("%EMAILADDRESS%", address)
                .replace("%EMAILLOCALPART%", local)
                .replace("%EMAILDOMAIN%", domain)
        };
        let transport = match self.socket.as_str() {
            "SSL" => Transport::Tls,
            "STARTTLS" => Transport::StartTls,
            _ => return None,
        };
        let usual = Endpoint::usual(service, transport, &filled(&self.host));
        let endpoint = Endpoint { port: self.port.parse().ok()?, ..usual };
        // What cannot be said on a command line cannot be a server either.
        let endpoint: Endpoint = endpoint.to_string().parse().ok()?;
        let user = filled(&self.user);
        let harmless = !user.chars().any(char::is_control);
        Some(Offer { endpoint, user: Some(user).filter(|user| !user.is_empty() && harmless) })
    }
}
