//! What a request may be at most, each with its unit.

use std::time::Duration;

/// How deeply arrays and objects may lie in each other in a request.
pub const DEPTH_MAX: usize = 32;
/// How many operators and conditions a filter has at most.
pub const FILTER_PARTS_MAX: usize = 200;
/// How many ids one query gives at most.
pub const QUERY_IDS_MAX: u64 = 10_000;
/// Of how many objects one answer tells that they changed. Most commits change fewer; where one changed more, clients read all once more.
pub const CHANGES_IDS_MAX: u64 = 50_000;
/// Up to so many changes of an account are looked back at without changing lanes.
pub const QUICK_CHANGES_MAX: u64 = 500;
/// How many words and phrases one filter looks for at most.
pub const SEARCH_WORDS_MAX: usize = 200;
/// How many octets what an order is kept as may have; a longer query is worked out each time.
pub const ORDER_KEY_OCTETS_MAX: usize = 4 << 10;
/// Up to so many emails are looked at without changing lanes.
pub const QUICK_EMAILS_MAX: usize = 2_000;
/// Up to so many emails are walked through in memory without changing lanes.
pub const WALKED_QUICKLY_EMAILS_MAX: usize = 20_000;
/// Up to so many octets of a message are decoded without changing lanes.
pub const QUICK_OCTETS_MAX: u64 = 128 << 10;
/// How long one query may compute.
pub const COMPUTING_MAX: Duration = Duration::from_secs(60);
/// How many octets of messages one call reads at most.
pub const READ_OCTETS_MAX: u64 = 256 << 20;
/// How many octets of messages, and of what is said of their parts, one call shows at most.
pub const SHOWN_OCTETS_MAX: u64 = 64 << 20;
/// When the answers of a request have more octets than this, about, its other calls are not done.
pub const ANSWERS_OCTETS_MAX: usize = 64 << 20;
/// How many emails one call gets the bodies of, made safe.
pub const SAFE_BODIES_EMAILS_MAX: usize = 50;
/// How many octets all bodies together take that are kept after they were made safe.
pub const SAFE_BODIES_OCTETS_MAX: usize = 32 << 20;
/// Up to so many octets a body is made safe at once; a longer one where it delays nobody.
pub const SAFE_AT_ONCE_OCTETS_MAX: usize = 8 << 10;
/// For how long the address of a body is good, in seconds.
pub const SAFE_BODY_ADDRESS_S: i64 = 600;
/// After how long another key signs such addresses, in seconds. The one before it is good for the last that it signed.
pub const SAFE_BODY_KEY_S: i64 = 3_600;
/// The longest value of a text part; a longer one is cut.
pub const BODY_VALUE_OCTETS_MAX: usize = 8 << 20;
/// How many properties one call may name.
pub const PROPERTIES_MAX: usize = 200;
/// By how many properties results are sorted at most.
pub const SORT_KEYS_MAX: usize = 20;
/// How many octets the results may have that one request refers to, as JSON. Else sixteen calls, each of which refers to all of
/// the one before, could make us hold any amount.
pub const REFERRED_OCTETS_MAX: usize = 8 << 20;
/// How many octets the header of a message may have that is built. Readers take twice as much.
pub const HEADER_OCTETS_MAX: usize = 512 << 10;
/// How many parts a message has at most that is built.
pub const BODY_PARTS_MAX: usize = 1000;
/// How many sources a blob may be put together of (RFC 9404, 4.1: at least 64).
pub const DATA_SOURCES_MAX: usize = 256;
/// How many octets of blobs one call gets at most. Whoever wants more downloads them.
pub const BLOBS_GOT_OCTETS_MAX: u64 = 4 << 20;
/// How many objects of a small type that went are remembered, for `/changes`.
pub const GONE_MAX: usize = 1000;
/// How many octets all objects of a small type of one user have together, as JSON.
pub const NOTE_OCTETS_MAX: usize = 2 << 20;
/// How many octets a message has that is encoded within another, to be parsed.
pub const PARSED_IN_MEMORY_OCTETS_MAX: u64 = 8 << 20;
/// How many identities a user has.
pub const IDENTITIES_MAX: usize = 64;
/// How many octets the texts of one identity have together.
pub const SIGNATURE_OCTETS_MAX: usize = 16 << 10;
/// How many rules a user has.
pub(crate) const RULES_MAX: usize = 200;
/// How many octets one rule has, as JSON.
pub(crate) const RULE_OCTETS_MAX: usize = 8 << 10;
/// Once so many octets were read and matched for one message, the rules behind are not looked at any more.
pub(crate) const RULES_COST_OCTETS_MAX: u64 = 256 << 20;
/// How many submissions are remembered that are on their way.
pub const SUBMISSIONS_MAX: usize = 500;
/// How many messages of one user are held at once.
pub const HELD_MAX: usize = 100;
/// How many octets they have together.
pub const HELD_OCTETS_MAX: u64 = 256 << 20;
/// For how many seconds mail is held at most before it is sent: 30 days.
pub const HOLD_S_MAX: u32 = 30 * 24 * 3600;
/// How many octets the header of a message may have that is sent; as over SMTP.
pub const SENT_HEADER_OCTETS_MAX: u64 = 1 << 20;
/// How many octets the texts of a vacation response have together.
pub const VACATION_OCTETS_MAX: usize = 64 << 10;
/// How many values programs keep for a user.
pub const PREFERENCES_MAX: usize = 256;
/// How many octets the name of such a value has.
pub const PREFERENCE_NAME_OCTETS_MAX: usize = 128;
/// How many octets they have together, as JSON.
pub const PREFERENCES_OCTETS_MAX: usize = 64 << 10;
/// How many octets the texts have together that a client says of a disposition notification.
pub const MDN_TEXT_OCTETS_MAX: usize = 64 << 10;
/// How many fields of its own it puts into one.
pub const MDN_EXTENSIONS_MAX: usize = 20;
/// How many octets the message has that goes back with one.
pub const MDN_ORIGINAL_OCTETS_MAX: u64 = 8 << 20;
/// How many addresses may ask for one in one message. More would have us write to whomever the sender likes.
pub const MDN_RECIPIENTS_MAX: usize = 5;
/// How many addresses of one user are told what changed.
pub const PUSH_SUBSCRIPTIONS_MAX: usize = 64;
/// For how long one is told, in seconds, until its client says that it lives: 30 days (RFC 8620, 7.2: at least two).
pub const PUSH_EXPIRES_S_MAX: i64 = 30 * 24 * 3600;
/// How many octets such an address has.
pub const PUSH_URL_OCTETS_MAX: usize = 2 << 10;
/// How many octets the name has that a client gives itself and its device.
pub const DEVICE_CLIENT_ID_OCTETS_MAX: usize = 255;
/// How many types it names of which it is told.
pub const PUSH_TYPES_MAX: usize = 32;
/// How many octets the name of such a type has.
pub const PUSH_TYPE_OCTETS_MAX: usize = 64;
/// How many emails one call of `Email/setByQuery` changes at most. Who wants more calls again.
pub const BY_QUERY_EMAILS_MAX: usize = 100_000;
/// How many of them in one commit, so that others of the account have their turn in between.
pub const BY_QUERY_COMMIT_EMAILS: usize = 5_000;
/// How often it is looked again what matches, when others change emails all the time.
pub const BY_QUERY_TRIES_MAX: u32 = 32;
/// For how long what was changed so can be undone: a day.
pub const UNDO_S: i64 = 24 * 3600;
/// How many such changes of a user can be undone, the last ones. All of them together have `NOTE_OCTETS_MAX` octets.
pub const UNDOS_MAX: usize = 20;
/// How many rows of each kind statistics give, unless asked otherwise.
pub const STATISTICS_ROWS: usize = 50;
/// How many they give at most.
pub const STATISTICS_ROWS_MAX: usize = 1_000;
/// How many senders are told apart while they are counted.
pub const STATISTICS_SENDERS_MAX: usize = 50_000;
/// How many octets of a sender's address are looked at.
pub const STATISTICS_SENDER_OCTETS_MAX: usize = 320;
/// How many emails are named of one change of the log.
pub const ACTIVITY_EMAILS_MAX: usize = 100;
/// How many emails go into one ZIP archive, whose directory is held until its end.
pub const EXPORTED_ZIP_EMAILS_MAX: usize = 100_000;
/// How many emails an export may name. More are said by a filter.
pub const EXPORTED_IDS_MAX: usize = 4_000;
/// How many characters of the name of a file are told that is imported.
pub const IMPORTED_NAME_CHARACTERS_MAX: usize = 200;
/// How many octets of blobs one call of `ContactCard/set` takes for photos.
pub const PHOTOS_READ_OCTETS_MAX: u64 = 16 << 20;
/// Up to so many looks at a card, a card and a word each, are taken in one query without changing lanes.
pub const CARD_LOOKS_QUICK_MAX: usize = 20_000;

/// What the session object tells clients about limits (RFC 8620, 2). The defaults are no lower than what it suggests as least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one upload.
    pub upload_octets_max: u64,
    /// How many uploads of one user at once.
    pub uploads_max: u32,
    /// Octets of one request.
    pub request_octets_max: usize,
    /// How many requests of one user at once.
    pub requests_max: u32,
    /// How many calls in one request.
    pub calls_max: usize,
    /// How many objects one call may get.
    pub objects_in_get_max: usize,
    /// How many objects one call may create, update and destroy together.
    pub objects_in_set_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            upload_octets_max: 50_000_000,
            uploads_max: 4,
            request_octets_max: 10_000_000,
            requests_max: 4,
            calls_max: 16,
            objects_in_get_max: 500,
            objects_in_set_max: 1_000,
        }
    }
}
