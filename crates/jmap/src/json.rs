//! JSON as JMAP wants it: I-JSON (RFC 7493), in which a name comes once and text is of characters that are some; and not deeper
//! than we like.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::limits::DEPTH_MAX;

/// Reads one value. The error says what is wrong, and where.
pub fn read(octets: &[u8]) -> Result<Value, serde_json::Error> {
    let mut from = serde_json::Deserializer::from_slice(octets);
    let value = Strict { depth_left: DEPTH_MAX }.deserialize(&mut from)?;
    from.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Strict {
    /// How much deeper it may go.
    depth_left: usize,
}

impl Strict {
    fn deeper<E: de::Error>(self) -> Result<Strict, E> {
        let depth_left = self.depth_left.checked_sub(1);
        let depth_left = depth_left
            .ok_or_else(|| E::custom(format_args!("nested more than {DEPTH_MAX} deep")))?;
        Ok(Strict { depth_left })
    }
}

/// RFC 7493, 2.1: no surrogates, which are no UTF-8 anyhow, and no noncharacters.
fn checked<E: de::Error>(text: &str) -> Result<(), E> {
    let is_none = |c: char| matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    match text.chars().find(|c| is_none(*c)) {
        Some(c) => Err(E::custom(format_args!("U+{:04X} is no character", u32::from(c)))),
        None => Ok(()),
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        checked(text)?;
        Ok(text.into())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        checked(&text)?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(value) = from.next_element_seed(inner)? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = from.next_key::<String>()? {
            checked(&name)?;
            let value = from.next_value_seed(inner)?;
            if object.contains_key(&name) {
                return Err(de::Error::custom(format_args!("the name {name:?} comes twice")));
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::limits::DEPTH_MAX;

    #[test]
    fn what_is_no_i_json_is_refused() {
        for (text, why) in [
            (r#"{"a":1,"a":2}"#, "comes twice"),
            ("\"\\ud800\"", "escape"),
            ("\"\u{fdd0}\"", "U+FDD0 is no character"),
            ("{\"\\uffff\":1}", "U+FFFF is no character"),
            ("[1] 2", "trailing"),
            ("", "EOF"),
            ("NaN", "expected"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(read(b"\"\xff\"").is_err());
        let deep = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(read(&deep(DEPTH_MAX)).is_ok());
        assert!(read(&deep(DEPTH_MAX + 1)).is_err());
        assert!(read(&vec![b'['; 1 << 20]).is_err());
    }

    #[test]
    fn values_are_what_they_say() {
        let text = r#"{"a":[null,true,-1,9007199254740991,1.5,"x"],"b":{}}"#;
        assert_eq!(read(text.as_bytes()).unwrap().to_string(), text);
    }
}
