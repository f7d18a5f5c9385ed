//! What POP3 does with an account, and with each device that comes over it: the choices, and the unique ids.

mod device;
mod hot;
mod imported;
mod older;
mod policy;
mod sessions;
mod terms;
mod uidl;

pub use device::{Device, DeviceState};
pub(crate) use hot::{DeviceNote, Pop3Hot};
pub(crate) use imported::{Imported, ImportedCache};
pub(crate) use older::{Older, older};
pub use policy::{Differ, OnDelete, Pop3Choice, Pop3Policy, Pop3Terms, Retrieved, SentCopy, Shows};
pub(crate) use sessions::{SessionLock, Sessions};
pub(crate) use terms::AllTerms;
pub(crate) use uidl::OwnUidl;
pub use uidl::Uidl;
