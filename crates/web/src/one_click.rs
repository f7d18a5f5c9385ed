//! Leaves mailing lists for users by one request (RFC 8058), as somebody who trusts nobody: over https alone, to addresses of the whole network, without a
//! word on who asks; redirects are not followed (3.1).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, Request, header};
use bytes::Bytes;
use jmap::server::ports::{Lists, NotLeft, Waiting};
use mailbox::AccountId;
use tokio::time::{Instant, timeout};
use url::Url;

use crate::limits::{ONE_CLICK_LONGEST, ONE_CLICKS_PER_HOUR_MAX};
use crate::outside::{Outside, Schemes, exchange};

const HOUR: Duration = Duration::from_secs(3_600);

/// What is sent (RFC 8058, 3.2).
const BODY: &[u8] = b"List-Unsubscribe=One-Click";

/// Leaves lists, where the host speaks to servers elsewhere.
pub struct OneClick {
    outside: Option<Arc<dyn Outside>>,
    /// When each user left lists within the last hour.
    left: Mutex<HashMap<AccountId, VecDeque<Instant>>>,
}

impl OneClick {
    /// Without `outside` it leaves none.
    pub fn new(outside: Option<Arc<dyn Outside>>) -> OneClick {
        OneClick { outside, left: Mutex::default() }
    }

    /// Whether a user may leave one more now; if so, it counts.
    fn may(&self, account: AccountId) -> bool {
        let now = Instant::now();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.retain(|_, times| {
            times.retain(|time| now.duration_since(*time) < HOUR);
            !times.is_empty()
        });
        let times = left.entry(account).or_default();
        let may = times.len() < ONE_CLICKS_PER_HOUR_MAX;
        if may {
            times.push_back(now);
        }
        may
    }
}

impl Lists for OneClick {
    fn is_on(&self) -> bool {
        self.outside.is_some()
    }

    fn leave<'a>(
        &'a self,
        account: AccountId,
        address: &'a str,
    ) -> Waiting<'a, Result<(), NotLeft>> {
        Box::pin(async move {
            let outside = self.outside.as_deref().ok_or(NotLeft::Off)?;
            let url = Url::parse(address).map_err(|_| NotLeft::NotReached)?;
            // A name and a password in an address are there to mislead.
            if !url.username().is_empty() || url.password().is_some() {
                return Err(NotLeft::NotReached);
            }
            if !self.may(account) {
                return Err(NotLeft::TooMany);
            }
            let asked = timeout(ONE_CLICK_LONGEST, ask(outside, &url)).await;
            asked.unwrap_or(Err(NotLeft::NotReached))
        })
    }
}

