//! CardDAV (RFC 6352) without HTTP: what WebDAV asks and answers in XML (RFC 4918, 5397, 5689, 6578), and filters of address books. Pure:
//! octets in, values out.
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

mod answer;
mod asked;
mod filter;
pub mod limits;
mod name;
mod report;
mod xml;

pub use answer::{Answer, PropStat, error, escape, href};
pub use asked::{BookChange, Field, Propfind, read_mkcol, read_propfind, read_proppatch};
pub use filter::{Filter, UnknownCollation};
pub use name::{CALENDARSERVER, CARDDAV, DAV, Name};
pub use report::{AddressData, Multiget, Query, Report, Sync, Wanted, read_report};
pub use xml::{Element, NotXml};

/// Why a request is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Syntax {
    /// It is no XML that we take.
    #[error(transparent)]
    NotXml(#[from] NotXml),
    /// It is something else than what the method takes.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A collation that we do not know (RFC 6352, 8.3).
    #[error(transparent)]
    Collation(#[from] UnknownCollation),
    /// A report that there is not.
    #[error("there is no such report")]
    NoSuchReport,
    /// A kind of card that we do not make.
    #[error("cards are shown as text/vcard of version 3.0 or 4.0")]
    AddressData,
}
