//! The parameters of a request, from a form or a query (RFC 6749, 3.1 and 3.2).

use axum::body::Body;
use axum::http::{HeaderMap, header};
use url::form_urlencoded;

use super::refused::Refused;
use crate::incoming::Incoming;
use crate::limits::OAUTH_OCTETS_MAX;

/// Names and values, none of which comes twice.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// From the body of a request.
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Parameters, Refused> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.map(|kind| kind.split(';').next().unwrap_or(kind).trim());
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
        {
            return Err(Refused::request("the type is not application/x-www-form-urlencoded"));
        }
        Parameters::of(&body_of(body).await?)
    }

    /// From a text of the same shape.
    pub(super) fn of(text: &[u8]) -> Result<Parameters, Refused> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if pairs.iter().any(|(there, _)| *there == name) {
                return Err(Refused::request("a parameter comes more than once"));
            }
            // RFC 6749, 3.1: a parameter without a value is as one that is not there.
            if !value.is_empty() {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Parameters(pairs))
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that has to be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Refused> {
        self.get(name).ok_or_else(|| Refused::request(format!("{name} is missing")))
    }
}

/// A body of a few octets.
pub(super) async fn body_of(body: Body) -> Result<Vec<u8>, Refused> {
    let whole = Incoming::new(body, OAUTH_OCTETS_MAX, "maxSizeRequest").whole().await;
    whole.map_err(|_| {
        let most = OAUTH_OCTETS_MAX;
        Refused::too_large(format!("the body is cut, too slow, or has more than {most} octets"))
    })
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn parameters_come_once_and_have_a_value() {
        let said = Parameters::of(b"a=x+y%26&b=&c").unwrap();
        assert_eq!(said.get("a"), Some("x y&"));
        assert_eq!((said.get("b"), said.get("c"), said.get("d")), (None, None, None));
        assert!(said.need("b").is_err());
        assert!(Parameters::of(b"a=1&a=1").is_err());
        assert!(Parameters::of(b"a=&a=1").is_ok());
    }
}
