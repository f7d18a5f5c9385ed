//! The limits of the companion, each with its unit.

/// How many accounts at providers a companion has.
pub const ACCOUNTS_MAX: usize = 1_000;
/// The longest name of an account.
pub const ACCOUNT_NAME_CHARACTERS_MAX: usize = 40;
/// The longest answer of a domain that says how its mail is reached.
pub const AUTOCONFIG_OCTETS_MAX: usize = 256 << 10;
/// How many tags and texts of it are looked at.
pub const AUTOCONFIG_PARTS_MAX: usize = 10_000;
/// How deep they lie.
pub const AUTOCONFIG_DEPTH_MAX: usize = 16;
/// How many servers are tried for one account.
pub const CANDIDATES_MAX: usize = 12;
/// How long one of them may take to answer, in seconds.
pub const CANDIDATE_TIMEOUT_S: u64 = 10;
/// How long it may take to connect, in seconds.
pub const CONNECT_TIMEOUT_S: u64 = 30;
/// What is held for longer than this is made durable, in milliseconds.
pub const SETTLE_MS: u64 = 200;
/// For how long it is remembered what was found at a provider and is not there any more, in seconds.
pub const MISSING_S: i64 = 90 * 24 * 3600;
/// How many octets of what a server says are shown to people.
pub const SHOWN_OCTETS_MAX: usize = 300;
/// How many folders of an account are mirrored.
pub const FOLDERS_MAX: usize = 10_000;
/// How many folders a server is asked about at once.
pub const STATUS_AT_ONCE: usize = 100;
/// How much of a message is looked at to know it again.
pub const HEADER_LOOKED_AT_OCTETS_MAX: usize = 64 << 10;
/// How many messages a server is asked about, or asked for, at once.
pub const MESSAGES_AT_ONCE: usize = 200;
/// How many such questions are under way at once.
pub const QUESTIONS_AT_ONCE: usize = 2;
/// How many messages that went may be known again elsewhere.
pub const WENT_MAX: usize = 1_000_000;
/// So many messages of a folder may go without a question, however few it has.
pub const DELETED_UNASKED: u64 = 50;
/// How many folders that made trouble are told one by one.
pub const FOLDERS_TOLD: usize = 20;
/// How many keywords of a folder are kept free for those that are set here.
pub const KEYWORDS_SPARE: usize = 8;
/// How often a mirror looks again in one run, where what it did there has to be looked at.
pub const PASSES_MAX: usize = 3;
/// How many octets of an email here are read at once.
pub const PART_OCTETS_MAX: u64 = 256 << 10;
/// A message up to this size goes up with others; a larger one by itself, as it is read.
pub const SENT_WHOLE_OCTETS_MAX: u64 = 256 << 10;
/// So many octets go up before it is waited for that the server has them.
pub const SENT_AT_ONCE_OCTETS_MAX: u64 = 4 << 20;
/// No message is so large; a server that says so is not listened to any more.
pub const MESSAGE_OCTETS_BELIEVED_MAX: u64 = 1 << 30;
/// After how long a mirror that watches looks at all folders again, in seconds.
pub const LOOK_AGAIN_S: u64 = 60;
/// How often a mirror that waits looks whether it should stop, in milliseconds.
pub const STOP_LOOKED_AT_MS: u64 = 250;
/// How long a mirror that watches waits before it connects again, in seconds: at first, and at most.
pub const CONNECT_AGAIN_S: (u64, u64) = (2, 300);
/// How many messages one archive takes; the next run takes more.
pub const ARCHIVED_MESSAGES_MAX: usize = 100_000;
/// How many messages one migration takes.
pub const MIGRATED_MESSAGES_MAX: usize = 1_000_000;
/// How many messages are on their way to a server at once, not answered yet. What is on its way when a line breaks may still come
/// there after one has looked what is there, and would be put there again: so it is one, which comes while the next is fetched.
pub const PENDING_MESSAGES_MAX: usize = 1;
/// How many words an archive looks for.
pub const SEARCH_WORDS_MAX: usize = 20;
/// No larger message is archived or migrated: each is held whole until it is where it goes.
pub const LETTER_OCTETS_MAX: u64 = 128 << 20;
/// How many octets a server is asked for at once, or for one message.
pub const ASKED_OCTETS_MAX: u64 = 16 << 20;
/// How many recipients a message has that is sent.
pub const OUTBOX_RECIPIENTS_MAX: usize = 1_000;
/// How many messages an outbox holds.
pub const OUTBOX_MESSAGES_MAX: usize = 10_000;
/// How long it is waited until a message is sent again whose answer was lost, in seconds: what the provider still does with the
/// first one is done by then.
pub const UNSURE_PAUSE_S: i64 = 600;
/// After so many lost answers a message is not sent again before a person says so.
pub const ANSWERS_LOST_MAX: u32 = 2;
/// How often one run connects again after a session broke.
pub const RECONNECTIONS_MAX: u32 = 3;
/// How many of the newest messages in Sent are looked at for one that is to come there.
pub const SENT_LOOKED_AT: u32 = 50;
/// How many of those that came since are looked at.
pub const SENT_SINCE_LOOKED_AT: usize = 2_000;
/// The longest address of a server of OAuth.
pub const WEB_ADDRESS_OCTETS_MAX: usize = 4_096;
/// The longest answer of a server of OAuth.
pub const WEB_ANSWER_OCTETS_MAX: usize = 256 << 10;
/// How long it may take to answer, in seconds.
pub const WEB_TIMEOUT_S: u64 = 30;
/// The longest identifier of a client, and what comes with it.
pub const CLIENT_ID_OCTETS_MAX: usize = 16 << 10;
/// The longest refresh token.
pub const REFRESH_TOKEN_OCTETS_MAX: usize = 16 << 10;
/// No access token is believed to be good for longer, in seconds.
pub const TOKEN_LIFE_S_MAX: u64 = 366 * 24 * 3600;
/// So long before its end a token is renewed, in seconds.
pub const RENEWED_BEFORE_S: i64 = 120;
/// For how long a person is waited for, in seconds.
pub const CONSENT_TIMEOUT_S: u64 = 1_800;
/// The longest code of a device.
pub const DEVICE_CODE_OCTETS_MAX: usize = 8_192;
/// The longest code that a person is to type in.
pub const USER_CODE_CHARACTERS_MAX: usize = 64;
/// How often it is asked whether a person has decided, in seconds: where the server does not say it, and at most.
pub const DEVICE_INTERVAL_S: (u64, u64) = (5, 60);
/// The longest request of a browser.
pub const BROWSER_OCTETS_MAX: usize = 64 << 10;
/// How long it may take to say it, in seconds.
pub const BROWSER_TIMEOUT_S: u64 = 10;
/// How many connections of browsers are answered at once.
pub const BROWSERS_MAX: usize = 16;
/// How much of a header is kept of which only that is here.
pub const HEADER_KEPT_OCTETS_MAX: usize = 256 << 10;
