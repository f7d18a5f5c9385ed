//! Users who are renamed and disabled, and the log of what was done with them.

use crate::program::Program;

#[test]
fn a_user_is_renamed_and_disabled_and_the_log_says_by_whom() {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    assert_eq!(program.run(&["user", "add", "ana@example.org"], "long enough\n").code, 1);
    program.ok(&["domain", "add", "example.net"], "");
    program.ok(&["alias", "add", "@example.net", "ana@example.org"], "");
    let renamed = ["user", "rename", "ana@example.org", "maria@example.org", "--keep-alias"];
    let said = program.ok(&renamed, "");
    let want = "ana@example.org is maria@example.org now; sessions end, and ana@example.org is an alias; \
                aliases that lead there: @example.net";
    assert_eq!(said.trim(), want);
    program.ok(&["user", "disable", "maria@example.org"], "");
    let listed = program.ok(&["user", "list"], "");
    assert!(listed.lines().any(|line| line.starts_with("maria@") && line.ends_with("disabled")));
    assert_eq!(program.json(&["user", "list", "--json"])[0]["disabled"], true);
    program.ok(&["user", "enable", "maria@example.org"], "");
    program.ok(&["alias", "remove", "ana@example.org"], "");
    program.ok(&["user", "rename", "maria@example.org", "ana@example.org"], "");
    let log = std::fs::read_to_string(program.path("data/commands.log")).unwrap();
    let by = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    let line = format!(
        "command door=admin outcome=ok command=\"user disable\" about=maria@example.org by={}",
        String::from_utf8(by).unwrap().trim()
    );
    assert!(log.lines().any(|logged| logged.ends_with(&line)), "{log}");
    assert!(
        log.contains("outcome=failed reason=\"the address ana@example.org is taken\""),
        "{log}"
    );
}
