//! What JMAP does to emails: adds them to several mailboxes, changes them wherever they are, keeps uploads (ADR 23).

mod add;
mod edit;
mod undo;
mod uploads;

pub use add::{AddedEmail, NewEmail};
pub use edit::{Destroy, EmailChange, EmailsChanged, KeywordChange, MailboxesChange};
pub use undo::{EmailStep, FlagsBefore, StepDone, Undone};
pub(crate) use uploads::uploads_due;
pub use uploads::{Upload, UploadId};
