//! How an account's POP3 is printed.

use admin::answer::{Pop3Devices, Pop3Row, Pop3Setting, Pop3Settings};
use anyhow::Result;

use crate::context::Context;
use crate::output::{json, line, table};

/// Prints what is in force and what each device has.
pub(super) fn show_pop3(context: &Context, shown: &Pop3Row) -> Result<()> {
    if context.json {
        return json(shown);
    }
    let levels = [
        ("(host)".to_owned(), "host", &shown.host),
        ("(account)".to_owned(), "account", &shown.account),
    ];
    let devices = shown.devices.iter().map(|row| (name(row), "device", &row.settings));
    let rows: Vec<Level<'_>> = levels.into_iter().chain(devices).collect();
    table(
        &rows,
        &[
            ("for", &|row| row.0.clone()),
            ("on delete", &|row| star(row, |settings| &settings.on_delete)),
            ("shows", &|row| star(row, |settings| &settings.show)),
            ("mark read", &|row| star(row, |settings| &settings.mark_read)),
            ("sent copy", &|row| star(row, |settings| &settings.sent_copy)),
            ("login delay", &|row| star(row, |settings| &settings.login_delay)),
        ],
    )?;
    line("* chosen there; everything else comes from the account, or else from the host")?;
    if !shown.devices.is_empty() {
        line("")?;
        table(
            &shown.devices,
            &[
                ("device", &|row| name(row)),
                ("app password", &|row| if row.app_password { "yes" } else { "no" }.to_owned()),
                ("downloaded", &|row| row.downloaded.to_string()),
                ("hidden", &|row| row.hidden.to_string()),
                ("last active", &|row| row.last.clone().unwrap_or_else(|| "never".to_owned())),
            ],
        )?;
    }
    line("")?;
    line(&format!("mail programs are told: {}", shown.told.join(", ")))?;
    line(&format!("before the login, of all accounts: {}", shown.told_before_login.join(", ")))
}

/// Who it is for, which level that is, and what holds.
type Level<'a> = (String, &'static str, &'a Pop3Settings);

fn star(row: &Level<'_>, setting: fn(&Pop3Settings) -> &Pop3Setting) -> String {
    let (_, level, settings) = row;
    let setting = setting(settings);
    let chosen_here = *level != "host" && setting.chosen_by == *level;
    format!("{}{}", setting.value, if chosen_here { " *" } else { "" })
}

fn name(row: &Pop3Devices) -> String {
    row.device.clone().unwrap_or_else(|| "(no device)".to_owned())
}
