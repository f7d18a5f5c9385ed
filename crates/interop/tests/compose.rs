//! Writing mail, keeping contacts, rules, the settings, who gets in and work without a connection in the webmail, in Chromium, and some of it in Firefox, against the
//! real host.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may be blunt")]

use std::path::Path;
use std::time::Duration;

use interop::host::binary;
use interop::program::skip;
use interop::{Program, need};

#[test]
fn mail_is_written_sent_and_called_back_and_no_word_of_it_is_lost() {
    plays("compose.mjs", "the composer is content");
}

#[test]
fn contacts_are_made_found_changed_and_carried_in_and_out() {
    plays("contacts.mjs", "the contacts are content");
}

#[test]
fn identities_absence_files_and_activity_are_set_and_seen() {
    plays("settings.mjs", "the settings are content");
}

#[test]
fn what_decides_who_gets_in_is_changed_after_a_proof() {
    plays("security.mjs", "the security is content");
}

#[test]
fn mailing_lists_are_left_by_the_host() {
    plays("lists.mjs", "the lists are content");
}

#[test]
fn mail_is_read_put_in_order_and_written_without_a_connection() {
    plays("offline.mjs", "the webmail is content without a connection");
}

#[test]
fn mail_that_comes_is_put_where_rules_of_a_form_say() {
    plays("rules.mjs", "the rules are content");
}

#[test]
fn any_of_a_hundred_thousand_messages_is_reached() {
    plays("many.mjs", "a hundred thousand messages are no more than a hundred");
}

#[test]
fn mail_is_read_and_written_in_firefox() {
    plays_in("firefox-esr", "firefox.mjs", "the webmail is content in Firefox");
}

fn plays(script: &str, content: &str) {
    plays_in("chromium", script, content);
}

/// Runs a script of `web/tests`, which says this at its end.
fn plays_in(browser: &str, script: &str, content: &str) {
    let Some(node) = need("node") else { return };
    if need(browser).is_none() {
        return;
    }
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web");
    if !web.join("node_modules/playwright-core").exists() || !web.join("dist/index.html").exists() {
        skip("the webmail is not built: npm ci --prefix web");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let script = web.join("tests").join(script);
    let words = [script, binary()].map(|word| word.to_string_lossy().into_owned());
    let program = Program::new(&node, home.path()).args(words).limit(Duration::from_secs(600));
    program.run().ok().says(content);
}
