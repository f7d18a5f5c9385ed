//! Other people's programs: finds them, runs them with a time limit, shows what they said when they fail.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Finds a program. When it is missing, says so and gives none: the test then passes, unless `CORREIO_NO_SKIP=1`.
pub fn need(name: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        skip(&format!("program {name} is not installed"));
    }
    found
}

/// Finds a program.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|f| f.join(name)).find(|file| file.is_file())
}

/// Says that the calling test cannot run here; fails with `CORREIO_NO_SKIP=1`.
///
/// The file that `CORREIO_SKIPPED_FILE` names gets a line as well, from which `cargo xtask test` counts.
pub fn skip(why: &str) {
    let strict = std::env::var("CORREIO_NO_SKIP").is_ok_and(|value| value == "1");
    assert!(!strict, "{why}, and nothing may be skipped (CORREIO_NO_SKIP=1)");
    let note = format!("{}: {why}\n", test_name());
    // Not by a macro: what those print in a test that passes is never shown.
    std::io::stderr().write_all(format!("SKIPPED {note}").as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("CORREIO_SKIPPED_FILE") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.unwrap().write_all(note.as_bytes()).unwrap();
    }
}

/// The name of the test that runs on this thread, after that of its program: `curl::imap_and_pop3`.
fn test_name() -> String {
    let program = std::env::current_exe().unwrap();
    let program = program.file_stem().unwrap().to_string_lossy().into_owned();
    // Cargo adds a hash.
    let program = program.rsplit_once('-').map_or(program.as_str(), |(name, _)| name);
    let thread = std::thread::current();
    format!("{program}::{}", thread.name().unwrap_or("unnamed"))
}

/// A program about to be run.
pub struct Program {
    command: Command,
    input: Vec<u8>,
    limit: Duration,
    name: String,
    is_needless: Option<Box<dyn Fn() -> bool>>,
}

/// What a program did.
pub struct Outcome {
    /// Its exit code; -1 when it was killed.
    pub code: i32,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
    name: String,
}

impl Program {
    /// Prepares a run with a home of its own, so that no configuration of the person who runs the tests gets in.
    pub fn new(path: &Path, home: &Path) -> Program {
        let mut command = Command::new(path);
        command.env("HOME", home).env("LC_ALL", "C.UTF-8").current_dir(home);
        command.env_remove("XDG_CONFIG_HOME").env_remove("FETCHMAILHOME");
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Program {
            command,
            input: Vec::new(),
            limit: Duration::from_secs(60),
            name,
            is_needless: None,
        }
    }

    /// Adds words to the command line.
    pub fn args<W: AsRef<std::ffi::OsStr>>(
        mut self,
        words: impl IntoIterator<Item = W>,
    ) -> Program {
        self.command.args(words);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    /// Gives it this to read.
    pub fn input(mut self, text: &[u8]) -> Program {
        self.input = text.to_vec();
        self
    }

    /// Asks it to end (SIGTERM) when it still runs half a second after this has become true.
    pub fn ends_after(mut self, is_needless: impl Fn() -> bool + 'static) -> Program {
        self.is_needless = Some(Box::new(is_needless));
        self
    }

    /// Gives it so long, instead of a minute.
    pub fn limit(mut self, limit: Duration) -> Program {
        self.limit = limit;
        self
    }

    /// Runs it to its end, or for a minute.
    pub fn run(mut self) -> Outcome {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let mut stdin = child.stdin.take().unwrap();
        let input = self.input;
        std::thread::spawn(move || drop(stdin.write_all(&input)));
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let output = std::thread::spawn(move || text(&mut out));
        let errors = std::thread::spawn(move || text(&mut err));
        let start = Instant::now();
        let mut needless = None;
        let code = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code().unwrap_or(-1);
            }
            if start.elapsed() > self.limit {
                child.kill().unwrap();
                child.wait().unwrap();
                break -1;
            }
            if self.is_needless.as_ref().is_some_and(|is_needless| is_needless()) {
                let since = *needless.get_or_insert_with(Instant::now);
                if since.elapsed() > Duration::from_millis(500) {
                    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
                    self.is_needless = None;
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let (output, errors) = (output.join().unwrap(), errors.join().unwrap());
        Outcome { code, output, errors, name: self.name }
    }
}

impl Outcome {
    /// It must have succeeded.
    #[track_caller]
    pub fn ok(self) -> Outcome {
        self.code(0)
    }

    /// It must have ended with this code.
    #[track_caller]
    pub fn code(self, code: i32) -> Outcome {
        let Outcome { output, errors, name, .. } = &self;
        assert_eq!(self.code, code, "{name}\n---- output\n{output}\n---- errors\n{errors}");
        self
    }

    /// It must have printed this.
    #[track_caller]
    pub fn says(self, text: &str) -> Outcome {
        let Outcome { output, errors, name, .. } = &self;
        let said = output.contains(text) || errors.contains(text);
        assert!(said, "{name} did not say {text:?}\n---- output\n{output}\n---- errors\n{errors}");
        self
    }
}

fn text(stream: &mut dyn Read) -> String {
    let mut octets = Vec::new();
    drop(stream.read_to_end(&mut octets));
    String::from_utf8_lossy(&octets).into_owned()
}
