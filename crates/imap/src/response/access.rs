//! ACL, LISTRIGHTS and MYRIGHTS (RFC 4314, 3.6 to 3.8). Rights are letters here: servers have some of their own.

use crate::limits::{ACL_IDENTIFIERS_MAX, ATTRIBUTES_MAX};
use crate::wire::{Args, Name, print};
use crate::{Dialect, Syntax};

/// The access list of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclLine {
    /// The mailbox.
    pub mailbox: Name,
    /// Who has which rights in it.
    pub entries: Vec<IdentifierRights>,
}

/// An entry of an access list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentifierRights {
    /// Who; with a `-` before it, the rights are taken.
    pub identifier: String,
    /// The letters.
    pub rights: String,
}

/// Which rights somebody can be given in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRightsLine {
    /// The mailbox.
    pub mailbox: Name,
    /// Who, as it was asked.
    pub identifier: String,
    /// The letters of those that this one always has.
    pub required: String,
    /// Those that can be given; letters in one text only together.
    pub optional: Vec<String>,
}

/// Which rights one has in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyRightsLine {
    /// The mailbox.
    pub mailbox: Name,
    /// The letters.
    pub rights: String,
}

fn text(args: &mut Args<'_>) -> Result<String, Syntax> {
    args.space()?;
    Ok(args.astring_text()?.into_owned())
}

fn print_text(out: &mut Vec<u8>, text: &str, dialect: Dialect) {
    out.push(b' ');
    print::astring(out, text.as_bytes(), dialect);
}

/// Whether something follows. A space at the end is let pass.
fn goes_on(args: &Args<'_>) -> bool {
    let mut ahead = args.clone();
    ahead.eat(b' ') && !ahead.is_empty()
}

impl AclLine {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"ACL ");
        print::mailbox(out, self.mailbox.as_str(), dialect);
        for entry in &self.entries {
            print_text(out, &entry.identifier, dialect);
            print_text(out, &entry.rights, dialect);
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<AclLine, Syntax> {
        args.space()?;
        let mailbox = Name::parse_any(args)?;
        let mut entries = Vec::new();
        while goes_on(args) {
            if entries.len() >= ACL_IDENTIFIERS_MAX {
                return Err(args.expected("fewer identifiers"));
            }
            entries.push(IdentifierRights { identifier: text(args)?, rights: text(args)? });
        }
        Ok(AclLine { mailbox, entries })
    }
}

impl ListRightsLine {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"LISTRIGHTS ");
        print::mailbox(out, self.mailbox.as_str(), dialect);
        print_text(out, &self.identifier, dialect);
        print_text(out, &self.required, dialect);
        for rights in &self.optional {
            print_text(out, rights, dialect);
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<ListRightsLine, Syntax> {
        args.space()?;
        let mailbox = Name::parse_any(args)?;
        let (identifier, required) = (text(args)?, text(args)?);
        let mut optional = Vec::new();
        while goes_on(args) {
            if optional.len() >= ATTRIBUTES_MAX {
                return Err(args.expected("fewer rights"));
            }
            optional.push(text(args)?);
        }
        Ok(ListRightsLine { mailbox, identifier, required, optional })
    }
}

impl MyRightsLine {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"MYRIGHTS ");
        print::mailbox(out, self.mailbox.as_str(), dialect);
        print_text(out, &self.rights, dialect);
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<MyRightsLine, Syntax> {
        args.space()?;
        Ok(MyRightsLine { mailbox: Name::parse_any(args)?, rights: text(args)? })
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect;
    use crate::response::Response;

    #[test]
    fn they_are_read_as_they_are_printed() {
        for line in [
            "* ACL INBOX",
            "* ACL \"INBOX/My Drafts\" ana@example.org lrswipkxteacd -anyone wetd",
            "* ACL INBOX \"two words\" \"\"",
            "* LISTRIGHTS INBOX smith la r swicdkxte",
            "* LISTRIGHTS INBOX anyone \"\" l r s w i p k x t e a c d",
            "* MYRIGHTS INBOX rwiptsldaex",
            "* MYRIGHTS INBOX \"\"",
        ] {
            let response = Response::parse(line.as_bytes(), Dialect::REV1).unwrap();
            let mut out = Vec::new();
            response.print(&mut out, Dialect::REV1);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{line}\r\n"));
        }
        for wrong in ["* ACL", "* ACL INBOX ana", "* LISTRIGHTS INBOX ana", "* MYRIGHTS INBOX"] {
            assert!(Response::parse(wrong.as_bytes(), Dialect::REV1).is_err(), "{wrong}");
        }
    }
}
