//! A device: what one app password, or one login name with a device part, stands for.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::Timestamp;
use crate::limits::DEVICE_OCTETS_MAX;

/// The name of a device. Compared without regard to case, kept as given. Cheap to clone.
#[derive(Clone)]
pub struct Device {
    given: Arc<str>,
    /// What it is compared and kept by.
    key: Arc<str>,
}

impl Device {
    /// Takes a name of 1 to 64 octets without control characters; space around it is dropped.
    pub fn new(name: &str) -> Option<Device> {
        let given = name.trim();
        let fits = (1..=DEVICE_OCTETS_MAX).contains(&given.len());
        (fits && !given.chars().any(char::is_control))
            .then(|| Device { given: given.into(), key: given.to_lowercase().into() })
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.given
    }

    /// The name in lower case: at most three times as long.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Device) -> bool {
        self.key == other.key
    }
}

impl Eq for Device {}

impl PartialOrd for Device {
    fn partial_cmp(&self, other: &Device) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Device {
    fn cmp(&self, other: &Device) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Device {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({:?})", self.given)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.given)
    }
}

/// What is known of a device that has been here over POP3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceState {
    /// The device; none: the one that logs in without a name.
    pub device: Option<Device>,
    /// How many messages are hidden from it.
    pub hidden: u64,
    /// How many messages it has downloaded, of those that are not gone for good.
    pub downloaded: u64,
    /// When it last downloaded or deleted something.
    pub last: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_regard_to_case() {
        let device = Device::new("  Büro PC ").unwrap();
        assert_eq!(device.as_str(), "Büro PC");
        assert_eq!(device, Device::new("BÜRO pc").unwrap());
        assert_ne!(device, Device::new("BÜRO").unwrap());
    }

    #[test]
    fn names_have_bounds() {
        for wrong in ["", "  ", "a\nb", "a\u{7f}", &"x".repeat(65)] {
            assert!(Device::new(wrong).is_none(), "{wrong:?}");
        }
        // Lower case may be longer than what it is made of; the longest still has a length that fits an octet.
        let long = Device::new(&"İ".repeat(32)).unwrap();
        assert!(long.key().len() <= 255);
    }
}
