//! The limits of the model, each with its unit.

/// How many keywords a mailbox may have in its table.
pub const KEYWORDS_MAX: usize = 56;
/// How many mailboxes an account may have.
pub const MAILBOXES_MAX: usize = 10_000;
/// How many subscriptions an account may have; some may be of mailboxes that are gone.
pub const SUBSCRIPTIONS_MAX: usize = 10_000;
/// How deep mailboxes may lie below each other.
pub const MAILBOX_DEPTH_MAX: usize = 32;
/// The longest name of one level, in octets of UTF-8.
pub const MAILBOX_LEVEL_OCTETS_MAX: usize = 255;
/// The longest whole name, in octets of UTF-8.
pub const MAILBOX_NAME_OCTETS_MAX: usize = 1_000;
/// The largest message, unless the host says otherwise.
pub const MESSAGE_OCTETS_MAX: u64 = 50 << 20;
/// How many bodies are remembered as damaged.
pub const DAMAGED_BODIES_MAX: usize = 10_000;
/// How many octets of a body are read at once to see whether it is whole.
pub const HEALED_PIECE_OCTETS: u64 = 1 << 20;
/// Up to this size a message on its way in is held in memory; a larger one goes to the disk as it arrives.
pub const STAGED_IN_MEMORY_OCTETS_MAX: usize = 256 << 10;
/// It goes there in pieces of about this size.
pub const PASSED_ON_OCTETS: usize = 64 << 10;
/// How long an expunged message can be brought back, unless set otherwise.
pub const RETENTION_S: i64 = 14 * 24 * 3600;
/// How much of what was expunged an account without a quota keeps, unless set otherwise.
pub const RETAINED_OCTETS_MAX: u64 = 2 << 30;
/// How many messages a mailbox holds, unless set otherwise. Nobody's mailbox is near it; what a client can make by copying
/// one message onto itself is.
pub const MESSAGES_PER_MAILBOX_MAX: u64 = 1_000_000;
/// How many messages an account holds, unless set otherwise.
pub const MESSAGES_PER_ACCOUNT_MAX: u64 = 5_000_000;
/// How long changes are remembered, unless set otherwise: a mail program that stayed away longer gets a whole listing.
pub const CHANGES_S: i64 = 90 * 24 * 3600;
/// How many changes of an account are remembered, unless set otherwise.
pub const CHANGES_MAX: u64 = 100_000;
/// How many operations of its own a handle remembers, until it is told that they are known.
pub const OWN_CHANGES_MAX: usize = 10_000;
/// How much memory the hot state of mailboxes may take, unless set otherwise.
pub const HOT_OCTETS_MAX: usize = 256 << 20;
/// Accounts with fewer emails have no index for searches, unless set otherwise.
pub const INDEXED_EMAILS_LEAST: u64 = 1_000;
/// How many emails go into one segment of the index when it is made.
pub const INDEXED_AT_ONCE: u64 = 2_048;
/// How much memory the words of a segment of the index may take while it is made; making blocks of them and committing these takes
/// about twice as much again.
pub const INDEX_HELD_OCTETS_MAX: usize = 4 << 20;
/// Octets of the text of one message that the index has the words of; a message with more is asked each time.
pub const INDEXED_TEXT_OCTETS_MAX: usize = 1 << 20;
/// The index is not brought up to date when the disk has less room than this for mail.
pub const INDEX_SPACE_OCTETS_LEAST: u64 = 64 << 20;
/// No segment of the index is of more emails: it would take long to make it anew.
pub const SEGMENT_EMAILS_MAX: u32 = 65_536;
/// So many keys of a search are looked up in the index; the others are asked of each message that is left.
pub const FOUND_KEYS_MAX: usize = 32;
/// What the index's answers may take in memory for one search.
pub const FOUND_OCTETS_MAX: u64 = 16 << 20;
/// How many entries of one operation are changed in one commit; longer ones go in several (RFC 9051 asks for no atomicity of STORE).
pub const COMMIT_ENTRIES_MAX: usize = 20_000;
/// Operations on more entries than this in one commit are carried out in the slow lane.
pub const COMMIT_QUICK_ENTRIES_MAX: u64 = 200;
/// A mailbox with more messages than this is read from the engine in the slow lane.
pub const READ_QUICKLY_MAX: u64 = 1_000;
/// How many operations of one account may wait for their turn; more wait before they queue.
pub const WAITING_OPERATIONS_MAX: usize = 1_024;
/// How many operations go into one commit at most.
pub const COMMIT_OPERATIONS_MAX: usize = 256;
/// When the bodies of a commit are larger than this, it takes no more operations.
pub const COMMIT_BODY_OCTETS_MAX: u64 = 8 << 20;
/// How many accounts are kept in memory although nobody may be using them.
pub const ACCOUNTS_KEPT_MAX: usize = 1_024;
/// How many entries stand in one value of retained entries.
pub const RETAINED_CHUNK_ENTRIES_MAX: usize = 1_000;
/// How many Message-IDs of a message are looked at to find its thread.
pub const THREAD_IDS_MAX: usize = 20;
/// How many Message-IDs are remembered for one email, those of dropped emails of its thread among them.
pub const THREAD_HASHES_MAX: usize = 64;
/// How many octets the name of an annotation has.
pub const ANNOTATION_NAME_OCTETS_MAX: usize = 200;
/// How many octets the value of an annotation has (RFC 5464, 4.1: at least 1,024 are taken).
pub const ANNOTATION_OCTETS_MAX: usize = 16 << 10;
/// How many annotations of one mailbox, or of the account, one user has, and how many all share (RFC 5464, 4.1: at least 10 are taken).
pub const ANNOTATIONS_MAX: usize = 100;
/// How many octets the annotations of an account have with their names, those that are shared and its owner's; as many those of others.
pub const ANNOTATIONS_OCTETS_MAX: usize = 1 << 20;
/// How many entries the access list of a mailbox has.
pub const ACCESS_GRANTS_MAX: usize = 200;
/// For how many users what each sees of a mailbox is kept in memory, in one account.
pub const VIEWED_KEPT_MAX: usize = 64;
/// How many UIDs what a user has seen in a shared mailbox is kept for in one value.
pub const VIEWED_CHUNK_UIDS: u32 = 1_024;
/// How many octets of the key of a text are kept for sorting; where more are equal, the email's record tells.
pub const SORT_TEXT_OCTETS_MAX: usize = 128;
/// How many sort records are read, or made, before others get their turn.
pub const SORT_STEP_EMAILS: usize = 2_000;
/// How many of them that are missing are made for one commit.
pub const SORT_FILL_EMAILS: usize = 256;
/// How many emails upkeep looks at in one round for sort records that are missing.
pub const SORT_UPKEEP_EMAILS: u64 = 16_384;
/// How many messages are sorted, merged or threaded before others get their turn.
pub const SORT_STEP_ENTRIES: usize = 8_192;
/// For up to so many messages, where an account has many more, their sort records are read one by one.
pub const SORT_SINGLE_EMAILS_MAX: usize = 1_000;
/// How many octets of a long text are read at once where its front does not tell.
pub const SORT_WINDOW_OCTETS: usize = 512;
/// How often it is tried to have all mailboxes of an account in memory at one moment.
pub const VIEW_MOMENTS_MAX: usize = 16;
/// How many lines of the change log a new view of all emails looks back at, to say when each type last changed.
pub const VIEW_LINES_MAX: usize = 1_000;
/// How many orders of queries are kept with a view of all emails.
pub const ORDERS_KEPT_MAX: usize = 8;
/// How many lines of the change log are read at once to tell what changed.
pub const CHANGES_STEP_LINES: usize = 1_000;
/// For how long what was uploaded is kept when no email has it (RFC 8620, 6: at least an hour).
pub const UPLOADS_S: i64 = 24 * 3600;
/// How many uploads of an account are kept.
pub const UPLOADS_MAX: usize = 1_000;
/// How many octets of uploads of an account are kept; the newest whatever its size.
pub const UPLOADS_OCTETS_MAX: u64 = 512 << 20;
/// The longest name of a message that was found elsewhere.
pub const PLACEMENT_NAME_OCTETS_MAX: usize = 300;
/// The longest note in place of a message.
pub const PLACEMENT_NOTE_OCTETS_MAX: usize = 4 << 10;
/// How many placements are read, written or forgotten at once.
pub const PLACEMENTS_STEP: usize = 1_000;
/// How many octets the name of a device has at most.
pub const DEVICE_OCTETS_MAX: usize = 64;
/// How many devices of an account may have choices, and how many may have states.
pub const DEVICES_MAX: usize = 100;
/// The longest that mail is kept after a download, when it is not kept for good.
pub const POP3_KEEP_DAYS_MAX: u16 = 3_650;
/// How many values of what POP3 knows of emails are changed in one commit; each is of up to 1,024 emails.
pub const SEEN_CHUNKS_PER_COMMIT: usize = 256;
/// For how many dates it is remembered which messages of the Inbox are older.
pub const SINCE_CACHES_MAX: usize = 4;
/// How much memory the unique ids from elsewhere may take that are kept for the next POP3 session, of all accounts.
pub const IMPORTED_OCTETS_MAX: usize = 32 << 20;
/// How many address books an account has.
pub const BOOKS_MAX: u64 = 100;
/// How many octets the name of an address book has (RFC 9610, 2).
pub const BOOK_NAME_OCTETS_MAX: usize = 255;
/// How many octets the description of an address book has.
pub const BOOK_DESCRIPTION_OCTETS_MAX: usize = 1_000;
/// How many octets the name of a card within an address book has, or that of an address book among the others.
pub const RESOURCE_OCTETS_MAX: usize = 255;
/// How many cards an account has; they may all lie in one address book.
pub const CARDS_MAX: u64 = 20_000;
/// How many octets the cards of an account have together, with their photos.
pub const CONTACTS_OCTETS_MAX: u64 = 256 << 20;
/// How many cards and address books that went are remembered.
pub const CONTACTS_GONE_MAX: u64 = 5_000;
/// Up to so many cards are read without changing lanes.
pub const CARDS_QUICK_MAX: u64 = 500;
