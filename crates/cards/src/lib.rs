//! Contact cards: JSContact (RFC 9553), and what of a card is searched and sorted by. Pure: octets in, values out.
//!
//! [`Card`] is what is kept, and [`Summary`] what a list of cards has to know of each.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic,
        reason = "tests may be blunt"
    )
)]

mod card;
mod fold;
mod image;
pub mod limits;
mod schema;
mod summary;
pub mod vcard;

pub use card::{Card, PhotoName, Unreadable, uid_of};
pub use fold::{fold, fold_case};
pub use image::image_type;
pub use schema::{Checked, Wrong, check};
pub use summary::{Field, Sought, Summary};
