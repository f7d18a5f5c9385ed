//! POP3 policies as people write them, in the configuration and on the command line: `keep-days=14`, `newest=100`,
//! `since=2026-11-01`. What is printed can be read again.

use mailbox::limits::{DEVICES_MAX, POP3_KEEP_DAYS_MAX};
use mailbox::{
    Device, OnDelete, Pop3Choice, Pop3Policy, Retrieved, Role, SentCopy, Shows, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::limits::LOGIN_DELAY_S_MAX;

/// Why a text says nothing about POP3. Each names the right forms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordFault {
    /// What DELE does.
    #[error(
        "expected remove, hide, archive, trash, keep-days=N (1 to {POP3_KEEP_DAYS_MAX}) or keep-until=NAME,NAME..."
    )]
    OnDelete,
    /// What is shown.
    #[error("expected all, newest=N (1 or more) or since=YYYY-MM-DD")]
    Shows,
    /// One of two.
    #[error("expected yes or no")]
    YesOrNo,
    /// The time between two logins.
    #[error("expected a number of seconds from 0 (no delay) to {LOGIN_DELAY_S_MAX}")]
    LoginDelay,
    /// A device.
    #[error("the name of a device has 1 to 64 octets, and no control characters")]
    Device,
    /// Too many devices.
    #[error("at most {DEVICES_MAX} devices can be named")]
    TooMany,
}

const YES: &str = "yes";
const NO: &str = "no";
/// Stands for "as the level above has it".
pub const INHERIT: &str = "inherit";

/// Reads what DELE does.
pub fn on_delete(text: &str) -> Result<OnDelete, WordFault> {
    let text = text.trim();
    match text {
        "remove" => return Ok(OnDelete::Remove),
        "hide" => return Ok(OnDelete::Hide),
        "archive" => return Ok(OnDelete::MoveTo(Role::Archive)),
        "trash" => return Ok(OnDelete::MoveTo(Role::Trash)),
        _ => {}
    }
    match text.split_once('=') {
        Some(("keep-days", days)) => {
            let days = days.parse().ok().filter(|days| (1..=POP3_KEEP_DAYS_MAX).contains(days));
            days.map(OnDelete::KeepDays).ok_or(WordFault::OnDelete)
        }
        Some(("keep-until", names)) => keep_until(names),
        Some(_) | None => Err(WordFault::OnDelete),
    }
}

fn keep_until(names: &str) -> Result<OnDelete, WordFault> {
    let mut devices: Vec<Device> = Vec::new();
    for name in split_names(names) {
        let device = Device::new(&name).ok_or(WordFault::Device)?;
        if !devices.contains(&device) {
            devices.push(device);
        }
    }
    match devices.len() {
        0 => Err(WordFault::OnDelete),
        many if many > DEVICES_MAX => Err(WordFault::TooMany),
        _ => Ok(OnDelete::KeepUntil(devices)),
    }
}

/// Names with commas between them; `\,` is a comma within a name.
fn split_names(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut escaped = false;
    for letter in text.chars() {
        match (letter, escaped) {
            ('\\', false) => escaped = true,
            (',', false) => names.push(String::new()),
            (letter, was_escaped) => {
                if let Some(name) = names.last_mut() {
                    if was_escaped && !matches!(letter, ',' | '\\') {
                        name.push('\\');
                    }
                    name.push(letter);
                }
                escaped = false;
            }
        }
    }
    if escaped && let Some(name) = names.last_mut() {
        name.push('\\');
    }
    names
}

/// Writes what DELE does.
pub fn on_delete_text(on_delete: &OnDelete) -> String {
    match on_delete {
        OnDelete::Remove => "remove".to_owned(),
        OnDelete::Hide => "hide".to_owned(),
        OnDelete::KeepDays(days) => format!("keep-days={days}"),
        OnDelete::KeepUntil(devices) => {
            let escaped =
                |device: &Device| device.as_str().replace('\\', "\\\\").replace(',', "\\,");
            let names: Vec<String> = devices.iter().map(escaped).collect();
            format!("keep-until={}", names.join(","))
        }
        OnDelete::MoveTo(Role::Trash) => "trash".to_owned(),
        OnDelete::MoveTo(_) => "archive".to_owned(),
    }
}

/// Reads what is shown.
pub fn shows(text: &str) -> Result<Shows, WordFault> {
    let text = text.trim();
    if text == "all" {
        return Ok(Shows::All);
    }
    match text.split_once('=') {
        Some(("newest", number)) => {
            let number = number.parse().ok().filter(|number| *number > 0);
            number.map(Shows::Newest).ok_or(WordFault::Shows)
        }
        Some(("since", day)) => {
            let midnight = day.parse::<jiff::civil::Date>().ok().filter(|_| day.len() == 10);
            let time = midnight.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
            let time = time.ok_or(WordFault::Shows)?;
            Ok(Shows::Since(Timestamp(time.timestamp().as_second())))
        }
        Some(_) | None => Err(WordFault::Shows),
    }
}

/// Writes what is shown.
pub fn shows_text(shows: &Shows) -> String {
    match shows {
        Shows::All => "all".to_owned(),
        Shows::Newest(number) => format!("newest={number}"),
        Shows::Since(time) => {
            let text = machine::time_text(*time);
            format!("since={}", text.strip_suffix("T00:00:00Z").unwrap_or(&text))
        }
    }
}

fn yes(text: &str) -> Result<bool, WordFault> {
    match text.trim() {
        YES => Ok(true),
        NO => Ok(false),
        _ => Err(WordFault::YesOrNo),
    }
}

/// Reads whether what was retrieved counts as read.
pub fn retrieved(text: &str) -> Result<Retrieved, WordFault> {
    Ok(if yes(text)? { Retrieved::MarkRead } else { Retrieved::LeaveUnread })
}

