//! Outbound mail.
