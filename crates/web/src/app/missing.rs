//! What stands in place of the webmail in a program that was built without it.

use axum::http::StatusCode;
use axum::response::Response;

use crate::auth::html::Maker;
use crate::language::Language;

/// Says what is missing, and how it gets there. Mail programs are served all the same.
pub(super) fn page(maker: &Maker<'_>) -> Response {
    let (title, said, how) = match maker.language {
        Language::English => (
            "The webmail is not in this program",
            "It was built without it. Mail programs work all the same.",
            "With Node 20.19 or newer, in the folder of its source:",
        ),
        Language::Portuguese => (
            "O webmail não está neste programa",
            "Foi compilado sem ele. Os programas de correio funcionam na mesma.",
            "Com o Node 20.19 ou mais recente, na pasta do código-fonte:",
        ),
    };
    let body = format!(
        "<section>\n<p>{said}</p>\n<p>{how}</p>\n<p><code>npm ci --prefix web</code></p>\n\
         <p><code>cargo build --release</code></p>\n</section>\n"
    );
    maker.page(StatusCode::SERVICE_UNAVAILABLE, title, &body)
}
