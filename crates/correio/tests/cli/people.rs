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

#[test]
fn all_users_of_a_list_are_added_and_a_list_can_be_given_again() {
    let program = Program::new();
    let list = program.write(
        "people.csv",
        "address;password;quota\nana@example.org;long enough;2G\nrui@example.org;another one;\n",
    );
    let said = program.ok(&["user", "add", "--from", &list], "");
    assert_eq!(said.trim(), "added 2 users");
    let users = program.json(&["user", "list", "--json"]);
    assert_eq!(users.as_array().unwrap().len(), 2);
    // Who is done first is added first.
    let ana = users.as_array().unwrap().iter().find(|user| user["address"] == "ana@example.org");
    assert_eq!(ana.unwrap()["octets_max"], 2_u64 << 30);
    let more = "ana@example.org,long enough\neva@example.net,long enough\nbia@example.org,short\n\
                leo@example.org,long enough\n";
    let done = program.run(&["user", "add", "--from", "-"], more);
    assert_eq!(done.code, 1);
    let said: Vec<&str> = done.output.lines().collect();
    assert_eq!(
        said[..2],
        ["added 1 user", "ana@example.org was there already and stays as before"]
    );
    assert!(said[2].starts_with("not added: bia@example.org: "), "{said:?}");
    assert!(said[3].starts_with("not added: eva@example.net: "), "{said:?}");
    assert!(done.error.contains("2 users could not be added"), "{}", done.error);
    program.ok(&["alias", "add", "info@example.org", "ana@example.org"], "");
    let done = program.run(&["user", "add", "--from", "-"], "info@example.org,long enough\n");
    assert_eq!(done.code, 1);
    assert!(done.output.contains("not added: info@example.org: the address"), "{}", done.output);
    // One mistake, and nobody is added.
    let done = program.run(&["user", "add", "--from", "-"], "mia@example.org,long enough\nzoe\n");
    assert_eq!((done.code, done.output.as_str()), (1, ""));
    assert!(done.error.contains("line 2"), "{}", done.error);
    assert_eq!(program.json(&["user", "list", "--json"]).as_array().unwrap().len(), 3);
}

#[test]
fn commands_that_are_given_at_the_same_time_are_all_done() {
    let program = Program::new();
    program.ok(&["domain", "add", "example.org"], "");
    std::thread::scope(|scope| {
        let add = |number: u32| {
            let address = format!("user{number}@example.org");
            program.ok(&["user", "add", &address], "long enough\n");
        };
        for number in 0..4 {
            scope.spawn(move || add(number));
        }
    });
    assert_eq!(program.json(&["user", "list", "--json"]).as_array().unwrap().len(), 4);
}

#[test]
fn who_names_no_command_sees_which_there_are() {
    let program = Program::new();
    for (words, want) in [
        (&["user"][..], "rename"),
        (&["user", "token"], "Revoke one"),
        (&["queue"], "retry"),
        (&["config"], "check"),
    ] {
        let done = program.run(words, "");
        assert_eq!((done.code, done.output.as_str()), (2, ""), "{words:?}");
        assert!(done.error.contains(want) && done.error.contains("Usage:"), "{}", done.error);
    }
    for words in [&["queue", "retry", "x"][..], &["user", "bring-back", "ana@example.org", "x"]] {
        let done = program.run(words, "");
        assert!(done.code == 2 && done.error.contains("expected a number, as"), "{}", done.error);
    }
}
