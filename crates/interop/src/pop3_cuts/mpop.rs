//! mpop: pipelined, to a Maildir.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kept::Kept;
use super::puller::{Puller, Setup};
use crate::Program;
use crate::host::PASSWORD;

pub(super) struct Mpop {
    program: PathBuf,
    setup: Setup,
}

impl Mpop {
    pub(super) fn new(program: &Path, setup: Setup, options: &str) -> Mpop {
        let folder = setup.home.join("Maildir");
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        let rc = format!(
            "account default\nhost 127.0.0.1\nport {}\nuser {}\npassword \"{PASSWORD}\"\ntls off\nauth user\n\
             timeout 20\ndelivery maildir {}\nuidls_file {}\n{options}\n",
            setup.port(),
            setup.login,
            folder.display(),
            setup.home.join("uidls").display(),
        );
        std::fs::write(setup.home.join("mpoprc"), rc).unwrap();
        std::fs::set_permissions(setup.home.join("mpoprc"), PermissionsExt::from_mode(0o600))
            .unwrap();
        Mpop { program: program.to_path_buf(), setup }
    }
}

impl Puller for Mpop {
    fn pull(&mut self) -> Result<(), String> {
        // When the connection ends in order in the middle of a message, mpop 1.4.18 does not notice and writes what it read
        // last again and again; asked to end it does so, and saves what it knows.
        let cutter = Arc::clone(&self.setup.cutter);
        let outcome = Program::new(&self.program, &self.setup.home)
            .args(["--file=mpoprc"])
            .ends_after(move || cutter.has_cut())
            .run();
        match outcome.code {
            0 => Ok(()),
            code => Err(format!("mpop ended with {code}\n{}{}", outcome.output, outcome.errors)),
        }
    }

    fn kept(&self) -> Vec<Kept> {
        Kept::files(&self.setup.home.join("Maildir/new"))
    }
}
