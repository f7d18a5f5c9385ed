//! mpop: pipelined, to a Maildir.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::kept::Kept;
use super::puller::{Place, Puller};
use crate::Program;
use crate::host::PASSWORD;

pub(super) struct Mpop {
    program: PathBuf,
    place: Place,
}

impl Mpop {
    pub(super) fn new(program: &Path, place: Place, options: &str) -> Mpop {
        let folder = place.home.join("Maildir");
        for part in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        let rc = format!(
            "account default\nhost 127.0.0.1\nport {}\nuser {}\npassword \"{PASSWORD}\"\ntls off\nauth user\n\
             timeout 20\ndelivery maildir {}\nuidls_file {}\n{options}\n",
            place.port(),
            place.login,
            folder.display(),
            place.home.join("uidls").display(),
        );
        std::fs::write(place.home.join("mpoprc"), rc).unwrap();
        std::fs::set_permissions(place.home.join("mpoprc"), PermissionsExt::from_mode(0o600))
            .unwrap();
        Mpop { program: program.to_path_buf(), place }
    }
}

impl Puller for Mpop {
    fn pull(&mut self) -> Result<(), String> {
        // When the connection ends in order in the middle of a message, mpop 1.4.18 does not notice and writes what it read
        // last again and again; asked to end it does so, and saves what it knows.
        let cutter = Arc::clone(&self.place.cutter);
        let outcome = Program::new(&self.program, &self.place.home)
            .args(["--file=mpoprc"])
            .ends_after(move || cutter.has_cut())
            .run();
        match outcome.code {
            0 => Ok(()),
            code => Err(format!("mpop ended with {code}\n{}{}", outcome.output, outcome.errors)),
        }
    }

    fn kept(&self) -> Vec<Kept> {
        Kept::files(&self.place.home.join("Maildir/new"))
    }
}
