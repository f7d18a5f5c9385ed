//! Verbs that the system starts: what is written, taken up and taken away again, with a system of our own.

use std::os::unix::fs::PermissionsExt as _;

use crate::program::{Done, Program};
use crate::runs::both;

/// Puts programs of the system beside the data, which write down how they were called.
fn system(program: &Program, systemctl: &str) -> [(&'static str, String); 2] {
    let said = program.path("said");
    let scripts = [
        ("systemctl", format!("#!/bin/sh\necho \"$@\" >> {said}\n{systemctl}\n")),
        (
            "crontab",
            format!(
                "#!/bin/sh\ncase $1 in\n-l) cat {0} 2>/dev/null;;\n-) cat > {0};;\nesac\n",
                program.path("crontab")
            ),
        ),
    ];
    for (name, script) in scripts {
        let path = program.write(&format!("bin/{name}"), &script);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", program.path("bin"), std::env::var("PATH").unwrap());
    [("PATH", path), ("SYSTEMD_UNIT_PATH", program.path("units"))]
}

fn said(program: &Program, system: &[(&'static str, String)], words: &[&str]) -> Done {
    let variables: Vec<(&str, &str)> =
        system.iter().map(|(name, it)| (*name, it.as_str())).collect();
    program.run_with(words, "", &variables)
}

/// Says something, which is done.
fn ok(program: &Program, system: &[(&'static str, String)], words: &[&str]) -> String {
    let done = said(program, system, words);
    assert_eq!(done.code, 0, "{words:?}: {}{}", done.output, done.error);
    done.output
}

/// The names of the units that were written.
fn units(program: &Program) -> Vec<String> {
    let names = std::fs::read_dir(program.path("units")).unwrap();
    let mut names: Vec<String> =
        names.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What stands in the one whose name has this part and this end.
fn unit(program: &Program, part: &str, end: &str) -> String {
    let names = units(program);
    let name = names.iter().find(|name| name.contains(part) && name.ends_with(end)).unwrap();
    std::fs::read_to_string(format!("{}/{name}", program.path("units"))).unwrap()
}

#[test]
fn timers_are_made_and_what_they_start_does_what_was_said() {
    let (_provider, _host, companion) = both(1);
    let system = system(&companion, "exit 0");
    let password = companion.write("pass word", "secret\n");
    let repository = companion.path("my backup");
    let print = ["schedule", "ana", "--mirror", "15m", "--as", "systemd", "--print"];
    let shown = ok(&companion, &system, &print);
    assert!(shown.contains("OnCalendar=*-*-* *:") && shown.contains("Nothing was changed"));
    assert!(!std::path::Path::new(&companion.path("data/schedule.json")).exists());
    let words = ["schedule", "ana@example.org", "--mirror", "15m", "--both", "--backup", "1d"];
    let more = ["--at", "02:30", "--to", &repository, "--password-file", &password];
    let made = ok(&companion, &system, &[&words[..], &more, &["--as", "systemd"]].concat());
    assert!(made.contains("ana: mirror every 15 minutes, by systemd"), "{made}");
    assert_eq!(units(&companion).len(), 4);
    assert!(unit(&companion, "backup-run", ".service").contains("\"--password-file\""));
    assert!(unit(&companion, "backup-run", ".timer").contains("OnCalendar=*-*-* 02:30:00"));
    let calls = std::fs::read_to_string(companion.path("said")).unwrap();
    assert!(calls.contains("daemon-reload") && calls.contains("enable --now correio-ana-"));

    let service = unit(&companion, "mirror", ".service");
    let command = service.lines().find_map(|line| line.strip_prefix("ExecStart=:")).unwrap();
    let words: Vec<&str> = command.trim_matches('"').split("\" \"").skip(1).collect();
    let started = companion.run(&words, "");
    assert_eq!(started.code, 0, "{}", started.error);
    let log = companion.json(&["log", "--json"]);
    assert_eq!((&log[0]["by"], &log[0]["verb"]), (&"timer".into(), &"mirror".into()), "{log}");
    let status = companion.json(&["status", "--json"]);
    let scheduled = serde_json::json!([
        { "verb": "backup run", "every": "1d" },
        { "verb": "mirror", "every": "15m" },
    ]);
    assert_eq!(status["companion"]["accounts"][0]["scheduled"], scheduled);
}

#[test]
fn timers_are_replaced_and_taken_away() {
    let (_provider, _host, companion) = both(1);
    let system = system(&companion, "exit 0");
    let run = |words: &[&str]| ok(&companion, &system, words);
    let password = companion.write("password", "secret\n");
    let to = ["--to", "/media/disk", "--password-file", &password, "--as", "systemd"];
    let words = ["schedule", "ana", "--mirror", "15m", "--backup", "1d"];
    run(&[&words[..], &to].concat());
    // By another starter as well.
    run(&["schedule", "ana", "--mirror", "1h", "--as", "cron"]);
    assert_eq!(units(&companion).len(), 2);
    let crontab = || std::fs::read_to_string(companion.path("crontab")).unwrap();
    assert!(crontab().contains(" * * * nice -n 10 ") && crontab().contains(" mirror ana\n"));
    let list: serde_json::Value =
        serde_json::from_str(&run(&["schedule", "list", "--json"])).unwrap();
    let verbs: Vec<&str> =
        list.as_array().unwrap().iter().map(|job| job["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["backup run", "mirror"]);
    assert_eq!((&list[1]["every"], &list[1]["taken_up"]), (&"1h".into(), &true.into()));
    assert!(run(&["agenda", "list"]).starts_with("CONTA  VERBO       FREQUÊNCIA"));
    run(&["schedule", "ana", "--remove"]);
    assert_eq!((units(&companion).len(), crontab().as_str()), (0, ""));
    assert!(run(&["schedule", "list"]).contains("Nothing is scheduled."));
}

#[test]
fn what_cannot_be_taken_up_is_left_to_a_person_in_words() {
    let (_provider, _host, companion) = both(1);
    let system = system(&companion, "echo 'no bus' >&2; exit 1");
    let done =
        said(&companion, &system, &["schedule", "ana", "--mirror", "15m", "--as", "systemd"]);
    assert_eq!(done.code, 2, "{}", done.error);
    assert!(done.error.contains("(no bus). Say: systemctl "), "{}", done.error);
    // Doctor sees that it is not taken up.
    let doctor = said(&companion, &system, &["doctor", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&doctor.output).unwrap();
    let timers = all.as_array().unwrap().iter().find(|it| it["check"] == "timers").unwrap();
    assert_eq!((&timers["level"], doctor.code), (&"bad".into(), 2), "{all}");
    for (words, code) in [
        (&["schedule", "ana"][..], 1),
        (&["schedule", "ana", "--to", "/x"], 1),
        (&["schedule", "ana", "--mirror", "7m"], 1),
        (&["schedule", "ana", "--backup", "1d"], 1),
        (&["schedule", "ana", "--backup", "1d", "--to", "/x"], 2),
        (&["schedule", "ana", "--mirror", "15m", "--as", "task-scheduler"], 2),
        (&["schedule", "bea", "--mirror", "15m"], 1),
        (&["schedule", "bea", "--remove"], 2),
    ] {
        let done = said(&companion, &system, words);
        assert_eq!(done.code, code, "{words:?}: {}", done.error);
    }
    let xml = ["schedule", "ana", "--mirror", "15m", "--as", "task-scheduler", "--print"];
    assert!(said(&companion, &system, &xml).output.contains("<StartWhenAvailable>true<"));
}
