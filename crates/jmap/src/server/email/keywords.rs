//! Keywords as JMAP writes them (RFC 8621, 4.1.1).

use mailbox::{FlagNames, Flags, Keyword};
use serde_json::{Map, Value};

/// IMAP's system flags that are keywords here. `\Deleted` is none: what has it is not there.
const SYSTEM: [(&str, Flags); 4] = [
    ("$seen", Flags::SEEN),
    ("$answered", Flags::ANSWERED),
    ("$flagged", Flags::FLAGGED),
    ("$draft", Flags::DRAFT),
];

/// A keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) enum Named {
    System(Flags),
    Other(Keyword),
}

/// The keyword of a name, in any case. None: it cannot be one.
pub(in crate::server) fn named(text: &str) -> Option<Named> {
    let lower = text.to_ascii_lowercase();
    match SYSTEM.iter().find(|(name, _)| *name == lower) {
        Some((_, flag)) => Some(Named::System(*flag)),
        None => Keyword::new(&lower).map(Named::Other),
    }
}

/// The keywords of an email, in lower case.
pub(in crate::server) fn object(names: &FlagNames) -> Value {
    let system = SYSTEM.iter().filter(|(_, flag)| names.system.contains(*flag));
    let system = system.map(|(name, _)| (*name).to_owned());
    let others = names.keywords.iter().map(|keyword| keyword.as_str().to_ascii_lowercase());
    let object: Map<String, Value> = system.chain(others).map(|name| (name, true.into())).collect();
    object.into()
}

#[cfg(test)]
mod tests {
    use mailbox::{FlagNames, Flags, Keyword};
    use serde_json::json;

    use super::{Named, named, object};

    #[test]
    fn keywords_are_read_in_any_case_and_written_in_lower() {
        assert_eq!(named("$Seen"), Some(Named::System(Flags::SEEN)));
        assert_eq!(named("Later"), Keyword::new("later").map(Named::Other));
        for wrong in ["a b", "", "\\seen", "a]", "\u{e9}"] {
            assert_eq!(named(wrong), None, "{wrong}");
        }
        let keywords = ["Later", "$MDNSent"].into_iter().filter_map(Keyword::new).collect();
        let system = Flags::SEEN.with(Flags::DELETED);
        let names = FlagNames { system, keywords };
        assert_eq!(object(&names), json!({"$seen": true, "later": true, "$mdnsent": true}));
    }
}
