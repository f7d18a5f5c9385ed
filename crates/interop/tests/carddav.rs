//! vdirsyncer: contacts between two computers over CardDAV, found from the name of the host.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use interop::host::{PASSWORD, address};
use interop::{Host, Listener, Outcome, Program, need};

/// A computer with a folder of contacts.
struct Computer {
    vdirsyncer: PathBuf,
    home: tempfile::TempDir,
}

impl Computer {
    fn new(vdirsyncer: &Path, host: &Host) -> Computer {
        let home = tempfile::tempdir().unwrap();
        let (folder, user) = (home.path().display(), address("ana"));
        let config = format!(
            "[general]\nstatus_path = \"{folder}/status/\"\n\
             [pair contacts]\na = \"here\"\nb = \"there\"\ncollections = [\"from b\"]\nconflict_resolution = \"b wins\"\n\
             metadata = [\"displayname\"]\n\
             [storage here]\ntype = \"filesystem\"\npath = \"{folder}/contacts/\"\nfileext = \".vcf\"\n\
             [storage there]\ntype = \"carddav\"\nurl = \"http://127.0.0.1:{}/.well-known/carddav\"\nusername = \"{user}\"\npassword = \"{PASSWORD}\"\n",
            host.port(Listener::Http)
        );
        std::fs::write(home.path().join("config"), config).unwrap();
        let computer = Computer { vdirsyncer: vdirsyncer.to_path_buf(), home };
        // It asks for each address book whether to make a folder for it.
        computer.run(&["discover", "contacts"]).ok();
        computer
    }

    fn run(&self, words: &[&str]) -> Outcome {
        let config = self.home.path().join("config").to_string_lossy().into_owned();
        Program::new(&self.vdirsyncer, self.home.path())
            .args(["-c", &config])
            .args(words)
            .input(b"y\ny\ny\n")
            .run()
    }

    fn sync(&self) {
        self.run(&["sync"]).ok();
    }

    fn book(&self) -> PathBuf {
        self.home.path().join("contacts/D1")
    }

    fn write(&self, name: &str, card: &str) {
        std::fs::write(self.book().join(name), card).unwrap();
    }

    /// What its files say, in order.
    fn cards(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.book()).unwrap();
        let read = files.map(|file| file.unwrap().path()).filter_map(|path| {
            let is_card = path.extension().is_some_and(|it| it == "vcf");
            is_card.then(|| (path.clone(), std::fs::read_to_string(path).unwrap()))
        });
        let cards: BTreeMap<PathBuf, String> = read.collect();
        let mut cards: Vec<String> = cards.into_values().collect();
        cards.sort();
        cards
    }
}

fn card(uid: &str, name: &str) -> String {
    format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{name};;;;\r\nitem1.TEL;TYPE=CELL:1\r\n\
         item1.X-ABLabel:Boat\r\nX-OWN;X-A=\"b,c\":kept\r\nEND:VCARD\r\n"
    )
}

#[test]
fn vdirsyncer_keeps_two_computers_equal() {
    let Some(vdirsyncer) = need("vdirsyncer") else { return };
    let host = Host::start(&["ana"]);
    let (office, home) = (Computer::new(&vdirsyncer, &host), Computer::new(&vdirsyncer, &host));
    let (ana, rui) = (card("u-1", "Ana Conceição"), card("u-2", "Rui"));
    office.write("ana.vcf", &ana);
    office.write("rui.vcf", &rui);
    office.sync();
    home.sync();
    assert_eq!(home.cards(), [ana.clone(), rui], "all comes as it was written");
    // One is changed here, the other removed there.
    let changed = ana.replace("CELL:1", "CELL:2");
    let of_ana = std::fs::read_dir(home.book()).unwrap().map(|file| file.unwrap().path());
    let of_ana: Vec<PathBuf> =
        of_ana.filter(|path| std::fs::read_to_string(path).is_ok_and(|it| it == ana)).collect();
    std::fs::write(&of_ana[0], &changed).unwrap();
    home.sync();
    std::fs::remove_file(office.book().join("rui.vcf")).unwrap();
    office.sync();
    home.sync();
    assert_eq!(office.cards(), [changed]);
    assert_eq!(home.cards(), office.cards());
    // What was named there is named here.
    home.run(&["metasync"]).ok();
    let name = std::fs::read_to_string(home.book().join("displayname")).unwrap();
    assert_eq!(name.trim(), "Contacts");
}
