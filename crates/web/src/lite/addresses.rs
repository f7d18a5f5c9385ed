//! Addresses as people type them.

use message::AddressList;

use super::shown::Address;

/// Why a list of addresses cannot be taken: what of it is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoAddress(pub(super) String);

/// Reads `Ana <ana@example.org>, bob@example.org`. People put semicolons and line ends between addresses, too.
pub(super) fn read(typed: &str) -> Result<Vec<Address>, NoAddress> {
    let mut read = Vec::new();
    for some in pieces(typed) {
        let mut found = false;
        for address in AddressList::of(some.as_bytes()).iter() {
            let text = |octets: Option<&[u8]>| {
                octets
                    .map(|octets| String::from_utf8_lossy(octets).into_owned())
                    .unwrap_or_default()
            };
            let (local, host) = (text(address.mailbox), text(address.host));
            if address.host.is_none() {
                // The name of a group, and its end.
                continue;
            }
            if local.is_empty() || host.is_empty() {
                return Err(NoAddress(some.to_owned()));
            }
            found = true;
            let name = Some(text(address.name)).filter(|name| !name.is_empty());
            read.push(Address { name, email: format!("{local}@{host}") });
        }
        if !found && !some.contains(':') {
            return Err(NoAddress(some.to_owned()));
        }
    }
    Ok(read)
}

/// Cuts at semicolons and line ends that are not in quotation marks, comments or groups.
fn pieces(typed: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_group, mut escaped) = (false, false, false);
    let cut = move |letter: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match letter {
            '\\' if is_quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            ':' if !is_quoted => is_group = true,
            ';' if is_group && !is_quoted => is_group = false,
            ';' | '\n' | '\r' if !is_quoted && !is_group => return true,
            _ => {}
        }
        false
    };
    typed.split(cut).map(|piece| piece.trim().trim_matches(',').trim()).filter(|it| !it.is_empty())
}

/// Writes them into a field.
pub(super) fn written(addresses: Option<&[Address]>) -> String {
    let one = |address: &Address| match address.name.as_deref().filter(|name| !name.is_empty()) {
        None => address.email.clone(),
        Some(name) => {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{name}\" <{}>", address.email)
        }
    };
    addresses.unwrap_or_default().iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{NoAddress, read, written};
    use crate::lite::shown::Address;

    fn address(name: Option<&str>, email: &str) -> Address {
        Address { name: name.map(str::to_owned), email: email.to_owned() }
    }

    #[test]
    fn addresses_are_read_as_people_type_them() {
        let (ana, bob) =
            (address(Some("Ana"), "ana@example.org"), address(None, "bob@example.org"));
        let both = [ana.clone(), bob.clone()];
        for typed in [
            "Ana <ana@example.org>, bob@example.org",
            "\"Ana\" <ana@example.org>; bob@example.org;",
            " Ana <ana@example.org>\r\nbob@example.org\n",
            "Friends: Ana <ana@example.org>, bob@example.org;",
        ] {
            assert_eq!(read(typed).unwrap(), both, "{typed}");
        }
        assert_eq!(read("").unwrap(), []);
        let smith = address(Some("Smith; John, \"Jo\""), "j@example.org");
        assert_eq!(read(&written(Some(&[smith.clone(), bob.clone()]))).unwrap(), [smith, bob]);
        let jose = address(Some("Jos\u{e9} \u{c1}lvares"), "jose@example.org");
        assert_eq!(read("Jos\u{e9} \u{c1}lvares <jose@example.org>").unwrap(), [jose]);
    }

    #[test]
    fn what_is_no_address_is_named() {
        for (typed, bad) in [
            ("ana", "ana"),
            ("ana@example.org, bob", "ana@example.org, bob"),
            ("ana@example.org; bob smith", "bob smith"),
            ("ana@", "ana@"),
            ("<>", "<>"),
        ] {
            assert_eq!(read(typed), Err(NoAddress(bad.to_owned())), "{typed}");
        }
    }
}
