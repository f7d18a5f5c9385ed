//! Reads mail: RFC 5322 and MIME. Reading never fails.
