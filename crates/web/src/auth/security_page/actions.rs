//! What the forms of the page ask for.

use super::super::fields::Fields;
use super::super::session::id_of;
use crate::own_security::Change;
use crate::page_logins::EndOf;

/// What a form asks for.
pub(super) enum Asked {
    Change(Change),
    End(EndOf),
    /// A new password that was not typed the same twice.
    Unlike,
}

/// Reads a form; none: it asks for nothing that there is.
pub(super) fn asked(fields: &Fields) -> Option<Asked> {
    let name = || fields.text("name").to_owned();
    Some(Asked::Change(match fields.text("action") {
        "password" => {
            let new = fields.secret("new")?.clone();
            if !fields.secret("again")?.equals(new.expose()) {
                return Some(Asked::Unlike);
            }
            Change::Password { new }
        }
        "begin-app" => Change::BeginApp {},
        "confirm-app" => Change::ConfirmApp { code: fields.text("code").to_owned() },
        "remove-app" => Change::RemoveApp {},
        "recovery-codes" => Change::NewRecoveryCodes {},
        "rename-passkey" => {
            Change::RenamePasskey { name: name(), new: fields.text("new-name").to_owned() }
        }
        "remove-passkey" => Change::RemovePasskey { name: name() },
        "only-app-passwords" => Change::OnlyAppPasswords { only: fields.text("only") == "yes" },
        "add-app-password" => Change::AddAppPassword { name: name() },
        "remove-app-password" => Change::RemoveAppPassword { name: name() },
        "add-token" => {
            let days = Some(fields.text("days").trim()).filter(|days| !days.is_empty());
            // What is no number is none that there can be.
            let days = days.map(|days| days.parse().unwrap_or(0));
            Change::AddToken { name: name(), days }
        }
        "remove-token" => Change::RemoveToken { name: name() },
        "pop3" => pop3(fields),
        "end-session" => return Some(Asked::End(EndOf::One(id_of(fields.text("id"))?))),
        "end-others" => {
            return Some(Asked::End(EndOf::AllBut(id_of(fields.text("id"))?)));
        }
        _ => return None,
    }))
}

fn pop3(fields: &Fields) -> Change {
    let chosen = |name: &str, with: &str| {
        let word = Some(fields.text(name)).filter(|word| !word.is_empty())?;
        // Some are words alone, some have a number or a day behind them.
        Some(match word.strip_suffix('=') {
            Some(_) => format!("{word}{}", fields.text(with).trim()),
            None => word.to_owned(),
        })
    };
    Change::ChoosePop3 {
        device: Some(fields.text("name").to_owned()).filter(|name| !name.is_empty()),
        on_delete: chosen("on-delete", "days"),
        show: chosen("show", "newest"),
        mark_read: chosen("mark-read", ""),
        sent_copy: chosen("sent-copy", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, asked};
    use crate::auth::fields::Fields;
    use crate::own_security::Change;

    fn of(form: &str) -> Option<Asked> {
        asked(&Fields::read(form.as_bytes()).unwrap())
    }

    #[test]
    fn a_choice_for_pop3_is_put_together_of_words_and_numbers() {
        let form = "action=pop3&name=Office+PC&on-delete=keep-days=&days=14&show=newest%3D&newest=100&mark-read=yes";
        let Some(Asked::Change(Change::ChoosePop3 {
            device,
            on_delete,
            show,
            mark_read,
            sent_copy,
        })) = of(form)
        else {
            panic!("it is a choice")
        };
        assert_eq!(device.as_deref(), Some("Office PC"));
        assert_eq!(
            (on_delete.as_deref(), show.as_deref()),
            (Some("keep-days=14"), Some("newest=100"))
        );
        assert_eq!((mark_read.as_deref(), sent_copy), (Some("yes"), None));
    }

    #[test]
    fn a_password_is_typed_twice() {
        assert!(matches!(
            of("action=password&new=a&again=a"),
            Some(Asked::Change(Change::Password { .. }))
        ));
        assert!(matches!(of("action=password&new=a&again=b"), Some(Asked::Unlike)));
        assert!(of("action=password&new=a").is_none());
    }

    #[test]
    fn what_is_no_action_asks_for_nothing() {
        for form in
            ["", "action=", "action=Password", "action=end-session&id=x", "action=end-others"]
        {
            assert!(of(form).is_none(), "{form}");
        }
        let days = |form| match of(form) {
            Some(Asked::Change(Change::AddToken { days, .. })) => days,
            _ => panic!("{form}"),
        };
        assert_eq!(days("action=add-token&name=a&days=+30+"), Some(30));
        assert_eq!(days("action=add-token&name=a&days="), None);
        assert_eq!(days("action=add-token&name=a&days=many"), Some(0));
    }
}
