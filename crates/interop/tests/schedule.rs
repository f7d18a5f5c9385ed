//! What `correio schedule` writes, as those read it for whom it is: systemd, Python's reader of property lists and of XML, a shell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::path::Path;
use std::process::Command;

use interop::Program;
use interop::host::{RUN_AS, binary, starter};
use interop::program::{find, skip};

/// A folder whose name every one of them could take for something else.
const ODD: &str = "joão müller d'água \"x\" & 100% <b> $HOME";

/// Has it printed for one of them. Gives the files, and the words that must come out.
fn printed(folder: &Path, what: &str) -> (Vec<(String, String)>, Vec<String>) {
    let data = folder.join(ODD);
    std::fs::create_dir_all(&data).unwrap();
    let account = "[[account]]\nname = \"ana\"\naddress = \"ana@example.org\"\nlocal = \"ana@localhost\"\n\
                   imap = \"imaps://imap.example.org\"\nuser = \"ana\"\npassword = \"secret\"\n";
    std::fs::write(data.join("companion.toml"), account).unwrap();
    let done = Program::new(&binary(), folder)
        .args(["schedule", "ana", "--mirror", "15m", "--as", what, "--print", "--json"])
        .env("CORREIO_DATA", data.to_str().unwrap())
        .env(RUN_AS, &starter())
        .run();
    assert_eq!(done.code, 0, "{}", done.errors);
    assert!(!done.output.contains("secret"));
    let files: serde_json::Value = serde_json::from_str(&done.output).unwrap();
    let file = |it: &serde_json::Value| {
        (it["file"].as_str().unwrap().to_owned(), it["text"].as_str().unwrap().to_owned())
    };
    let binary = std::fs::canonicalize(binary()).unwrap();
    let words = [
        binary.to_str().unwrap(),
        "--scheduled",
        "--data",
        data.to_str().unwrap(),
        "mirror",
        "ana",
    ];
    (files.as_array().unwrap().iter().map(file).collect(), words.map(str::to_owned).to_vec())
}

fn python(script: &str, path: &Path) -> Option<Vec<String>> {
    if find("python3").is_none() {
        skip("Python is not installed");
        return None;
    }
    let done = Command::new("python3").args(["-c", script]).arg(path).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let words = String::from_utf8(done.stdout).unwrap();
    Some(words.split_terminator('\0').map(str::to_owned).collect())
}

#[test]
fn systemd_takes_the_units() {
    if find("systemd-analyze").is_none() {
        skip("systemd-analyze is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = printed(folder.path(), "systemd");
    let mut analyze = Command::new("systemd-analyze");
    analyze.args(["verify", "--man=no"]);
    for (name, text) in &files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        analyze.arg(path);
    }
    let done = analyze.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    // What it says of units of the system is not about these.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("correio-")).collect();
    assert!(ours.is_empty(), "{said}");
    let calendar = files[1].1.lines().find_map(|line| line.strip_prefix("OnCalendar=")).unwrap();
    let done = Command::new("systemd-analyze").args(["calendar", calendar]).output().unwrap();
    assert!(done.status.success(), "{calendar}");
}

#[test]
fn a_property_list_and_a_task_have_the_words() {
    let folder = tempfile::tempdir().unwrap();
    let (files, words) = printed(folder.path(), "launchd");
    let path = folder.path().join("agent.plist");
    std::fs::write(&path, &files[0].1).unwrap();
    let read = "import plistlib,sys\nfor w in plistlib.load(open(sys.argv[1],'rb'))['ProgramArguments']: sys.stdout.write(w+'\\0')";
    let Some(found) = python(read, &path) else { return };
    assert_eq!(found, words);
    let (files, words) = printed(folder.path(), "task-scheduler");
    std::fs::write(&path, &files[0].1).unwrap();
    let read = "import sys,xml.etree.ElementTree as e\nn='{http://schemas.microsoft.com/windows/2004/02/mit/task}'\n\
                t=e.parse(sys.argv[1]).getroot()\nsys.stdout.write(t.find('.//'+n+'Command').text+'\\0'+t.find('.//'+n+'Arguments').text+'\\0')";
    let Some(found) = python(read, &path) else { return };
    assert_eq!(found[0], words[0]);
    assert!(found[1].contains("100% <b> $HOME") && found[1].contains("\\\"x\\\""), "{found:?}");
}

#[test]
fn a_shell_reads_the_line_of_cron() {
    let folder = tempfile::tempdir().unwrap();
    let (files, words) = printed(folder.path(), "cron");
    let line = files[0].1.lines().nth(1).unwrap();
    let command = line.split_once(" nice -n 10 ").unwrap().1.replace("\\%", "%");
    let script = format!("printf '%s\\0' {command}");
    let done = Command::new("sh").args(["-c", &script]).output().unwrap();
    let found = String::from_utf8(done.stdout).unwrap();
    let found: Vec<&str> = found.split_terminator('\0').collect();
    assert_eq!(found, words);
}
