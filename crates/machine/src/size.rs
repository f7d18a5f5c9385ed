//! Sizes as people write them: `2G`, `500 MB`, `1048576`.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::ser::{Serialize, Serializer};

/// A number of octets. K, M, G and T are 1024-fold, with or without a B or iB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Why a text is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a size such as 500M or 2G")]
pub struct SizeFault;

impl FromStr for Size {
    type Err = SizeFault;

    fn from_str(text: &str) -> Result<Size, SizeFault> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at_checked(end).ok_or(SizeFault)?;
        let number: u64 = digits.parse().map_err(|_| SizeFault)?;
        let unit = unit.trim().to_ascii_uppercase();
        let unit = unit.strip_suffix("IB").or_else(|| unit.strip_suffix('B')).unwrap_or(&unit);
        let factor: u64 = match unit {
            "" => 1,
            "K" => 1 << 10,
            "M" => 1 << 20,
            "G" => 1 << 30,
            "T" => 1 << 40,
            _ => return Err(SizeFault),
        };
        number.checked_mul(factor).map(Size).ok_or(SizeFault)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut unit = "B";
        let mut tenths = u128::from(self.0).saturating_mul(10);
        for larger in ["KB", "MB", "GB", "TB"] {
            if tenths < 10_240 {
                break;
            }
            tenths = tenths.div_ceil(1024);
            unit = larger;
        }
        let (whole, tenth) = (tenths.div_euclid(10), tenths.rem_euclid(10));
        match tenth {
            0 => write!(f, "{whole} {unit}"),
            _ => write!(f, "{whole}.{tenth} {unit}"),
        }
    }
}

impl Serialize for Size {
    /// Writes it as people write it, and exactly: `50M`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mut number, mut unit) = (self.0, "");
        for larger in ["K", "M", "G", "T"] {
            if number == 0 || !number.is_multiple_of(1024) {
                break;
            }
            (number, unit) = (number.div_euclid(1024), larger);
        }
        serializer.collect_str(&format_args!("{number}{unit}"))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        struct Reads;
        impl Visitor<'_> for Reads {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as \"500M\" or \"2G\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Size, E> {
                u64::try_from(number).map(Size).map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Size, E> {
                Ok(Size(number))
            }
        }
        deserializer.deserialize_any(Reads).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, SizeFault};

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, want) in [
            ("0", Ok(0)),
            ("1048576", Ok(1 << 20)),
            ("2G", Ok(2 << 30)),
            ("2 GB", Ok(2 << 30)),
            ("2gib", Ok(2 << 30)),
            ("500m", Ok(500 << 20)),
            ("", Err(SizeFault)),
            ("G", Err(SizeFault)),
            ("-1", Err(SizeFault)),
            ("1.5G", Err(SizeFault)),
            ("99999999999T", Err(SizeFault)),
        ] {
            assert_eq!(text.parse(), want.map(Size), "{text}");
        }
    }

    #[test]
    fn sizes_are_written_so_that_they_are_read_back_as_they_were() {
        for (octets, want) in
            [(0, "0"), (1023, "1023"), (1536, "1536"), (50 << 20, "50M"), (2 << 30, "2G")]
        {
            let written = serde_json::to_string(&Size(octets)).unwrap();
            assert_eq!(written, format!("\"{want}\""));
            assert_eq!(serde_json::from_str::<Size>(&written).unwrap(), Size(octets));
        }
    }

    #[test]
    fn sizes_are_shown_with_a_fitting_unit() {
        for (octets, want) in [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KB"), (2 << 30, "2 GB")] {
            assert_eq!(Size(octets).to_string(), want);
        }
        assert!(Size(u64::MAX).to_string().ends_with("TB"));
    }
}
