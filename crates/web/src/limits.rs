//! What peers can make us hold, and how long each step may take.

use std::time::Duration;

/// How long the first request of a connection may take to come.
pub const FIRST: Duration = Duration::from_secs(15);
/// How long a connection without a request stays open.
pub const IDLE: Duration = Duration::from_secs(75);
/// How long a client may take nothing of an answer.
pub const STALL: Duration = Duration::from_secs(120);
/// How long a body of a request may pause.
pub const PAUSE: Duration = Duration::from_secs(30);
/// How fast the body of a request has to come on the whole, in octets a second, after the first `PAUSE`.
pub const BODY_OCTETS_PER_S_MIN: u64 = 2_048;
/// How many octets the head of a request has at most.
pub const HEAD_OCTETS_MAX: usize = 32 << 10;
/// How many fields the head of a request has at most.
pub const FIELDS_MAX: usize = 100;
/// How many requests one HTTP/2 connection has open at most.
pub const STREAMS_MAX: u32 = 64;
/// How many octets of request bodies wait unread, of one HTTP/2 stream.
pub const STREAM_WINDOW_OCTETS: u32 = 128 << 10;
/// The same for a whole HTTP/2 connection.
pub const CONNECTION_WINDOW_OCTETS: u32 = 1 << 20;
/// How many octets of answers wait to be sent, of one HTTP/2 stream.
pub const SEND_OCTETS_MAX: usize = 64 << 10;
/// How many people one connection keeps logged in: a proxy brings several on one.
pub const VISITS_MAX: usize = 16;
/// A request of more octets than this is a large one.
pub const LARGE_REQUEST_OCTETS: usize = 64 << 10;
/// How many octets all large requests together have while they are worked on.
pub const LARGE_REQUESTS_OCTETS_MAX: usize = 64 << 20;
/// How many octets a form, or what a page asks in JSON, has at most.
pub const FORM_OCTETS_MAX: u64 = 64 << 10;
/// How many octets a form has at most in which a message is written.
pub const LETTER_OCTETS_MAX: u64 = 2 << 20;
/// How many fields a form has at most.
pub const FORM_FIELDS_MAX: usize = 50;
/// How many octets the path has at most that a page leads to after a login.
pub const NEXT_OCTETS_MAX: usize = 8 << 10;
/// How many octets of a cookie are looked at. Ours have 43.
pub const COOKIE_OCTETS_MAX: usize = 64;
/// For how long a browser keeps the cookie of a session, in seconds: as long as the session is good.
pub const COOKIE_S: i64 = 14 * 24 * 3_600;
/// How long a proof of who somebody is lets them change what decides who gets in, in seconds.
pub const FRESH_S: i64 = 600;
/// An answer of fewer octets is not worth compressing.
pub const COMPRESSED_OCTETS_MIN: usize = 1_024;
/// How many octets of a path are logged.
pub const LOGGED_PATH_OCTETS_MAX: usize = 200;
/// How many pushed streams one user listens to at most.
pub const LISTENERS_PER_USER_MAX: u32 = 64;
/// How often a ping is sent at most, in seconds (RFC 8620, 7.3).
pub const PING_MIN_S: u64 = 10;
/// How seldom it is sent at most, in seconds.
pub const PING_MAX_S: u64 = 900;
/// How long it takes from one pushed state to the next.
pub const STATES_APART: Duration = Duration::from_millis(500);
/// How long a push may take, from the name to the head of the answer.
pub const PUSH_LONGEST: Duration = Duration::from_secs(15);
/// How many pushes are on their way at once.
pub const PUSHES_MAX: usize = 32;
/// How many of one user, so that servers that do not answer hold up nobody else.
pub const PUSHES_PER_USER_MAX: usize = 2;
/// How long it takes from one push to the next to the same address.
pub const PUSHES_APART: Duration = Duration::from_secs(5);
/// The same where the server said that it gets too much.
pub const PUSHES_APART_MAX: Duration = Duration::from_secs(1_280);
/// How long an address is left alone after a failure; twice as long after each further one.
pub const PUSH_RETRY_MIN: Duration = Duration::from_secs(30);
/// How long at most.
pub const PUSH_RETRY_MAX: Duration = Duration::from_secs(6 * 3_600);
/// For how long a push service keeps what changed for a device that is off, in seconds (RFC 8030, 5.2).
pub const PUSH_TTL_S: u32 = 7 * 24 * 3_600;
/// The same for the code that a client has to say.
pub const VERIFICATION_TTL_S: u32 = 24 * 3_600;
/// How many subscriptions to pushes a user may make at once.
pub const SUBSCRIBED_AT_ONCE: u32 = 20;
/// And how many from then on: one each.
pub const SUBSCRIBED_APART: Duration = Duration::from_secs(60);
/// How many octets a picture from elsewhere has at most.
pub const PICTURE_OCTETS_MAX: u64 = 5 << 20;
/// How long it may take until it is there, redirects and all.
pub const PICTURE_LONGEST: Duration = Duration::from_secs(10);
/// How often a server elsewhere may say that it is somewhere else.
pub const PICTURE_REDIRECTS_MAX: usize = 4;
/// How long a mailing list may take to say that somebody left it.
pub const ONE_CLICK_LONGEST: Duration = Duration::from_secs(20);
/// How many lists one user leaves in an hour.
pub const ONE_CLICKS_PER_HOUR_MAX: usize = 60;
/// How many pictures from elsewhere are fetched at once for one user; further ones wait.
pub const PICTURES_PER_USER_MAX: usize = 6;
/// The same for all users together.
pub const PICTURES_MAX: usize = 48;
/// How many downloads of one user are sent at once; further ones wait.
pub const DOWNLOADS_PER_USER_MAX: usize = 16;

/// How many octets a request or a registration of OAuth has at most.
pub const OAUTH_OCTETS_MAX: u64 = 16 << 10;
/// The longest name of a program, in octets: that of a device in the directory.
pub const PROGRAM_NAME_OCTETS_MAX: usize = 64;
/// The longest identifier of a program, in octets.
pub const PROGRAM_OCTETS_MAX: usize = 4 << 10;
/// To how many addresses a program may have codes sent.
pub const REDIRECTS_MAX: usize = 5;
/// The longest of them, in octets.
pub const REDIRECT_OCTETS_MAX: usize = 512;
/// How many octets a program may have sent back with a code (RFC 6749, 4.1.1).
pub const STATE_OCTETS_MAX: usize = 2 << 10;
/// How long a code is good that a browser carries.
pub const CODE_LIFE: Duration = Duration::from_secs(60);
/// How many of them there are at once.
pub const CODES_MAX: usize = 1_000;
/// How many of one user.
pub const CODES_PER_USER_MAX: usize = 10;
/// How many wrong codes of devices one user may type in while one is good.
pub const WRONG_CODES_MAX: u32 = 10;
/// How long a device waits for its owner.
pub const DEVICE_LIFE: Duration = Duration::from_secs(600);
/// How many devices wait at once.
pub const DEVICES_MAX: usize = 1_000;
/// How many of one network: an IPv4 address or an IPv6 /64.
pub const DEVICES_PER_NETWORK_MAX: usize = 10;
/// How many exports of one user are made at once.
pub const EXPORTS_PER_USER_MAX: u32 = 2;
/// How many octets a card has at most as a vCard, with its photos: some more than they may have in base64.
pub const VCARD_OCTETS_MAX: usize = 4 << 20;
/// Of how many octets an answer of CardDAV is made at a time.
pub const DAV_PIECE_OCTETS: usize = 64 << 10;
