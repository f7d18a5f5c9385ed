//! What stands on the page, section by section.

use sasl::Secret;

use super::super::confirm_page;
use super::super::form::TOKEN;
use super::super::html::Maker;
use super::super::otpauth;
use super::super::page::Page;
use super::super::session::id_text;
use super::super::settings::words as said_by;
use super::super::words::Words;
use crate::own_security::{Changed, Device, Pop3, Security};
use crate::page_logins::PageSession;
use crate::setup::xml::text;

/// What came of a form.
pub(super) enum Shown {
    Nothing,
    /// Why it was not done.
    Problem(String),
    /// What is shown this once.
    Given(Changed),
}

/// What the page is made of.
pub(super) struct Sections<'a> {
    pub(super) maker: &'a Maker<'a>,
    pub(super) page: &'a Page,
    pub(super) token: &'a str,
    pub(super) security: &'a Security,
    pub(super) sessions: &'a [PageSession],
}

impl Sections<'_> {
    pub(super) fn html(&self, shown: &Shown) -> String {
        let (words, base) = (self.maker.words, self.maker.base());
        let mut html = format!(
            "<p class=\"hint\">{} <strong>{}</strong></p>\n",
            words.logged_in_as,
            text(&self.page.address)
        );
        html.push_str(&match shown {
            Shown::Nothing => String::new(),
            Shown::Problem(said) => format!("<p role=\"alert\">{}</p>\n", text(said)),
            Shown::Given(given) => self.given(given),
        });
        if !self.page.fresh {
            let next = format!("{base}{}", super::PATH);
            html.push_str(&confirm_page::card(self.maker, self.token, &next, None));
        }
        html.push_str(&self.second_factors());
        html.push_str(&self.passkeys());
        html.push_str(&self.password());
        html.push_str(&self.logins());
        html.push_str(&self.app_passwords());
        html.push_str(&self.tokens());
        html.push_str(&self.pop3());
        html
    }

    /// A form of the page, for an action.
    fn form(&self, action: &str, class: &str, inside: &str) -> String {
        let base = self.maker.base();
        format!(
            "<form class=\"{class}\" method=\"post\" action=\"{base}{}\">\n\
             <input type=\"hidden\" name=\"{TOKEN}\" value=\"{}\">\n\
             <input type=\"hidden\" name=\"action\" value=\"{action}\">\n{inside}</form>\n",
            super::PATH,
            self.token
        )
    }

    /// A button that does something to what has this value.
    fn button(&self, action: &str, (name, value): (&str, &str), label: &str) -> String {
        let value = text(value);
        let inside = format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n<button type=\"submit\" class=\"quiet\">{label}</button>\n"
        );
        self.form(action, "inline", &inside)
    }

    /// Something for those who proved who they are.
    fn if_fresh(&self, html: impl FnOnce() -> String) -> String {
        if self.page.fresh { html() } else { String::new() }
    }

    /// What is shown this once.
    fn given(&self, given: &Changed) -> String {
        let words = self.maker.words;
        match given {
            Changed::Done | Changed::Session(_) => String::new(),
            Changed::Made(secret) => format!(
                "<section class=\"given\">\n<h2>{}</h2>\n<p><code>{}</code></p>\n<p>{}</p>\n</section>\n",
                words.made,
                text(said_by(secret)),
                words.made_how
            ),
            Changed::Codes(codes) => format!(
                "<section class=\"given\">\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n",
                words.recovery_codes,
                words.codes_how,
                list_of(codes)
            ),
            Changed::App(secret) => self.app(secret),
        }
    }

    fn app(&self, secret: &Secret) -> String {
        let words = self.maker.words;
        let hostname = &self.maker.desk.settings.hostname;
        let address = otpauth::address(secret, &self.page.address, hostname);
        let picture = otpauth::picture(&address, words.app_picture).unwrap_or_default();
        let plain = said_by(secret);
        let groups = plain.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok());
        let grouped: Vec<&str> = groups.collect();
        let inside = format!(
            "<label for=\"code\">{}</label>\n\
             <input id=\"code\" name=\"code\" required maxlength=\"16\" inputmode=\"numeric\" autocomplete=\"one-time-code\" autofocus>\n\
             <button type=\"submit\">{}</button>\n",
            words.app_code, words.app_confirm
        );
        format!(
            "<section class=\"given\">\n<h2>{}</h2>\n<p>{}</p>\n{picture}\n<p>{}</p>\n<p><code>{}</code></p>\n{}</section>\n",
            words.app_begin,
            words.app_scan,
            words.app_type,
            grouped.join(" "),
            self.form("confirm-app", "stack", &inside)
        )
    }

    fn second_factors(&self) -> String {
        let (words, security) = (self.maker.words, self.security);
        let state = match security.app_added_s {
            Some(added) => format!("<p>{} {}</p>\n", words.app_since, day(added)),
            None => format!("<p>{}</p>\n", words.app_none),
        };
        let actions = self.if_fresh(|| {
            let plain = |action, label, class| {
                let inside =
                    format!("<button type=\"submit\" class=\"{class}\">{label}</button>\n");
                self.form(action, "inline", &inside)
            };
            let buttons = match security.app_added_s {
                Some(_) => [
                    plain("begin-app", words.app_other, "quiet"),
                    plain("remove-app", words.app_remove, "quiet"),
                ]
                .concat(),
                None => plain("begin-app", words.app_begin, ""),
            };
            let codes = match security.app_added_s.is_some() || !security.passkeys.is_empty() {
                true => plain("recovery-codes", words.codes_new, "quiet"),
                false => String::new(),
            };
            format!("<div class=\"buttons\">\n{buttons}{codes}</div>\n")
        });
        let left = match security.recovery_codes {
            0 => String::new(),
            left => format!("<p>{} <strong>{left}</strong></p>\n", words.codes_left),
        };
        format!("<section>\n<h2>{}</h2>\n{state}{left}{actions}</section>\n", words.two_steps)
    }

    fn passkeys(&self) -> String {
        let words = self.maker.words;
        let mut listed = self.devices(&self.security.passkeys, "remove-passkey");
        listed.push_str(&self.if_fresh(|| {
            let rename = |(at, passkey): (usize, &Device)| {
                let (name, label) = (text(&passkey.name), words.passkey_name);
                let inside = format!(
                    "<input type=\"hidden\" name=\"name\" value=\"{name}\">\n<label for=\"rename-{at}\">{label}</label>\n\
                     <input id=\"rename-{at}\" name=\"new-name\" value=\"{name}\" required maxlength=\"64\" autocomplete=\"off\">\n\
                     <button type=\"submit\">{}</button>\n",
                    words.save
                );
                let form = self.form("rename-passkey", "stack", &inside);
                format!("<details>\n<summary>{}: {name}</summary>\n{form}</details>\n", words.rename)
            };
            let renames: String = self.security.passkeys.iter().enumerate().map(rename).collect();
            format!(
                "{renames}<form class=\"stack\" data-passkeys hidden>\n<p role=\"alert\" hidden>{}</p>\n\
                 <label for=\"passkey-name\">{}</label>\n\
                 <input id=\"passkey-name\" name=\"name\" required maxlength=\"64\" autocomplete=\"off\" placeholder=\"{}\">\n\
                 <button type=\"button\" data-passkey=\"add\" data-next=\"{}{}\">{}</button>\n</form>\n\
                 <div class=\"given\" data-codes hidden>\n<h2>{}</h2>\n<p>{}</p>\n<ol class=\"codes\"></ol>\n</div>\n",
                words.passkey_failed, words.passkey_name, words.device_example, self.maker.base(), super::PATH,
                words.passkey_add, words.recovery_codes, words.codes_how
            )
        }));
        format!(
            "<section>\n<h2>{}</h2>\n<p>{}</p>\n{listed}</section>\n",
            words.passkeys, words.passkeys_how
        )
    }

    fn password(&self) -> String {
        let words = self.maker.words;
        let form = self.if_fresh(|| {
            let field = |id: &str, label: &str| {
                format!(
                    "<label for=\"{id}\">{label}</label>\n<input id=\"{id}\" name=\"{id}\" type=\"password\" required \
                     minlength=\"8\" maxlength=\"1024\" autocomplete=\"new-password\">\n"
                )
            };
            let inside = format!(
                "{}{}<button type=\"submit\">{}</button>\n",
                field("new", words.password_new), field("again", words.password_again), words.password_change
            );
            self.form("password", "stack", &inside)
        });
        let set = day(self.security.password_set_s);
        format!(
            "<section>\n<h2>{}</h2>\n<p>{} {set}. {}</p>\n{form}</section>\n",
            words.password, words.password_set, words.password_how
        )
    }

    fn logins(&self) -> String {
        let words = self.maker.words;
        let row = |session: &PageSession| {
            let is_this = session.id == self.page.id;
            let program = match session.program.as_str() {
                "" => words.some_program,
                program => program,
            };
            let from = session.from.as_deref().unwrap_or_default();
            let label = if is_this { words.log_out } else { words.end };
            let this =
                if is_this { format!(" <em>{}</em>", words.this_one) } else { String::new() };
            format!(
                "<li><div><strong>{}</strong>{this}<br><small>{} · {} {}</small></div>\n{}</li>\n",
                text(program),
                text(from),
                words.used,
                moment(session.used_s),
                self.button("end-session", ("id", &id_text(session.id)), label)
            )
        };
        let rows: String = self.sessions.iter().map(row).collect();
        let others = (self.sessions.len() > 1).then(|| {
            self.if_fresh(|| {
                let id = id_text(self.page.id);
                let end = self.button("end-others", ("id", &id), words.end_others);
                format!("<div class=\"buttons\">\n{end}</div>\n")
            })
        });
        let others = others.unwrap_or_default();
        format!(
            "<section>\n<h2>{}</h2>\n<ul class=\"rows\">\n{rows}</ul>\n{others}</section>\n",
            words.logins
        )
    }

    fn devices(&self, devices: &[Device], remove: &str) -> String {
        let words = self.maker.words;
        if devices.is_empty() {
            return format!("<p class=\"hint\">{}</p>\n", words.none);
        }
        let row = |device: &Device| {
            let used = match device.used_s {
                Some(used) => format!("{} {}", words.used, moment(used)),
                None => words.never_used.to_owned(),
            };
            let ends = device.expires_s.map(|end| format!(" · {} {}", words.until, day(end)));
            let button =
                self.if_fresh(|| self.button(remove, ("name", &device.name), words.remove));
            format!(
                "<li><div><strong>{}</strong><br><small>{} {} · {used}{}</small></div>\n{button}</li>\n",
                text(&device.name),
                words.made_on,
                day(device.added_s),
                ends.unwrap_or_default()
            )
        };
        let rows: String = devices.iter().map(row).collect();
        format!("<ul class=\"rows\">\n{rows}</ul>\n")
    }

    fn name_field(&self, id: &str) -> String {
        format!(
            "<label for=\"{id}\">{}</label>\n\
             <input id=\"{id}\" name=\"name\" required maxlength=\"64\" autocomplete=\"off\" placeholder=\"{}\">\n",
            self.maker.words.device, self.maker.words.device_example
        )
    }

    fn app_passwords(&self) -> String {
        let (words, security) = (self.maker.words, self.security);
        let devices = self.devices(&security.app_passwords, "remove-app-password");
        let forms = self.if_fresh(|| {
            let name = self.name_field("app-name");
            let inside = format!("{name}<button type=\"submit\">{}</button>\n", words.add);
            let add = self.form("add-app-password", "stack", &inside);
            let (only, label, says) = match security.only_app_passwords {
                true => ("no", words.only_off, words.only_is),
                false => ("yes", words.only_on, words.only_is_not),
            };
            let only = self.button("only-app-passwords", ("only", only), label);
            format!("{add}<p class=\"hint\">{says}</p>\n<div class=\"buttons\">\n{only}</div>\n")
        });
        format!(
            "<section>\n<h2>{}</h2>\n<p>{}</p>\n{devices}{forms}</section>\n",
            words.app_passwords, words.app_passwords_how
        )
    }

    fn tokens(&self) -> String {
        let words = self.maker.words;
        let devices = self.devices(&self.security.tokens, "remove-token");
        let form = self.if_fresh(|| {
            let inside = format!(
                "{}<label for=\"days\">{}</label>\n<input id=\"days\" name=\"days\" inputmode=\"numeric\" maxlength=\"5\" \
                 autocomplete=\"off\">\n<button type=\"submit\">{}</button>\n",
                self.name_field("token-name"), words.days, words.add
            );
            self.form("add-token", "stack", &inside)
        });
        format!(
            "<section>\n<h2>{}</h2>\n<p>{}</p>\n{devices}{form}</section>\n",
            words.tokens, words.tokens_how
        )
    }

    fn pop3(&self) -> String {
        let words = self.maker.words;
        let rows: String = self
            .security
            .pop3
            .iter()
            .enumerate()
            .map(|(at, pop3)| self.pop3_row(at, pop3))
            .collect();
        format!("<section>\n<h2>POP3</h2>\n<p>{}</p>\n{rows}</section>\n", words.pop3_how)
    }

    fn pop3_row(&self, at: usize, pop3: &Pop3) -> String {
        let words = self.maker.words;
        let name = pop3.device.as_deref().unwrap_or_default();
        let shown = if name.is_empty() { words.all_devices.into() } else { text(name) };
        let on_delete = choice(
            words,
            (at, "on-delete", words.when_deleted),
            &pop3.on_delete,
            &[
                ("remove", words.removed),
                ("hide", words.hidden),
                ("archive", words.archived),
                ("trash", words.trashed),
                ("keep-days=", words.kept_days),
            ],
        );
        let days = number(
            at,
            "days",
            words.kept_days_number,
            pop3.on_delete.value.strip_prefix("keep-days="),
        );
        let show = choice(
            words,
            (at, "show", words.shows),
            &pop3.show,
            &[("all", words.shows_all), ("newest=", words.shows_newest)],
        );
        let newest = number(
            at,
            "newest",
            words.shows_newest_number,
            pop3.show.value.strip_prefix("newest="),
        );
        let yes_or_no = [("yes", words.yes), ("no", words.no)];
        let read = choice(words, (at, "mark-read", words.marks_read), &pop3.mark_read, &yes_or_no);
        let sent = choice(words, (at, "sent-copy", words.copies_sent), &pop3.sent_copy, &yes_or_no);
        let inside = format!(
            "<input type=\"hidden\" name=\"name\" value=\"{}\">\n{on_delete}{days}{show}{newest}{read}{sent}\
             <button type=\"submit\">{}</button>\n",
            text(name),
            words.save
        );
        let last = pop3.last_s.map(|last| format!(" · {} {}", words.used, moment(last)));
        let form = self.form("pop3", "stack", &inside);
        format!(
            "<details class=\"device\">\n<summary><strong>{shown}</strong> <small>{}{}</small></summary>\n{form}</details>\n",
            text(&pop3.on_delete.value),
            last.unwrap_or_default()
        )
    }
}

