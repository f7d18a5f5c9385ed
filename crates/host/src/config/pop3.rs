//! `[pop3]`: what holds over POP3 for accounts and devices that chose nothing.

use directory::pop3_policy::{self, WordFault};
use mailbox::{OnDelete, Pop3Policy, Retrieved, SentCopy};
use pop3::server::Language;
use serde::{Deserialize, Serialize};

/// POP3 for accounts that chose nothing.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pop3Section {
    /// What DELE does: `remove`, `hide`, `archive`, `trash` or `keep-days=N`.
    pub on_delete: String,
    /// What is shown: `all`, `newest=N` or `since=YYYY-MM-DD`.
    pub show: String,
    /// Whether what was retrieved counts as read.
    pub mark_read: bool,
    /// Whether a copy of what is submitted goes into Sent.
    pub sent_copy: bool,
    /// The least time between two logins of a device, in seconds.
    pub login_delay: u32,
    /// The language of answers for whoever asks for the host's own (`LANG *`): `en` or `pt`.
    pub language: String,
}

impl Default for Pop3Section {
    fn default() -> Pop3Section {
        let [on_delete, show, ..] = pop3_policy::policy_texts(&Pop3Policy::default());
        let language = Language::default().tag().to_owned();
        let (mark_read, sent_copy, login_delay) = (false, false, 0);
        Pop3Section { on_delete, show, mark_read, sent_copy, login_delay, language }
    }
}

impl Pop3Section {
    /// The policy. Checked already when the file was read.
    pub fn policy(&self) -> Pop3Policy {
        self.read().unwrap_or_default()
    }

    /// The language. Checked already when the file was read.
    pub fn language(&self) -> Language {
        self.named_language().unwrap_or_default()
    }

    fn named_language(&self) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == self.language)
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.named_language().is_none() {
            return Err(("pop3.language", "expected en (English) or pt (Portuguese)".to_owned()));
        }
        match self.read() {
            Ok(Pop3Policy { on_delete: OnDelete::KeepUntil(_), .. }) => {
                let why = "the devices of keep-until are those of one account; choose it there with `correio user pop3 set`";
                Err(("pop3.on_delete", why.to_owned()))
            }
            Ok(_) => Ok(()),
            Err((key, fault)) => Err((key, fault.to_string())),
        }
    }

    fn read(&self) -> Result<Pop3Policy, (&'static str, WordFault)> {
        let delay = self.login_delay.to_string();
        Ok(Pop3Policy {
            on_delete: pop3_policy::on_delete(&self.on_delete)
                .map_err(|fault| ("pop3.on_delete", fault))?,
            shows: pop3_policy::shows(&self.show).map_err(|fault| ("pop3.show", fault))?,
            retrieved: if self.mark_read { Retrieved::MarkRead } else { Retrieved::LeaveUnread },
            sent: if self.sent_copy { SentCopy::Copy } else { SentCopy::NoCopy },
            login_delay_s: pop3_policy::login_delay(&delay)
                .map_err(|fault| ("pop3.login_delay", fault))?,
        })
    }
}
