//! What another host says it can do (RFC 5321, 4.1.1.1).

use crate::Reply;
use crate::limits::CAPABILITIES_MAX;

/// The lines of a greeting, without the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// Reads them from the reply to EHLO or LHLO.
    pub fn of(reply: &Reply) -> Capabilities {
        Capabilities(
            reply.text.split('\n').skip(1).take(CAPABILITIES_MAX).map(str::to_owned).collect(),
        )
    }

    /// Whether one is there, in any case.
    pub fn has(&self, name: &str) -> bool {
        self.words(name).is_some()
    }

    /// The words after one.
    pub fn words(&self, name: &str) -> Option<impl Iterator<Item = &str>> {
        self.0.iter().find_map(|line| {
            // Old hosts write AUTH=LOGIN as well; the line with a space is there too.
            let mut words = line.split(' ').filter(|word| !word.is_empty());
            words.next()?.eq_ignore_ascii_case(name).then_some(words)
        })
    }

    /// The largest message that is taken; none if it was not said, or there is no limit.
    pub fn message_octets_max(&self) -> Option<u64> {
        self.words("SIZE")?.next()?.parse().ok().filter(|octets| *octets > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Capabilities;
    use crate::Reply;

    #[test]
    fn lines_after_the_first_are_capabilities() {
        let text = "mail.example.org hi\nsize 1000\nAUTH PLAIN LOGIN\nAUTH=LOGIN\nPIPELINING";
        let capabilities = Capabilities::of(&Reply::plain(250, text));
        assert_eq!(capabilities.message_octets_max(), Some(1000));
        assert!(capabilities.has("pipelining") && !capabilities.has("DSN"));
        assert!(!capabilities.has("mail.example.org"));
        assert_eq!(capabilities.words("AUTH").unwrap().collect::<Vec<_>>(), ["PLAIN", "LOGIN"]);
        let unlimited = Capabilities::of(&Reply::plain(250, "x\nSIZE 0"));
        assert_eq!(unlimited.message_octets_max(), None);
    }
}
