//! The kill -9 loop.
