//! Damage as an administrator meets it: named, told by `status`, healed by an import, put aside and brought back.

use std::path::PathBuf;

use crate::program::Program;

/// A data folder with three messages, and the file that they came from.
fn with_three_messages() -> (Program, String) {
    let program = Program::new();
    program.ok(&["user", "add", "ana@example.org"], "long enough\n");
    let from = "From a@b Tue Aug  6 10:23:41 2002\n";
    let letter = |number: u32| {
        format!("{from}From: bob@example.net\nSubject: no. {number}\n\ntext of {number}\n\n")
    };
    let mail = program.write("mail/Old.mbox", &(1..=3).map(letter).collect::<String>());
    program.ok(&["import", "--user", "ana@example.org", &mail], "");
    (program, mail)
}

/// Flips a bit where this text stands in the last segment of the journal.
fn damage(program: &Program, text: &str) {
    let journal = program.path("data/store/journal");
    let files = std::fs::read_dir(journal).unwrap().map(|entry| entry.unwrap().path());
    let segment: Option<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "seg")).max();
    let segment = segment.unwrap();
    let mut octets = std::fs::read(&segment).unwrap();
    let at = octets.windows(text.len()).position(|some| some == text.as_bytes()).unwrap();
    octets[at] ^= 1;
    std::fs::write(&segment, octets).unwrap();
}

/// What `status` says under a label.
fn status(program: &Program, label: &str) -> String {
    let shown = program.ok(&["status"], "");
    let line = shown.lines().find_map(|line| line.strip_prefix(label));
    assert!(line.is_some(), "no {label} in {shown}");
    line.unwrap().trim().to_owned()
}

