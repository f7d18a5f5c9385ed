//! Every port made real.
