//! Response codes of failed logins (RFC 3206).

use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[Check {
    id: "response.auth-code",
    rfc: 3206,
    section: "6 (AUTH-RESP-CODE)",
    level: Level::Must,
    rule: "Where AUTH-RESP-CODE is announced, wrong credentials are refused with the code AUTH.",
    run: auth_code,
}];

fn auth_code(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    session.needs("AUTH-RESP-CODE")?;
    if !session.ask(&format!("USER {}", target.options.user))?.is_ok() {
        return Err(Miss::not_offered("USER"));
    }
    let answer = session.ask("PASS not-the-password")?;
    let coded = answer.code().is_some_and(|code| code == "AUTH" || code.starts_with("AUTH/"));
    session.must((answer.is_err() && coded).into(), "-ERR [AUTH] to a wrong password")
}
