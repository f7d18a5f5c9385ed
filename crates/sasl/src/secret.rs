//! A password in memory: wiped when dropped, and never printed.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password or another secret. It has no `Debug`, so that no log can show it.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Keeps these octets as they are.
    pub fn new(octets: impl Into<Vec<u8>>) -> Secret {
        Secret(Zeroizing::new(octets.into()))
    }

    /// Lends the octets, for hashing or sending.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Compares in a time that does not depend on where the difference is.
    pub fn equals(&self, other: &[u8]) -> bool {
        self.0.ct_eq(other).into()
    }
}
