//! Debian's Postfix in a folder of its own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The services that mail needs on its way.
const MASTER: &str = "\
smtp      unix  n       -       n       -       -       smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
proxymap  unix  -       -       n       -       -       proxymap
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
lmtp      unix  -       -       y       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
";

/// A Postfix of its own, which ends with the test.
pub struct Postfix {
    folder: tempfile::TempDir,
    master: Option<Child>,
}

impl Postfix {
    /// Makes its folders. `main` and `master` are what its configuration has besides the usual.
    pub fn new(main: &str, master: &str) -> Postfix {
        let folder = tempfile::Builder::new().prefix("correio-postfix-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let postfix = Postfix { folder, master: None };
        let (config, top) = (postfix.path("etc"), postfix.folder.path().display().to_string());
        fs::create_dir(&config).unwrap();
        fs::write(format!("{config}/master.cf"), format!("{MASTER}{master}")).unwrap();
        fs::write(
            format!("{config}/main.cf"),
            format!(
                "compatibility_level = 3.6\nqueue_directory = {top}/queue\ndata_directory = {top}/data\n\
                 command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n\
                 meta_directory = /etc/postfix\nmail_owner = postfix\nsetgid_group = postdrop\n\
                 myhostname = mx.example.net\nmydestination =\nmynetworks = 127.0.0.0/8\n\
                 maillog_file = {top}/log\nmaillog_file_prefixes = /tmp, /var\n{main}"
            ),
        )
        .unwrap();
        for file in ["postfix-files", "dynamicmaps.cf"] {
            let kept = Path::new("/etc/postfix").join(file);
            if kept.exists() {
                symlink(kept, format!("{config}/{file}")).unwrap();
            }
        }
        fs::create_dir(postfix.path("queue")).unwrap();
        let data = postfix.path("data");
        fs::create_dir(&data).unwrap();
        let owned = Command::new("chown").args(["postfix", &data]).status().unwrap();
        assert!(owned.success());
        // Makes the folders of the queue.
        let checked = postfix.command("postfix").arg("check").output().unwrap();
        assert!(Path::new(&postfix.path("queue/private")).is_dir(), "{checked:?}");
        postfix
    }

    /// The path of a file of it.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-c", &self.path("etc")]).env("MAIL_CONFIG", self.path("etc"));
        command.stdin(Stdio::null());
        command
    }

    /// Starts it.
    pub fn start(&mut self) {
        let mut master = self.command("/usr/lib/postfix/sbin/master");
        self.master = Some(master.arg("-d").spawn().unwrap());
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if let Some(mut master) = self.master.take() {
            let pid = master.id().to_string();
            drop(Command::new("kill").args(["-TERM", &pid]).status());
            drop(master.wait());
        }
    }
}
