//! Answers in JSON, compressed for who can read that (RFC 9110, 12.5.3).

use std::io::Write as _;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use lane::Turns;

use crate::limits::COMPRESSED_OCTETS_MIN;

/// Fast, and most of what more work would save.
const LEVEL: Compression = Compression::new(3);
/// So much at a time, so that others have their turn.
const STEP_OCTETS: usize = 64 << 10;

/// Whether a client reads gzip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gzip {
    Read,
    NotRead,
}

impl Gzip {
    /// What the fields of a request say.
    pub(crate) fn of(headers: &HeaderMap) -> Gzip {
        if reads(headers, "gzip") { Gzip::Read } else { Gzip::NotRead }
    }

    /// An answer of this type.
    pub(crate) async fn answer(
        self,
        kind: &'static str,
        octets: Vec<u8>,
        turns: Option<&Turns>,
    ) -> Response {
        let compressed = match self {
            Gzip::Read if octets.len() >= COMPRESSED_OCTETS_MIN => compress(&octets, turns).await,
            Gzip::Read | Gzip::NotRead => None,
        };
        let is_compressed = compressed.is_some();
        let mut response = Response::new(Body::from(compressed.unwrap_or(octets)));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if is_compressed {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Whether a client reads what is packed so (RFC 9110, 12.5.3).
pub(crate) fn reads(headers: &HeaderMap, wanted: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let mut found = false;
    for element in values.flat_map(|value| value.split(',')) {
        let (coding, weight) = element.split_once(';').unwrap_or((element, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        let is_wanted = weight.parse::<f32>().is_ok_and(|weight| weight > 0.0);
        let coding = coding.trim();
        if coding.eq_ignore_ascii_case(wanted) {
            return is_wanted;
        }
        found |= coding == "*" && is_wanted;
    }
    found
}

async fn compress(octets: &[u8], turns: Option<&Turns>) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), LEVEL);
    for step in octets.chunks(STEP_OCTETS) {
        encoder.write_all(step).ok()?;
        lane::breathe(turns).await;
    }
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::Gzip;

    #[test]
    fn only_who_wants_gzip_gets_it() {
        for (accepted, want) in [
            ("gzip, deflate, br", Gzip::Read),
            ("br;q=1.0, GZIP;q=0.5", Gzip::Read),
            ("*", Gzip::Read),
            ("*, gzip;q=0", Gzip::NotRead),
            ("gzip;q=0.000", Gzip::NotRead),
            ("identity", Gzip::NotRead),
            ("gzip;q=x", Gzip::NotRead),
            ("", Gzip::NotRead),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(Gzip::of(&headers), want, "{accepted}");
        }
        assert_eq!(Gzip::of(&HeaderMap::new()), Gzip::NotRead);
    }
}
