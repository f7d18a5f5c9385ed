//! Previews: the first words of a message, for a list of mail (RFC 8970).

/// The beginning of a text, as it stands in the message.
#[derive(Clone, Debug, Default)]
#[expect(dead_code, reason = "previews are read from it next")]
pub(crate) struct Sample {
    pub(crate) encoding: Vec<u8>,
    pub(crate) charset: Option<Vec<u8>>,
    pub(crate) octets: Vec<u8>,
}

pub(crate) fn of_samples(_plain: Option<&Sample>, _html: Option<&Sample>) -> String {
    String::new()
}