#[test]
fn a_damaged_message_is_named_and_all_else_goes_on() {
    let (program, _) = with_three_messages();
    damage(&program, "text of 2");
    program.run(&["repair"], "");
    let check = program.run(&["check"], "");
    assert_eq!(check.code, 1, "{}", check.output);
    assert!(check.error.contains("1 message damaged, all else is whole"), "{}", check.error);
    let row = check.output.lines().find(|line| line.starts_with("ana@example.org")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(&words[..3], ["ana@example.org", "Old", "2"], "{row}");
    assert!(row.contains("<bob@example.net>  no. 2"), "{}", check.output);
    let shown = program.run(&["check", "--json"], "");
    let shown: serde_json::Value = serde_json::from_str(&shown.output).unwrap();
    assert_eq!(shown["damaged"][0]["subject"], "no. 2");
    let export = ["export", "--user", "ana@example.org", "--format", "eml", &program.path("out")];
    let export = program.run(&export, "");
    assert_eq!((export.code, export.output.lines().count()), (1, 1), "{}", export.output);
    assert!(export.output.starts_with("exported 2 messages"), "{}", export.output);
    assert!(export.error.contains("left out, damaged: Old UID 2"), "{}", export.error);

    program.ok(&["check", "--acknowledge"], "");
    let quiet = program.ok(&["check"], "");
    assert!(quiet.contains("1 message, damaged and acknowledged"), "{quiet}");
    let dropped = program.ok(&["repair", "--drop-damaged"], "");
    assert!(dropped.contains("1 damaged message dropped"), "{dropped}");
    assert!(program.ok(&["check"], "").ends_with("no faults found\n"));
    let users = program.json(&["user", "list", "--json"]);
    assert_eq!(users[0]["messages"], 2);
}

#[test]
fn status_tells_sizes_and_what_the_last_check_found() {
    let (program, mail) = with_three_messages();
    let store = status(&program, "store");
    assert!(store.starts_with("ok; ") && store.contains(" in 1 segment, "), "{store}");
    assert!(!store.contains(" 0 B"), "{store}");
    let shown = program.json(&["status", "--json"]);
    let octets = |name: &str| shown["store"][name].as_u64().unwrap();
    assert!(octets("octets") > 500 && octets("live_octets") > 100, "{shown}");
    assert!(octets("live_octets") <= octets("octets"), "{shown}");
    assert_eq!(
        (status(&program, "check"), status(&program, "damage")),
        ("not yet done".into(), "none known".into())
    );
    assert_eq!(status(&program, "scrub"), "not yet done");

    damage(&program, "text of 2");
    program.run(&["repair"], "");
    assert_eq!(program.run(&["check"], "").code, 1);
    let check = status(&program, "check");
    assert!(check.ends_with("1 damaged, 0 faults beside") && check.contains(" UTC: "), "{check}");
    let damaged = status(&program, "damage");
    assert!(damaged.starts_with("1 damaged message text known"), "{damaged}");
    let shown = program.json(&["status", "--json"]);
    assert_eq!((&shown["check"]["damaged"], &shown["damaged"]), (&1.into(), &1.into()));

    // The same message comes along once more, whole.
    let healed = program.ok(&["import", "--user", "ana@example.org", &mail], "");
    assert!(healed.contains("Old: 1 of the known were damaged and are whole again"), "{healed}");
    assert_eq!(status(&program, "damage"), "none known");
    assert!(program.ok(&["check"], "").ends_with("no faults found\n"));
    assert!(status(&program, "check").ends_with("nothing wrong"));
    let again = program.ok(&["import", "--user", "ana@example.org", &mail], "");
    assert!(!again.contains("whole again"), "{again}");
}

#[test]
fn what_was_put_aside_is_listed_extracted_and_brought_back() {
    let (program, _) = with_three_messages();
    let aside = |rest: &[&str]| program.run(&[&["repair", "--aside"], rest].concat(), "");
    assert_eq!(program.json(&["repair", "--aside", "list", "--json"]).as_array().unwrap().len(), 0);
    damage(&program, "text of 2");
    program.run(&["repair"], "");
    let listed = program.json(&["repair", "--aside", "list", "--json"]);
    let segments: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["what"].as_str().unwrap().starts_with("segment"))
        .collect();
    assert_eq!(segments.len(), 1, "{listed}");
    let name = segments[0]["name"].as_str().unwrap();
    let table = aside(&["list"]);
    assert!(table.code == 0 && table.output.contains(name), "{}", table.output);

    let to = program.path("found");
    let extracted = aside(&["extract", &to]);
    assert_eq!(extracted.code, 0, "{}", extracted.error);
    assert!(extracted.output.contains("2 messages written into"), "{}", extracted.output);
    assert!(
        extracted.output.contains("no. 1") && extracted.output.contains("no. 3"),
        "{}",
        extracted.output
    );
    let texts: Vec<String> = std::fs::read_dir(&to)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts.iter().any(|text| text.ends_with("text of 3\r\n") || text.ends_with("text of 3\n")),
        "{texts:?}"
    );
    // A folder that has something in it is refused, and stays as it is.
    let twice = aside(&["extract", &to]);
    assert_eq!((twice.code, twice.output.as_str()), (1, ""), "{}", twice.error);
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 2);

    let back = aside(&["restore", name]);
    assert!(back.code == 0 && back.output.contains("is back in its place"), "{}", back.error);
    let check = |code: i32| -> serde_json::Value {
        let check = program.run(&["check", "--json"], "");
        assert_eq!(check.code, code, "{}", check.error);
        serde_json::from_str(&check.output).unwrap()
    };
    let faults = check(1);
    assert_ne!(faults["faults"].as_array().unwrap().len(), 0, "it is as before the repair");
    program.run(&["repair"], "");
    let damaged = check(1);
    assert_eq!(damaged["damaged"][0]["subject"], "no. 2", "{damaged}");
    assert_eq!(damaged["faults"].as_array().unwrap().len(), 0, "{damaged}");
    assert_eq!(program.json(&["user", "list", "--json"])[0]["messages"], 3);

    for (arguments, words) in [
        (&["restore", "nothing-of-this-name"][..], "repair --aside list"),
        (&["restore"], "repair --aside restore NAME"),
        (&["extract"], "repair --aside extract FOLDER"),
    ] {
        let done = aside(arguments);
        assert_eq!((done.code, done.output.as_str()), (1, ""), "{arguments:?}");
        assert!(done.error.contains(words), "{arguments:?}: {}", done.error);
    }
    let empty = Program::new();
    let none = empty.run(&["repair", "--aside", "list"], "");
    assert!(none.code == 1 && none.error.contains("there is no mail store"), "{}", none.error);
}
