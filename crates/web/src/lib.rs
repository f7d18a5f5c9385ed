//! HTTP over any stream: JMAP (RFC 8620) for programs, and what they need to be set up.
//!
//! The host has the sockets, TLS and the people. It hands each connection to [`serve`], with a [`Site`] that answers and a
//! [`Gate`] that lets people in.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod activity;
mod answer;
mod app;
mod auth;
mod body;
mod client;
mod dav;
mod disposition;
mod gate;
mod gzip;
mod headers;
mod incoming;
mod jmap;
mod language;
pub mod limits;
mod lite;
mod login;
mod oauth;
mod one_click;
mod outside;
mod own_security;
mod page_logins;
mod problem;
mod proxied;
mod push;
mod query;
mod range;
mod rewound;
mod serve;
mod setup;
mod site;
mod slots;
mod streamed;
mod websocket;

pub use client::{Asking, By, Connection, IsProxy};
pub use gate::{Gate, Visit};
pub use oauth::{GrantError, Granted, Grants, OAUTH_SERVER_PATH, Oauth};
pub use one_click::OneClick;
pub use outside::{Outside, Stream};
pub use own_security::{
    By as AskedBy, Change, Changed, Device, NotChanged, OwnSecurity, Pop3, Refused, Security,
    Setting,
};
pub use page_logins::{
    Answer, ChallengeFor, EndOf, Entry, FactorDenied, FoundSession, NewSession, PageAttempt,
    PageLogins, PageSession, Passkey, PasskeyChallenge, Proof, RelyingParty, Stay, Ways,
};
pub use proxied::read_client;
pub use push::{IsGood, PushSettings, Pusher, Random};
pub use rewound::Rewound;
pub use serve::serve;
pub use setup::{Offer, SecuredBy, Service};
pub use site::{Settings, Site};
