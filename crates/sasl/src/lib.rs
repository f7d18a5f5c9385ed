//! SASL, both ends, and the port to the directory of people.
