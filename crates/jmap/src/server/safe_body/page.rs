//! A body as a page has it, with the addresses of its pictures.

use safe::{ColorScheme, Picture, Shown};

use super::RemotePictures;
use super::made::{Parts, is_text};
use super::signed::{Pictures, Scheme, Signed};
use crate::error::MethodError;
use crate::server::blob::Named;
use crate::server::{Context, ids};
use message::Outline;

/// A body to be put into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its styles, the attributes of its `body` element, and what stands in it.
    pub shown: Shown,
    /// For which colours it says that it is made.
    pub declared: Option<ColorScheme>,
    /// For which it is asked.
    pub scheme: Scheme,
    /// Whether it is HTML.
    pub is_html: bool,
    /// Whether the browser fetches pictures from elsewhere for it.
    pub loads_pictures: bool,
}

/// The body that an address leads to. None: it is not there any more, or the address leads to something else.
pub async fn page(context: &Context, signed: &Signed) -> Result<Option<Page>, MethodError> {
    let Signed::Body { account, blob, pictures, scheme } = signed else { return Ok(None) };
    let Some(Named::Email(id, _)) = ids::blob_of(blob) else { return Ok(None) };
    let emails = context.account.emails().await.map_err(|error| context.not_done(&error))?;
    if emails.thread_of(id).is_none() {
        return Ok(None);
    }
    let Some(email) = context.email_record(id)? else { return Ok(None) };
    let outline = Outline::decode(&email.outline).unwrap_or_else(|| Outline::of(b""));
    let parts = Parts::of(&email, &outline);
    let Some(part) = parts.find(blob).filter(|part| is_text(part)) else { return Ok(None) };
    let body = context.safe_body(&email, part, blob).await?;
    let bodies = &context.ports.bodies;
    let remote = bodies.remote();
    let shown = body.show(|picture| match picture {
        Picture::Part(content_id) => {
            let blob = parts.picture(content_id)?;
            Some(bodies.sign(&Signed::Part { account: *account, blob }).0)
        }
        Picture::Remote(url) => match (pictures, remote) {
            (Pictures::Blocked, _) => None,
            (Pictures::Shown, RemotePictures::ByBrowser) => Some(url.clone()),
            (Pictures::Shown, RemotePictures::ByHost) => {
                Some(bodies.sign(&Signed::Remote { account: *account, url: url.clone() }).0)
            }
        },
    });
    Ok(Some(Page {
        shown,
        declared: body.color_scheme(),
        scheme: *scheme,
        is_html: part.is("text", "html"),
        loads_pictures: *pictures == Pictures::Shown && remote == RemotePictures::ByBrowser,
    }))
}
