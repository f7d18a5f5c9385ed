//! Pushes to addresses that programs subscribed: who is told by whom that something happened, and the key that signs.

use std::sync::{Arc, Weak};

use admin::keep::Keep;
use directory::PeopleError;
use sasl::Credential;
use web::{Outside, PushSettings, Pusher};

/// What the key that signs is derived for. Another text would make another key, and end all subscriptions.
const KEY: &str = "correio 2026-11 key that signs pushes";

/// Pushes for the people of a host. It hears of each bell, and of what is taken back; somebody has to run it.
pub(super) async fn pusher(
    keep: &Keep,
    hostname: &str,
    outside: Arc<dyn Outside>,
) -> Result<Arc<Pusher>, PeopleError> {
    let people = Arc::clone(&keep.people);
    let pusher = Arc::new(Pusher::new(PushSettings {
        secret: keep.people.key_for(KEY).await?,
        contact: format!("mailto:postmaster@{hostname}"),
        outside,
        random: Box::new(machine::random),
        // What nobody understands let nobody in.
        is_good: Box::new(move |account, credential| match credential.parse::<Credential>() {
            Ok(credential) => people.is_good(account, credential),
            Err(_) => Ok(false),
        }),
    })?);
    // Weak: it holds those who hold these.
    let ears: Weak<Pusher> = Arc::downgrade(&pusher);
    keep.accounts.on_bell(move |account| {
        if let Some(pusher) = ears.upgrade() {
            pusher.rang(account);
        }
    });
    let guard = Arc::downgrade(&pusher);
    keep.people.on_revoke(move |account, _| {
        if let Some(pusher) = guard.upgrade() {
            pusher.revoked(account);
        }
    });
    Ok(pusher)
}
