//! STARTTLS: hands the connection over to TLS (RFC 9051, 6.2.1).

use super::Run;
use crate::command::StartTls;
use crate::server::session::{Done, Next, Session, Stop};

impl Run for StartTls {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if !session.can_start_tls() {
            return Err(Stop::Bad("TLS cannot be started here".into()));
        }
        Ok(Done { next: Next::StartTls, ..Done::new("Begin TLS now") })
    }
}
