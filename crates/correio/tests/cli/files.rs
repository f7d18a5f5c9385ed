//! Mail in files as a person meets it: what is told, and with which exit status it ends.

use crate::program::Program;

fn with_users(users: &[&str]) -> Program {
    let program = Program::new();
    for user in users {
        program.ok(&["user", "add", &format!("{user}@example.org")], "long enough\n");
    }
    program
}

const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

#[test]
fn mailboxes_without_mail_come_back_too() {
    let program = with_users(&["ana", "bob"]);
    for format in ["mbox", "maildir", "eml"] {
        let folder = program.path(format);
        let export = ["export", "--user", "ana@example.org", "--format", format, &folder];
        assert!(program.ok(&export, "").starts_with("exported 0 messages"));
        program.ok(&["import", "--user", "bob@example.org", &folder], "");
    }
}

#[test]
fn what_an_import_leaves_out_is_named_and_its_exit_status_says_so() {
    let program = with_users(&["ana"]);
    let large = "x".repeat(51 << 20);
    program
        .write("mail/a.mbox", &format!("{FROM}Subject: 1\n\nx\n\n{FROM}Subject: 2\n\n{large}\n"));
    let path = program.path("mail");
    let import = program.run(&["import", "--user", "ana@example.org", &path], "");
    assert_eq!(import.code, 1);
    let want = format!("refused: {path}/a.mbox, octet 49: the message is larger than");
    assert!(import.output.contains(&want), "{}", import.output);
    assert!(
        import.error.contains("1 messages were refused; all others are there"),
        "{}",
        import.error
    );
    // A folder where a file should be cannot be read.
    program.write("dir/cur/1.x:2,", "Subject: 3\n\n");
    program.write("dir/new", "no folder");
    let import = program.run(&["import", "--user", "ana@example.org", &program.path("dir")], "");
    assert_eq!(import.code, 1);
    assert!(import.output.contains("INBOX    1 "), "{}", import.output);
    assert!(import.error.contains("dir/new: Not a directory"), "{}", import.error);
}
