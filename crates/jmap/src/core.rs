//! The core capability (RFC 8620, 2 and 4).

use serde_json::{Value, json};

use crate::call::Call;
use crate::limits::Limits;
use crate::run::{Answered, Row};

/// Its name.
pub const CAPABILITY: &str = "urn:ietf:params:jmap:core";

/// Its methods, for any server.
pub const fn rows<C: Send>() -> [Row<C>; 1] {
    [Row { name: "Core/echo", capability: CAPABILITY, run: echo }]
}

/// What the session object says of it.
pub fn described(limits: &Limits, collations: &[&str]) -> Value {
    json!({
        "maxSizeUpload": limits.upload_octets_max,
        "maxConcurrentUpload": limits.uploads_max,
        "maxSizeRequest": limits.request_octets_max,
        "maxConcurrentRequests": limits.requests_max,
        "maxCallsInRequest": limits.calls_max,
        "maxObjectsInGet": limits.objects_in_get_max,
        "maxObjectsInSet": limits.objects_in_set_max,
        "collationAlgorithms": collations,
    })
}

/// Core/echo: the arguments come back (RFC 8620, 4).
fn echo<'a, C: Send>(call: &'a mut Call<'_, C>) -> Answered<'a> {
    Box::pin(async { Ok(call.arguments()) })
}
