//! Whether a request that carries a cookie comes from a page of ours. A browser sends the cookie by itself, so the cookie alone does not
//! say that its user wanted it.
//!
//! Cookies are `SameSite=Strict` already. What changes something must carry a header that no page of another site can set, and
//! what browsers say of the page (Fetch Metadata, `Origin`) must name ours.

use axum::http::{HeaderMap, Method, StatusCode, header};

use crate::client::Client;
use crate::problem::Problem;

/// The header that says that a page of ours asks. Its value is of no importance.
pub(crate) const HEADER: &str = "x-correio-csrf";

const FETCH_SITE: &str = "sec-fetch-site";

/// From where a request comes, as far as its browser says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    /// A page of ours.
    Ours,
    /// What its user typed in or kept.
    Nobodys,
    Other,
    Unsaid,
}

impl Site {
    fn of(headers: &HeaderMap, client: &Client, hostname: &str) -> Site {
        let mut said = headers.get_all(FETCH_SITE).into_iter();
        match (said.next().map(|site| site.as_bytes()), said.next()) {
            (Some(b"same-origin"), None) => return Site::Ours,
            (Some(b"none"), None) => return Site::Nobodys,
            (Some(_), _) => return Site::Other,
            (None, _) => {}
        }
        let mut said = headers.get_all(header::ORIGIN).into_iter();
        let ours = client.origin(hostname);
        match (said.next(), said.next()) {
            (Some(origin), None) if origin.as_bytes().eq_ignore_ascii_case(ours.as_bytes()) => {
                Site::Ours
            }
            (Some(_), _) => Site::Other,
            (None, _) => Site::Unsaid,
        }
    }
}

/// Whether a page of ours, by its header, asks.
pub(crate) fn is_of_page(headers: &HeaderMap) -> bool {
    headers.contains_key(HEADER)
}

/// Whether a browser says that a page of ours asks.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin")
}

/// Whether a browser comes from a page of another site, so that it brings no cookie (`SameSite=Strict`).
pub(crate) fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE).map(|site| site.as_bytes());
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

/// Lets a request with a cookie through that a page of ours made by script, or that only reads.
pub(crate) fn check(
    method: &Method,
    headers: &HeaderMap,
    client: &Client,
    hostname: &str,
) -> Result<(), Problem> {
    let site = Site::of(headers, client, hostname);
    // A WebSocket begins like a request that only reads (RFC 6455, 4.1), and browsers say of each where it comes from.
    if headers.contains_key(header::UPGRADE) {
        return if site == Site::Ours { Ok(()) } else { Err(foreign()) };
    }
    if site == Site::Other {
        return Err(foreign());
    }
    if *method == Method::GET || *method == Method::HEAD {
        return Ok(());
    }
    if site == Site::Nobodys {
        return Err(foreign());
    }
    if !is_of_page(headers) {
        let detail = "a page that is logged in has to send the header X-Correio-CSRF";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail).named("csrf"));
    }
    Ok(())
}

/// Lets a form through unless its browser says that it stood on a page of others. All browsers of today say where a form comes from
/// (`Origin` is never left out of a POST); text browsers say it by the address of the page (RFC 9110, 10.1.3) or not at all, and then
/// the token of the form, which is looked at in any case, has to do.
pub(crate) fn check_form(
    headers: &HeaderMap,
    client: &Client,
    hostname: &str,
) -> Result<(), Problem> {
    let is_ours = match Site::of(headers, client, hostname) {
        Site::Ours => true,
        Site::Unsaid => !is_referred_by_others(headers, &client.origin(hostname)),
        Site::Nobodys | Site::Other => false,
    };
    if is_ours { Ok(()) } else { Err(foreign()) }
}

/// Whether a request says that it comes from a page of another origin.
fn is_referred_by_others(headers: &HeaderMap, origin: &str) -> bool {
    let Ok(own) = url::Url::parse(origin) else { return true };
    headers.get_all(header::REFERER).into_iter().any(|page| {
        let page = page.to_str().ok().and_then(|page| url::Url::parse(page).ok());
        page.is_none_or(|page| page.origin() != own.origin())
    })
}