/// Writes whether what was retrieved counts as read.
pub fn retrieved_text(retrieved: Retrieved) -> String {
    match retrieved {
        Retrieved::MarkRead => YES,
        Retrieved::LeaveUnread => NO,
    }
    .to_owned()
}

/// Reads whether a copy of what is submitted goes into Sent.
pub fn sent_copy(text: &str) -> Result<SentCopy, WordFault> {
    Ok(if yes(text)? { SentCopy::Copy } else { SentCopy::NoCopy })
}

/// Writes whether a copy of what is submitted goes into Sent.
pub fn sent_copy_text(sent: SentCopy) -> String {
    match sent {
        SentCopy::Copy => YES,
        SentCopy::NoCopy => NO,
    }
    .to_owned()
}

/// Reads the least time between two logins, in seconds.
pub fn login_delay(text: &str) -> Result<u32, WordFault> {
    let seconds = text.trim().parse().ok().filter(|seconds| *seconds <= LOGIN_DELAY_S_MAX);
    seconds.ok_or(WordFault::LoginDelay)
}

/// A choice on its way, each field as people write it; none: it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChoiceWords {
    /// What DELE does.
    pub on_delete: Option<String>,
    /// What is shown.
    pub show: Option<String>,
    /// Whether what was retrieved counts as read.
    pub mark_read: Option<String>,
    /// Whether a copy of what is submitted goes into Sent.
    pub sent_copy: Option<String>,
    /// The least time between two logins, in seconds.
    pub login_delay: Option<String>,
}

impl ChoiceWords {
    /// Puts what they say over what was chosen before.
    pub fn over(&self, mut before: Pop3Choice) -> Result<Pop3Choice, WordFault> {
        change(&mut before.on_delete, self.on_delete.as_deref(), on_delete)?;
        change(&mut before.shows, self.show.as_deref(), shows)?;
        change(&mut before.retrieved, self.mark_read.as_deref(), retrieved)?;
        change(&mut before.sent, self.sent_copy.as_deref(), sent_copy)?;
        change(&mut before.login_delay_s, self.login_delay.as_deref(), login_delay)?;
        Ok(before)
    }
}

fn change<T>(
    field: &mut Option<T>,
    words: Option<&str>,
    read: impl Fn(&str) -> Result<T, WordFault>,
) -> Result<(), WordFault> {
    match words {
        None => {}
        Some(INHERIT) => *field = None,
        Some(words) => *field = Some(read(words)?),
    }
    Ok(())
}

/// A policy in words: what DELE does, what is shown, read, sent, delay.
pub fn policy_texts(policy: &Pop3Policy) -> [String; 5] {
    [
        on_delete_text(&policy.on_delete),
        shows_text(&policy.shows),
        retrieved_text(policy.retrieved),
        sent_copy_text(policy.sent),
        policy.login_delay_s.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use mailbox::{OnDelete, Pop3Choice, Shows, Timestamp};

    use super::{
        ChoiceWords, WordFault, login_delay, on_delete, on_delete_text, retrieved, shows,
        shows_text,
    };

    #[test]
    fn what_is_written_can_be_read_again() {
        for text in [
            "remove",
            "hide",
            "archive",
            "trash",
            "keep-days=1",
            "keep-days=3650",
            "keep-until=Office PC",
            "keep-until=Office PC,Phone",
            "keep-until=One\\, two,C:\\\\mail",
        ] {
            assert_eq!(on_delete_text(&on_delete(text).unwrap()), text);
        }
        for text in ["all", "newest=1", "newest=100", "since=2026-11-01", "since=1999-12-31"] {
            assert_eq!(shows_text(&shows(text).unwrap()), text);
        }
        assert_eq!(shows("since=1970-01-02"), Ok(Shows::Since(Timestamp(86_400))));
        let named = on_delete("keep-until= office pc ,Phone,OFFICE PC");
        let Ok(OnDelete::KeepUntil(devices)) = named else { unreachable!() };
        assert_eq!(devices.len(), 2, "a device named twice counts once");
    }

    #[test]
    fn wrong_words_are_told_the_right_forms() {
        for text in
            ["", "delete", "keep", "keep-days", "keep-days=0", "keep-days=3651", "keep-days=-1"]
        {
            assert_eq!(on_delete(text), Err(WordFault::OnDelete), "{text}");
        }
        assert_eq!(on_delete("keep-until="), Err(WordFault::Device));
        assert_eq!(on_delete("keep-until=a,,b"), Err(WordFault::Device));
        for text in [
            "",
            "some",
            "newest=0",
            "newest=x",
            "since=yesterday",
            "since=2026-13-01",
            "since=2026-1-1",
        ] {
            assert_eq!(shows(text), Err(WordFault::Shows), "{text}");
        }
        assert_eq!(retrieved("maybe"), Err(WordFault::YesOrNo));
        assert_eq!(login_delay("86401"), Err(WordFault::LoginDelay));
        assert!(WordFault::OnDelete.to_string().contains("keep-days=N (1 to 3650)"));
    }

    #[test]
    fn a_choice_changes_what_it_names_and_nothing_else() {
        let words = |on_delete: Option<&str>, show: Option<&str>| ChoiceWords {
            on_delete: on_delete.map(str::to_owned),
            show: show.map(str::to_owned),
            ..ChoiceWords::default()
        };
        let chosen = words(Some("hide"), Some("newest=5")).over(Pop3Choice::default()).unwrap();
        assert_eq!(chosen.on_delete, Some(OnDelete::Hide));
        let chosen = words(Some("inherit"), None).over(chosen).unwrap();
        assert_eq!((chosen.on_delete, chosen.shows), (None, Some(Shows::Newest(5))));
    }
}
