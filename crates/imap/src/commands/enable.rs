//! ENABLE: turns on what changes the server's answers (RFC 9051, 6.3.1; RFC 5161).

use super::Run;
use crate::command::Enable;
use crate::dialect::Feature;
use crate::response::{Code, Condition, Response};
use crate::server::session::{Done, Session, Stop};

impl Run for Enable {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mut enabled = Vec::new();
        for name in &self.names {
            let Some(feature) = Feature::named(name) else { continue };
            if !session.dialect.has(feature) && !enabled.contains(&feature) {
                enabled.push(feature);
            }
        }
        for feature in &enabled {
            match feature {
                Feature::Condstore | Feature::Qresync => {
                    session.enable_modseq();
                    session.dialect = session.dialect.with(*feature);
                }
                Feature::Imap4Rev2 | Feature::Utf8Accept => {
                    session.dialect = session.dialect.with(*feature);
                }
            }
        }
        let names = enabled.iter().map(|feature| feature.name().to_owned()).collect();
        session.print(&Response::Enabled(names));
        Ok(Done::new("Enabled"))
    }
}

impl Session<'_> {
    /// Turns CONDSTORE on, as any of its commands does (RFC 7162, 3.1).
    pub(in crate::server) fn enable_modseq(&mut self) {
        if self.dialect.shows_modseq() {
            return;
        }
        self.dialect = self.dialect.with(Feature::Condstore);
        if let Some(view) = self.view.as_deref() {
            let code = Code::HighestModSeq(view.synced());
            self.untagged(Condition::Ok, Some(code), "Mod-sequences from here on");
        }
    }
}
