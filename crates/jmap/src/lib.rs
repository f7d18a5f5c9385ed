//! JMAP without HTTP: octets of a request in, a response out (RFC 8620).
//!
//! [`Request::read`] takes octets, [`Api::run`] does the calls one after another, and [`Response`] is what goes back. A method is
//! one [`Row`] of a table, under the capability that defines it; what a request may use is made from these rows. A row runs over a
//! context of the server's own: that of [`server`] is one user's account of mail.
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

mod answers;
mod arguments;
mod call;
pub mod client;
pub mod core;
mod error;
mod id;
mod json;
mod limits;
pub mod mail;
mod reference;
mod request;
mod run;
pub mod server;
mod session;
pub mod standard;

pub use arguments::{Arguments, invalid};
pub use call::{Call, Created};
pub use error::{MethodError, More, RequestError, SetError};
pub use id::{Id, NotAnId};
pub use json::read as read_json;
pub use limits::{
    ACTIVITY_EMAILS_MAX, ANSWERS_OCTETS_MAX, BLOBS_GOT_OCTETS_MAX, BODY_PARTS_MAX,
    BODY_VALUE_OCTETS_MAX, BY_QUERY_COMMIT_EMAILS, BY_QUERY_EMAILS_MAX, BY_QUERY_TRIES_MAX,
    CARD_LOOKS_QUICK_MAX, CHANGES_IDS_MAX, COMPUTING_MAX, DATA_SOURCES_MAX, DEPTH_MAX,
    DEVICE_CLIENT_ID_OCTETS_MAX, EXPORTED_IDS_MAX, EXPORTED_ZIP_EMAILS_MAX, FILTER_PARTS_MAX,
    GONE_MAX, HEADER_OCTETS_MAX, HELD_MAX, HELD_OCTETS_MAX, HOLD_S_MAX, IDENTITIES_MAX,
    IMPORTED_NAME_CHARACTERS_MAX, Limits, MDN_EXTENSIONS_MAX, MDN_ORIGINAL_OCTETS_MAX,
    MDN_RECIPIENTS_MAX, MDN_TEXT_OCTETS_MAX, NOTE_OCTETS_MAX, ORDER_KEY_OCTETS_MAX,
    PARSED_IN_MEMORY_OCTETS_MAX, PHOTOS_READ_OCTETS_MAX, PREFERENCE_NAME_OCTETS_MAX,
    PREFERENCES_MAX, PREFERENCES_OCTETS_MAX, PROPERTIES_MAX, PUSH_EXPIRES_S_MAX,
    PUSH_SUBSCRIPTIONS_MAX, PUSH_TYPE_OCTETS_MAX, PUSH_TYPES_MAX, PUSH_URL_OCTETS_MAX,
    QUERY_IDS_MAX, QUICK_CHANGES_MAX, QUICK_EMAILS_MAX, QUICK_OCTETS_MAX, READ_OCTETS_MAX,
    REFERRED_OCTETS_MAX, SAFE_AT_ONCE_OCTETS_MAX, SAFE_BODIES_EMAILS_MAX, SAFE_BODIES_OCTETS_MAX,
    SAFE_BODY_ADDRESS_S, SAFE_BODY_KEY_S, SEARCH_WORDS_MAX, SENT_HEADER_OCTETS_MAX,
    SHOWN_OCTETS_MAX, SIGNATURE_OCTETS_MAX, SORT_KEYS_MAX, STATISTICS_ROWS, STATISTICS_ROWS_MAX,
    STATISTICS_SENDER_OCTETS_MAX, STATISTICS_SENDERS_MAX, SUBMISSIONS_MAX, UNDO_S, UNDOS_MAX,
    VACATION_OCTETS_MAX, WALKED_QUICKLY_EMAILS_MAX,
};
pub use request::{Invocation, MethodResponse, Request, Response};
pub use run::{Answered, Api, Row};
pub use session::{Account, Addresses, Session};
