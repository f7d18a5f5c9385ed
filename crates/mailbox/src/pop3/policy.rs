//! What the owner or the administrator may choose about POP3, for an account and for each of its devices.

use crate::limits::{DEVICES_MAX, POP3_KEEP_DAYS_MAX};
use crate::pop3::Device;
use crate::{Refused, Role, Timestamp};

/// What DELE does when the session ends with QUIT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OnDelete {
    /// Removes the message. It can be brought back for the retention time.
    #[default]
    Remove,
    /// Hides the message from that device. The host removes it so many days (1 to 3,650) after that device downloaded
    /// it, deleted there or not; one deleted without a download, after it was deleted.
    KeepDays(u16),
    /// Hides the message from that device. It is removed once every one of these has downloaded or deleted it.
    KeepUntil(Vec<Device>),
    /// Hides the message from that device, and never removes it.
    Hide,
    /// Moves the message to the Archive or to the Trash.
    MoveTo(Role),
}

/// Which messages of the Inbox are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shows {
    /// All.
    #[default]
    All,
    /// Those that came in at this time or later.
    Since(Timestamp),
    /// The newest so many.
    Newest(u32),
}

/// What a download does to the message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retrieved {
    /// Nothing.
    #[default]
    LeaveUnread,
    /// Marks it as read.
    MarkRead,
}

/// What becomes of what the user submits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SentCopy {
    /// Nothing is kept.
    #[default]
    NoCopy,
    /// A copy goes into Sent.
    Copy,
}

/// What is in force for one device. By default what POP3 always did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pop3Policy {
    /// What DELE does.
    pub on_delete: OnDelete,
    /// What is shown.
    pub shows: Shows,
    /// What a download does.
    pub retrieved: Retrieved,
    /// What becomes of submitted mail.
    pub sent: SentCopy,
    /// How long a device must wait from one login to the next; 0: not at all (RFC 2449, 6.5).
    pub login_delay_s: u32,
}

/// What was chosen for an account or a device. What was not falls back: from device to account to host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pop3Choice {
    /// What DELE does.
    pub on_delete: Option<OnDelete>,
    /// What is shown.
    pub shows: Option<Shows>,
    /// What a download does.
    pub retrieved: Option<Retrieved>,
    /// What becomes of submitted mail.
    pub sent: Option<SentCopy>,
    /// How long a device must wait from one login to the next.
    pub login_delay_s: Option<u32>,
}

impl Pop3Choice {
    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        *self == Pop3Choice::default()
    }

    /// What is in force where this was chosen over a policy.
    #[must_use]
    pub fn over(&self, policy: &Pop3Policy) -> Pop3Policy {
        Pop3Policy {
            on_delete: self.on_delete.clone().unwrap_or_else(|| policy.on_delete.clone()),
            shows: self.shows.unwrap_or(policy.shows),
            retrieved: self.retrieved.unwrap_or(policy.retrieved),
            sent: self.sent.unwrap_or(policy.sent),
            login_delay_s: self.login_delay_s.unwrap_or(policy.login_delay_s),
        }
    }

    /// The choice in its plainest form, if it may be made.
    pub(crate) fn checked(mut self) -> Result<Pop3Choice, Refused> {
        match &mut self.on_delete {
            Some(OnDelete::KeepDays(days)) => {
                if !(1..=POP3_KEEP_DAYS_MAX).contains(days) {
                    return Err(Refused::Choice { why: "mail is kept for 1 to 3650 days" });
                }
            }
            Some(OnDelete::KeepUntil(devices)) => {
                devices.sort();
                devices.dedup();
                if devices.len() > DEVICES_MAX {
                    let max = u64::try_from(DEVICES_MAX).unwrap_or(u64::MAX);
                    return Err(Refused::TooMany { what: "devices", max });
                }
            }
            Some(OnDelete::MoveTo(role)) => {
                if !matches!(role, Role::Archive | Role::Trash) {
                    let why = "mail deleted over POP3 can go to the Archive or to the Trash";
                    return Err(Refused::Choice { why });
                }
            }
            Some(OnDelete::Remove | OnDelete::Hide) | None => {}
        }
        Ok(self)
    }
}

/// What CAPA says of an account, or of all accounts before it is known which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pop3Terms {
    /// EXPIRE: after how many days mail may be removed (RFC 2449, 6.7); none: never.
    pub expire_days: Option<u16>,
    /// LOGIN-DELAY: the longest wait between two logins (RFC 2449, 6.5); 0: none.
    pub login_delay_s: u32,
    /// Whether either may be another once it is known who logs in.
    pub differ: Differ,
    /// Whether EXPIRE may be.
    pub expire_differs: Differ,
    /// Whether LOGIN-DELAY may be.
    pub login_delay_differs: Differ,
}

/// Whether something differs from user to user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Differ {
    /// It does not.
    #[default]
    No,
    /// It does.
    ByUser,
}

impl Pop3Policy {
    /// What CAPA says where this alone is in force.
    pub fn terms(&self) -> Pop3Terms {
        let expire_days = match self.on_delete {
            OnDelete::KeepDays(days) => Some(days),
            OnDelete::Remove | OnDelete::KeepUntil(_) | OnDelete::Hide | OnDelete::MoveTo(_) => {
                None
            }
        };
        Pop3Terms { expire_days, login_delay_s: self.login_delay_s, ..Pop3Terms::default() }
    }
}

impl Pop3Terms {
    /// The strictest of both: what holds for everyone.
    #[must_use]
    pub(crate) fn with(self, other: Pop3Terms) -> Pop3Terms {
        let days = [self.expire_days, other.expire_days];
        Pop3Terms {
            expire_days: days.into_iter().flatten().min(),
            login_delay_s: self.login_delay_s.max(other.login_delay_s),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_chosen_falls_back() {
        let host = Pop3Policy { login_delay_s: 60, ..Pop3Policy::default() };
        let account = Pop3Choice { on_delete: Some(OnDelete::Hide), ..Pop3Choice::default() };
        let device = Pop3Choice { login_delay_s: Some(0), ..Pop3Choice::default() };
        let policy = device.over(&account.over(&host));
        assert_eq!((policy.on_delete, policy.login_delay_s), (OnDelete::Hide, 0));
        assert_eq!(Pop3Choice::default().over(&host), host);
    }

    #[test]
    fn what_cannot_be_is_not_chosen() {
        let chosen = |on_delete| Pop3Choice { on_delete: Some(on_delete), ..Default::default() };
        for wrong in [
            OnDelete::KeepDays(0),
            OnDelete::KeepDays(3_651),
            OnDelete::MoveTo(Role::Sent),
            OnDelete::KeepUntil((0..101).filter_map(|n| Device::new(&n.to_string())).collect()),
        ] {
            assert!(chosen(wrong).checked().is_err());
        }
        let twice = ["B", "a", "b"].iter().filter_map(|name| Device::new(name)).collect();
        let once = chosen(OnDelete::KeepUntil(twice)).checked().unwrap();
        let devices = ["a", "b"].iter().filter_map(|name| Device::new(name)).collect();
        assert_eq!(once, chosen(OnDelete::KeepUntil(devices)));
    }
}