async fn ask(outside: &dyn Outside, url: &Url) -> Result<(), NotLeft> {
    let request = Request::builder()
        .method(Method::POST)
        .header(header::USER_AGENT, "correio (leaving mailing lists)")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONTENT_LENGTH, BODY.len());
    let body = Bytes::from_static(BODY);
    match exchange(outside, (url, Schemes::Https), request, body).await {
        // What it says besides is for nobody.
        Ok((answer, _)) if answer.status().is_success() => Ok(()),
        Ok((answer, _)) => {
            tracing::debug!(status = answer.status().as_u16(), "a mailing list was not left");
            Err(NotLeft::Refused)
        }
        Err(no_answer) => {
            tracing::debug!(%no_answer, "a mailing list was not left");
            Err(NotLeft::NotReached)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::{IpAddr, SocketAddr};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use jmap::server::ports::{Lists as _, NotLeft};
    use mailbox::AccountId;
    use sasl::Ready;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::{BODY, OneClick};
    use crate::limits::ONE_CLICKS_PER_HOUR_MAX;
    use crate::outside::{Outside, Stream};

    const ANA: AccountId = AccountId(1);

    /// A server of a list in memory, at the address that its name says.
    #[derive(Default)]
    struct List {
        says: &'static str,
        resolved: Mutex<Vec<String>>,
        connected: Mutex<Vec<SocketAddr>>,
        heard: Arc<Mutex<String>>,
    }

    impl Outside for List {
        fn resolve<'a>(&'a self, host: &'a str) -> Ready<'a, io::Result<Vec<IpAddr>>> {
            self.resolved.lock().unwrap().push(host.to_owned());
            let inward = host == "inward.example";
            let found = if inward { "192.168.1.1" } else { "8.8.8.8" };
            Box::pin(async move { Ok(vec![found.parse().unwrap()]) })
        }

        fn connect(&self, address: SocketAddr) -> Ready<'_, io::Result<Box<dyn Stream>>> {
            self.connected.lock().unwrap().push(address);
            let (near, mut far) = duplex(64 << 10);
            let (says, heard) = (self.says, Arc::clone(&self.heard));
            tokio::spawn(async move {
                let mut octets = Vec::new();
                while !octets.ends_with(BODY) {
                    let Ok(octet) = far.read_u8().await else { return };
                    octets.push(octet);
                }
                *heard.lock().unwrap() = String::from_utf8(octets).unwrap();
                if says.is_empty() {
                    tokio::time::sleep(Duration::from_secs(3_600)).await;
                }
                drop(far.write_all(says.as_bytes()).await);
            });
            let stream: Box<dyn Stream> = Box::new(near);
            Box::pin(async { Ok(stream) })
        }

        fn begin_tls<'a>(
            &'a self,
            stream: Box<dyn Stream>,
            _: &'a str,
        ) -> Ready<'a, io::Result<Box<dyn Stream>>> {
            Box::pin(async move { Ok(stream) })
        }
    }

    async fn left(says: &'static str, address: &str) -> (Result<(), NotLeft>, Arc<List>) {
        let list = Arc::new(List { says, ..List::default() });
        let one_click = OneClick::new(Some(Arc::<List>::clone(&list)));
        (one_click.leave(ANA, address).await, list)
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_asked_once_and_told_nothing_of_who_asks() {
        let ok = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
        let (outcome, list) = left(ok, "https://l.example/u?x=1#y").await;
        assert_eq!(outcome, Ok(()));
        assert_eq!(*list.resolved.lock().unwrap(), ["l.example"]);
        assert_eq!(*list.connected.lock().unwrap(), ["8.8.8.8:443".parse().unwrap()]);
        let heard = list.heard.lock().unwrap().to_ascii_lowercase();
        assert!(heard.starts_with("post /u?x=1 http/1.1\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\nlist-unsubscribe=one-click"), "{heard}");
        assert!(heard.contains("content-type: application/x-www-form-urlencoded\r\n"), "{heard}");
        assert!(heard.contains("content-length: 26\r\n"), "{heard}");
        for said in ["cookie", "authorization", "referer", "from:", "accept-language"] {
            assert!(!heard.contains(said), "{heard}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_no_answer_of_a_list_leaves_none() {
        let moved = "HTTP/1.1 307 x\r\nLocation: https://l.example/b\r\nContent-Length: 0\r\n\r\n";
        for (says, want) in [
            (moved, NotLeft::Refused),
            ("HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n", NotLeft::Refused),
            ("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", NotLeft::Refused),
            ("nonsense\r\n\r\n", NotLeft::NotReached),
            ("", NotLeft::NotReached),
        ] {
            let (outcome, list) = left(says, "https://l.example/u").await;
            assert_eq!(outcome, Err(want), "{says}");
            assert_eq!(list.connected.lock().unwrap().len(), 1, "no redirect is followed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_spoken_to_who_is_none_of_the_whole_network_or_without_tls() {
        for address in [
            "http://l.example/u",
            "https://l.example:8443/u",
            "https://inward.example/u",
            "https://127.0.0.1/u",
            "https://[::1]/u",
            "https://ana:secret@l.example/u",
            "ftp://l.example/",
            "nothing",
        ] {
            let (outcome, list) = left("", address).await;
            assert_eq!(outcome, Err(NotLeft::NotReached), "{address}");
            assert_eq!(list.connected.lock().unwrap().len(), 0, "{address}");
        }
        let off = OneClick::new(None);
        assert!(!off.is_on());
        assert_eq!(off.leave(ANA, "https://l.example/u").await, Err(NotLeft::Off));
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_leaves_so_many_an_hour() {
        let says = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let one_click = OneClick::new(Some(Arc::new(List { says, ..List::default() })));
        let leave = async |account| one_click.leave(account, "https://l.example/u").await;
        for _ in 0..ONE_CLICKS_PER_HOUR_MAX {
            assert_eq!(leave(ANA).await, Ok(()));
        }
        assert_eq!(leave(ANA).await, Err(NotLeft::TooMany));
        assert_eq!(leave(AccountId(2)).await, Ok(()));
        tokio::time::advance(Duration::from_secs(3_601)).await;
        assert_eq!(leave(ANA).await, Ok(()));
    }
}
