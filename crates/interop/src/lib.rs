//! Real mail programs against the running host.
