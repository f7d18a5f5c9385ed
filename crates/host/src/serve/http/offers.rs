//! Which listeners mail programs are told of.

use web::{Offer, SecuredBy, Service};

use crate::listen::bind::Bound;
use crate::listen::{BindAddress, Protocol};

/// Those that others can reach; where there are none, those of this machine. Both families count as one.
pub(super) fn of(bound: &[Bound]) -> Vec<Offer> {
    let (mut far, mut near) = (Vec::new(), Vec::new());
    for bound in bound {
        let Some((service, by)) = spoken(bound.protocol) else { continue };
        let (port, is_near) = match &bound.address {
            BindAddress::Tcp(address) => {
                (address.port(), address.ip().to_canonical().is_loopback())
            }
            BindAddress::Every(port) => (*port, false),
            BindAddress::Unix(_) => continue,
        };
        let offers = if is_near { &mut near } else { &mut far };
        offers.push(Offer { service, by, port });
    }
    let mut offers = if far.is_empty() { near } else { far };
    offers.sort_unstable();
    offers.dedup();
    offers
}

fn spoken(protocol: Protocol) -> Option<(Service, SecuredBy)> {
    match protocol {
        Protocol::Imap => Some((Service::Imap, SecuredBy::StartTls)),
        Protocol::Imaps => Some((Service::Imap, SecuredBy::Tls)),
        Protocol::Pop3 => Some((Service::Pop3, SecuredBy::StartTls)),
        Protocol::Pop3s => Some((Service::Pop3, SecuredBy::Tls)),
        Protocol::Submission => Some((Service::Submission, SecuredBy::StartTls)),
        Protocol::Submissions => Some((Service::Submission, SecuredBy::Tls)),
        Protocol::Smtp | Protocol::Lmtp | Protocol::Http | Protocol::Https => None,
    }
}

/// Where others reach the pages of this host, if they can.
pub(super) fn origin(bound: &[Bound], hostname: &str) -> Option<String> {
    let port = |bound: &Bound| match &bound.address {
        BindAddress::Tcp(address) => Some(address.port()),
        BindAddress::Every(port) => Some(*port),
        BindAddress::Unix(_) => None,
    };
    let secured = bound.iter().filter(|bound| bound.protocol == Protocol::Https);
    match secured.filter_map(port).min()? {
        443 => Some(format!("https://{hostname}")),
        other => Some(format!("https://{hostname}:{other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{of, origin};
    use crate::listen::Listen;
    use crate::listen::bind::all;

    #[tokio::test]
    async fn programs_are_told_of_listeners_that_they_can_use() {
        let bound = |listeners: &[&str]| {
            let listeners: Vec<Listen> = listeners.iter().map(|it| it.parse().unwrap()).collect();
            let reserved = all(&listeners).unwrap();
            reserved.into_iter().map(|it| it.listen().unwrap()).collect::<Vec<_>>()
        };
        let near = ["imaps=127.0.0.1:0", "smtp=127.0.0.1:0", "submission=127.0.0.1:0"];
        assert_eq!(of(&bound(&near)).len(), 2);
        let far = ["imaps=127.0.0.1:0", "imap=*:0"];
        assert_eq!(of(&bound(&far)).len(), 1);
        assert_eq!(origin(&bound(&far), "mail.example.org"), None);
        let https = bound(&["https=127.0.0.1:0", "http=127.0.0.1:0"]);
        let told = origin(&https, "mail.example.org").unwrap();
        assert!(told.starts_with("https://mail.example.org:"), "{told}");
    }
}
