//! What a request may be at most, each with its unit.

/// How deeply arrays and objects may lie in each other in a request.
pub const DEPTH_MAX: usize = 32;
/// How many operators and conditions a filter has at most.
pub const FILTER_PARTS_MAX: usize = 200;
/// By how many properties results are sorted at most.
pub const SORT_KEYS_MAX: usize = 20;
/// How many octets the results may have that one request refers to, as JSON. Else sixteen calls, each of which refers to all of
/// the one before, could make us hold any amount.
pub const REFERRED_OCTETS_MAX: usize = 8 << 20;
/// How many octets the header of a message may have that is built. Readers take twice as much.
pub const HEADER_OCTETS_MAX: usize = 512 << 10;
/// How many parts a message has at most that is built.
pub const BODY_PARTS_MAX: usize = 1000;

/// What the session object tells clients about limits (RFC 8620, 2). The defaults are those that it suggests as least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one upload.
    pub upload_octets_max: u64,
    /// How many uploads of one user at once.
    pub uploads_max: u32,
    /// Octets of one request.
    pub request_octets_max: usize,
    /// How many requests of one user at once.
    pub requests_max: u32,
    /// How many calls in one request.
    pub calls_max: usize,
    /// How many objects one call may get.
    pub objects_in_get_max: usize,
    /// How many objects one call may create, update and destroy together.
    pub objects_in_set_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            upload_octets_max: 50_000_000,
            uploads_max: 4,
            request_octets_max: 10_000_000,
            requests_max: 4,
            calls_max: 16,
            objects_in_get_max: 500,
            objects_in_set_max: 500,
        }
    }
}
