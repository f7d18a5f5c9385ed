//! The files of the webmail, embedded plain and packed. Their names have a hash of what is in them, so that browsers keep them for good.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::gzip::reads;
use crate::problem::Problem;

/// A file below `/assets/`.
pub(super) struct File {
    pub(super) name: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

mod embedded {
    use super::File;

    include!(concat!(env!("OUT_DIR"), "/app.rs"));

    pub(super) const THE_PAGE: Option<&str> = PAGE;
    pub(super) const THE_FILES: &[File] = FILES;
    pub(super) const THE_WORKER: Option<&str> = WORKER;
}

/// The page, if it was built.
pub(super) const PAGE: Option<&str> = embedded::THE_PAGE;
/// Its service worker, which was built with it.
pub(super) const WORKER: Option<&str> = embedded::THE_WORKER;
/// All files, by name.
pub(super) const FILES: &[File] = embedded::THE_FILES;

/// Whether a browser has what has this tag (RFC 9110, 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let mut said = headers.get_all(header::IF_NONE_MATCH).into_iter();
    said.any(|said| said.to_str().is_ok_and(|said| said.split(',').any(|one| one.trim() == tag)))
}

/// Gives a file, packed as the browser likes it.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = FILES.binary_search_by(|file| file.name.cmp(&name)).ok();
    match found.and_then(|at| FILES.get(at)) {
        Some(file) => file.answer(&headers),
        None => Problem::not_found().into_response(),
    }
}

impl File {
    fn answer(&self, headers: &HeaderMap) -> Response {
        let brotli = self.brotli.filter(|_| reads(headers, "br")).map(|octets| (octets, "br"));
        let gzip = || self.gzip.filter(|_| reads(headers, "gzip")).map(|octets| (octets, "gzip"));
        let (octets, coding) = brotli.or_else(gzip).unwrap_or((self.plain, ""));
        let tag = format!("\"{}.{coding}\"", self.name);
        let mut answer = if is_known(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            octets.into_response()
        };
        let fields = answer.headers_mut();
        for (name, value) in [
            (header::CONTENT_TYPE, kind(self.name)),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::VARY, "accept-encoding"),
            (HeaderName::from_static("content-encoding"), coding),
        ] {
            if !value.is_empty() {
                fields.insert(name, HeaderValue::from_static(value));
            }
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            fields.insert(header::ETAG, tag);
        }
        answer
    }
}

/// What a file is, by the end of its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/manifest+json",
        Some(_) | None => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

    use super::File;

    const FILE: File =
        File { name: "a-1.js", plain: b"plain", brotli: Some(b"br"), gzip: Some(b"gz") };

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn each_browser_gets_the_smallest_that_it_reads() {
        for (accepted, coding) in [
            ("gzip, deflate, br", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip", Some("gzip")),
            ("identity", None),
        ] {
            let answer = FILE.answer(&with(header::ACCEPT_ENCODING, accepted));
            let said = answer.headers().get(header::CONTENT_ENCODING);
            assert_eq!(said.map(|said| said.to_str().unwrap()), coding, "{accepted}");
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
        }
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        let tag = with(header::IF_NONE_MATCH, "\"x\", \"a-1.js.\"");
        assert_eq!(FILE.answer(&tag).status(), StatusCode::NOT_MODIFIED);
        let other = with(header::IF_NONE_MATCH, "\"a-1.js.br\"");
        assert_eq!(FILE.answer(&other).status(), StatusCode::OK);
    }
}
