//! The limits of the directory and of logins, each with its unit.

/// The longest local part of an address, in octets (RFC 5321, 4.5.3.1.1).
pub const LOCAL_PART_OCTETS_MAX: usize = 64;
/// The longest domain, in octets (RFC 5321, 4.5.3.1.2).
pub const DOMAIN_OCTETS_MAX: usize = 253;
/// The longest label of a domain, in octets (RFC 1035, 2.3.4).
pub const LABEL_OCTETS_MAX: usize = 63;
/// How many targets an alias may have.
pub const ALIAS_TARGETS_MAX: usize = 100;
/// How many aliases may lead to one another.
pub const ALIAS_DEPTH_MAX: usize = 8;
/// In how many domains a login name without a domain is looked for. With more domains it means the host's own.
pub const BARE_NAME_DOMAINS_MAX: usize = 1_000;
/// How many app passwords somebody may have.
pub const APP_PASSWORDS_MAX: usize = 100;
/// How many identities somebody may have.
pub const IDENTITIES_MAX: usize = 100;
/// How many access tokens somebody may have.
pub const TOKENS_MAX: usize = 100;
/// How many sessions of pages somebody may have; with one more, the one used longest ago ends.
pub const PAGE_SESSIONS_MAX: usize = 50;
/// How long a session of a page is good after its last use, in seconds.
pub const PAGE_SESSION_IDLE_S: i64 = 14 * 24 * 3600;
/// The same on a computer of others, in seconds.
pub const BRIEF_SESSION_IDLE_S: i64 = 4 * 3600;
/// How long a session there is good in all, however much it is used, in seconds.
pub const BRIEF_SESSION_S: i64 = 12 * 3600;
/// How long a code of an authenticator app is the right one, in seconds (RFC 6238, 5.2).
pub const CODE_STEP_S: u64 = 30;
/// How many steps a code may be early or late: the clocks of phones differ.
pub const CODE_SKEW_STEPS: u16 = 1;
/// How long an authenticator app may take to be set up, in seconds.
pub const TOTP_BEGUN_S: i64 = 3_600;
/// How many recovery codes somebody gets.
pub const RECOVERY_CODES: usize = 10;
/// How long a login waits for its second factor, in seconds.
pub const PENDING_LOGIN_S: i64 = 300;
/// How many logins of all users wait for one.
pub const PENDING_LOGINS_MAX: usize = 10_000;
/// How many of one user.
pub const PENDING_LOGINS_PER_USER_MAX: usize = 10;
/// How many codes may be tried in one login.
pub const CODES_PER_LOGIN_MAX: u32 = 5;
/// How many codes of one user may be wrong, in all logins. Whoever tries them knows the password.
pub const CODE_FAILURES_MAX: u32 = 10;
/// After this time half of them are forgiven, in seconds: a guesser comes to five codes in an hour, of a million.
pub const CODE_FAILURES_HALVED_S: u32 = 3_600;
/// How many passkeys somebody may have.
pub const PASSKEYS_MAX: usize = 20;
/// How long a challenge for a passkey is good, in seconds.
pub const CHALLENGE_S: i64 = 300;
/// How many challenges that were answered rightly are remembered until their time is over.
pub const CHALLENGES_USED_MAX: usize = 10_000;
/// How long the name of a passkey among browsers may be, in octets (Web Authentication, 7.1, step 26).
pub const CREDENTIAL_ID_OCTETS_MAX: usize = 1_023;
/// How long each part of what a browser answers for a passkey may be, in base64url.
pub const PASSKEY_PART_OCTETS_MAX: usize = 8_192;
/// How much of the name of a browser is kept, in octets.
pub const PROGRAM_OCTETS_MAX: usize = 64;
/// The longest time for which an access token can be made, in days.
pub const TOKEN_DAYS_MAX: u32 = 3_650;
/// How long an access token of a grant is good, in seconds.
pub const ACCESS_TOKEN_S: i64 = 3_600;
/// After how long without use a grant is over, in seconds.
pub const GRANT_UNUSED_S_MAX: i64 = 180 * 86_400;
/// How many successors of a refresh token are good until one of them is used.
pub const SUCCESSORS_MAX: usize = 4;
/// The longest identifier of a program, in octets.
pub const PROGRAM_ID_OCTETS_MAX: usize = 4 << 10;
/// How many keys of an identity provider are looked at.
pub const TOKEN_KEYS_MAX: usize = 100;
/// By how much the clocks of an identity provider and of this host may differ, in seconds.
pub const TOKEN_LEEWAY_S: i64 = 60;
/// The longest name of a device, in octets.
pub const DEVICE_NAME_OCTETS_MAX: usize = 64;
/// The shortest password that may be set, in characters.
pub const PASSWORD_CHARACTERS_MIN: usize = 8;

/// How many passwords are hashed at once; each takes 19 MiB while it is.
pub const HASHES_AT_ONCE_MAX: usize = 2;
/// How many more of each standing (known, new, suspect) wait for their turn; with one more, whoever waits longest is refused
/// as unavailable.
pub const WAITING_MAX: usize = 256;
/// How many of them from one source.
pub const WAITING_PER_SOURCE_MAX: usize = 8;
/// How many verdicts on passwords are remembered.
pub const VERDICTS_MAX: usize = 20_000;
/// How long a right password is remembered, in seconds.
pub const VERDICT_RIGHT_S: i64 = 600;
/// How long a wrong password is remembered: a device that keeps trying its old one neither costs time nor
/// counts as guessing.
pub const VERDICT_WRONG_S: i64 = 300;

/// How many origins and names of failed logins are counted.
pub const FAILURE_COUNTERS_MAX: usize = 50_000;
/// After this time half of the failures are forgiven, in seconds.
pub const FAILURES_HALVED_S: u32 = 300;
/// So many failures from one address go before it is refused without looking.
pub const FAILURES_PER_ADDRESS_MAX: u32 = 30;
/// The same for the middle prefix (IPv4 /26, IPv6 /48).
pub const FAILURES_PER_MIDDLE_PREFIX_MAX: u32 = 100;
/// The same for the wide prefix (IPv4 /21, IPv6 /32).
pub const FAILURES_PER_WIDE_PREFIX_MAX: u32 = 300;
/// A source with this part of those failures is suspect: it comes last when many passwords wait to be hashed.
pub const SUSPECT_PART: u32 = 10;
/// For how long it is remembered that somebody logged in rightly from a network, in seconds.
pub const KNOWN_S: i64 = 30 * 24 * 3600;
/// How many such networks, and names with theirs, are remembered.
pub const KNOWN_PLACES_MAX: usize = 50_000;
/// How long attempts of a known name wait for one another in a refused prefix, in seconds; more are refused.
pub const PACED_WAIT_S_MAX: i64 = 30;
/// From so many failures for one name on, each further guess waits before it is looked at. Nobody is locked out.
pub const FAILURES_PER_NAME_FREE: u32 = 50;
/// The longest time an answer to a wrong password is held back, in milliseconds.
pub const FAILURE_DELAY_MS_MAX: u64 = 15_000;

/// The longest time that may have to go by between two POP3 logins (RFC 2449, 6.5), in seconds.
pub const LOGIN_DELAY_S_MAX: u32 = 24 * 3600;

/// The most octets of one note that a door keeps for a user.
pub const NOTE_OCTETS_MAX: usize = 4 << 20;