/// A choice among words; one that is in force and none of them stays on offer.
fn choice(
    words: &Words,
    (at, name, label): (usize, &str, &str),
    setting: &crate::own_security::Setting,
    offered: &[(&str, &str)],
) -> String {
    let is_it = |word: &str| {
        setting.is_chosen
            && (setting.value == word || word.ends_with('=') && setting.value.starts_with(word))
    };
    let option = |word: &str, shown: &str, is_it: bool| {
        let selected = if is_it { " selected" } else { "" };
        format!("<option value=\"{}\"{selected}>{}</option>\n", text(word), text(shown))
    };
    let mut options = option("inherit", words.inherit, !setting.is_chosen);
    for (word, shown) in offered {
        options.push_str(&option(word, shown, is_it(word)));
    }
    let is_offered = offered.iter().any(|(word, _)| is_it(word));
    if setting.is_chosen && !is_offered {
        options.push_str(&option(&setting.value, &setting.value, true));
    }
    format!(
        "<label for=\"{name}-{at}\">{label}</label>\n<select id=\"{name}-{at}\" name=\"{name}\">\n{options}</select>\n"
    )
}

fn number(at: usize, name: &str, label: &str, value: Option<&str>) -> String {
    let value = text(value.unwrap_or_default());
    format!(
        "<label for=\"{name}-{at}\">{label}</label>\n\
         <input id=\"{name}-{at}\" name=\"{name}\" value=\"{value}\" inputmode=\"numeric\" maxlength=\"6\" autocomplete=\"off\">\n"
    )
}

fn list_of(codes: &[Secret]) -> String {
    let rows: String = codes
        .iter()
        .map(|code| format!("<li><code>{}</code></li>\n", text(said_by(code))))
        .collect();
    format!("<ol class=\"codes\">\n{rows}</ol>\n")
}

/// The day of a time.
fn day(unix_s: i64) -> String {
    let date = jmap::mail::utc_date(unix_s).unwrap_or_default();
    let shown = date.split('T').next().unwrap_or_default();
    format!("<time datetime=\"{date}\">{shown}</time>")
}

/// A time to the minute.
fn moment(unix_s: i64) -> String {
    let date = jmap::mail::utc_date(unix_s).unwrap_or_default();
    let shown = date.get(..16).unwrap_or(&date).replace('T', " ");
    format!("<time datetime=\"{date}\">{shown} UTC</time>")
}
