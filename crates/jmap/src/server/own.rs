//! The names of the capabilities that are this program's own. Each is described in `docs/jmap/`.

/// What all of them begin with: an address of one's own domain, so that nobody else's capability has such a name (RFC 8620, 1.8).
macro_rules! base {
    () => {
        "https://correio.example/jmap/"
    };
}

/// What the names of all capabilities of this program begin with.
pub const BASE: &str = base!();

/// Small values that programs keep for a user.
pub const PREFERENCES: &str = concat!(base!(), "preferences");

/// Changing all emails that a query matches, and undoing it.
pub const BULK: &str = concat!(base!(), "bulk");

/// What takes how much room.
pub const SPACE: &str = concat!(base!(), "space");

/// Mail that was destroyed and can still be brought back.
pub const RETAINED: &str = concat!(base!(), "retained");

/// Who did what to the mail of an account.
pub const ACTIVITY: &str = concat!(base!(), "activity");

/// Mail as files.
pub const EXPORT: &str = concat!(base!(), "export");

/// Files as mail.
pub const IMPORT: &str = concat!(base!(), "import");

/// What becomes of mail that comes.
pub const RULES: &str = concat!(base!(), "rules");

/// Leaving mailing lists.
pub const UNSUBSCRIBE: &str = concat!(base!(), "unsubscribe");

/// Bodies that can be shown.
pub const BODY: &str = concat!(base!(), "body");