fn foreign() -> Problem {
    let detail = "pages of other sites may not use this";
    Problem::new(StatusCode::FORBIDDEN, detail).named("csrf")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, Method};
    use sasl::Security;

    use super::{check, check_form};
    use crate::client::Client;

    fn client() -> Client {
        Client {
            address: None,
            security: Security::Tls,
            host: Some("mail.example.org:8443".to_owned()),
        }
    }

    fn headers(fields: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields.split(", ").filter_map(|field| field.split_once('=')) {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_counts_only_with_what_pages_of_ours_send() {
        let ours = "https://mail.example.org:8443";
        for (fields, gets, posts, forms) in [
            ("", true, false, true),
            ("x-correio-csrf=1", true, true, true),
            ("x-correio-csrf=1, sec-fetch-site=same-origin", true, true, true),
            ("sec-fetch-site=same-origin", true, false, true),
            ("x-correio-csrf=1, sec-fetch-site=none", true, false, false),
            ("x-correio-csrf=1, sec-fetch-site=same-site", false, false, false),
            ("x-correio-csrf=1, sec-fetch-site=cross-site", false, false, false),
            ("x-correio-csrf=1, sec-fetch-site=Same-Origin", false, false, false),
            (
                "x-correio-csrf=1, sec-fetch-site=same-origin, sec-fetch-site=cross-site",
                false,
                false,
                false,
            ),
            (&format!("x-correio-csrf=1, origin={ours}"), true, true, true),
            (&format!("origin={ours}"), true, false, true),
            ("x-correio-csrf=1, origin=null", false, false, false),
            ("x-correio-csrf=1, origin=http://mail.example.org:8443", false, false, false),
            ("x-correio-csrf=1, origin=https://mail.example.org", false, false, false),
            (
                "x-correio-csrf=1, origin=https://mail.example.org:8443.evil.example",
                false,
                false,
                false,
            ),
            (
                &format!("x-correio-csrf=1, origin={ours}, origin=https://evil.example"),
                false,
                false,
                false,
            ),
        ] {
            let headers = headers(fields);
            let checked =
                |method: Method| check(&method, &headers, &client(), "mail.example.org").is_ok();
            assert_eq!(checked(Method::GET), gets, "{fields}");
            assert_eq!(checked(Method::HEAD), gets, "{fields}");
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
                assert_eq!(checked(method), posts, "{fields}");
            }
            let form = check_form(&headers, &client(), "mail.example.org");
            assert_eq!(form.is_ok(), forms, "{fields}");
        }
    }

    #[test]
    fn a_form_of_a_browser_that_knows_no_origin_is_ours_by_the_page_it_stood_on() {
        let page = "https://mail.example.org:8443/lite/write?reply=M1";
        for (fields, want) in [
            (format!("referer={page}"), true),
            (format!("referer={}", page.to_uppercase().replace("LITE", "lite")), true),
            (String::new(), true),
            (format!("referer={page}, referer=https://evil.example"), false),
            (format!("referer={page}, origin=https://evil.example"), false),
            (format!("referer={page}, sec-fetch-site=cross-site"), false),
            (format!("referer={}", page.replace("https", "http")), false),
            (format!("referer={}", page.replace(":8443", "")), false),
            (format!("referer={}", page.replace(":8443", ":8443.evil.example")), false),
            (format!("referer={}", page.replace("mail", "mail.example.org:8443@evil")), false),
            ("referer=/lite/".to_owned(), false),
        ] {
            let form = check_form(&headers(&fields), &client(), "mail.example.org");
            assert_eq!(form.is_ok(), want, "{fields}");
        }
    }

    #[test]
    fn a_websocket_begins_only_where_the_browser_says_that_it_is_ours() {
        for (fields, want) in [
            ("upgrade=websocket", false),
            ("upgrade=websocket, x-correio-csrf=1", false),
            ("upgrade=websocket, sec-fetch-site=same-origin", true),
            ("upgrade=websocket, sec-fetch-site=none", false),
            ("upgrade=websocket, origin=https://mail.example.org:8443", true),
            ("upgrade=websocket, origin=https://evil.example", false),
        ] {
            let checked =
                check(&Method::GET, &headers(fields), &client(), "mail.example.org").is_ok();
            assert_eq!(checked, want, "{fields}");
        }
    }
}
