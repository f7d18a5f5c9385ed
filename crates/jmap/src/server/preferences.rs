//! What programs remember for a user, such as a theme: small values by name, the same at every device (`docs/jmap/preferences.md`).

mod set;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::capabilities::Capability;
use super::drawer::{Drawer, Object};
use super::ports::NoteKind;
use super::singleton::{self, Singleton};
use super::{Context, own};
use crate::error::SetError;
use crate::limits::{PREFERENCE_NAME_OCTETS_MAX, PREFERENCES_MAX, PREFERENCES_OCTETS_MAX};
use crate::run::Row;
use crate::standard::Patch;

const CAPABILITY: &str = own::PREFERENCES;

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const ROWS: &[Row<Context>] = &[
    Row {
        name: "Preferences/get",
        capability: CAPABILITY,
        run: |call| Box::pin(singleton::get::<Preferences>(call)),
    },
    Row {
        name: "Preferences/set",
        capability: CAPABILITY,
        run: |call| Box::pin(singleton::set::<Preferences>(call)),
    },
];

/// The values, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Preferences {
    values: Map<String, Value>,
}

impl Object for Preferences {
    const NOTE: NoteKind = NoteKind::Preferences;
    const FIRST_STATE: u64 = 1;

    fn at_first(_: &Context, drawer: &mut Drawer<Preferences>) {
        drawer.insert(Preferences::default());
    }
}

impl Singleton for Preferences {
    const PROPERTIES: &'static [&'static str] = &["id", "values"];

    fn object(&self) -> Map<String, Value> {
        let values = [("id", json!(singleton::ID)), ("values", json!(self.values))];
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn patched(&self, patch: &Patch) -> Result<Preferences, SetError> {
        set::patched(self, patch)
    }
}

fn of_account(_: &Context) -> Value {
    json!({
        "maxPreferences": PREFERENCES_MAX,
        "maxSizePreferenceName": PREFERENCE_NAME_OCTETS_MAX,
        "maxSizePreferences": PREFERENCES_OCTETS_MAX,
    })
}
