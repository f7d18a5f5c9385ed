//! The special uses and their names, without backslashes (RFC 6154, 2; RFC 8457).

use mailbox::Role;

const ROLES: [(Role, &str); 6] = [
    (Role::Archive, "Archive"),
    (Role::Drafts, "Drafts"),
    (Role::Junk, "Junk"),
    (Role::Sent, "Sent"),
    (Role::Trash, "Trash"),
    (Role::Important, "Important"),
];

/// The special use of a name, in any case.
pub fn role_named(name: &str) -> Option<Role> {
    ROLES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(role, _)| *role)
}

/// The name of a special use.
pub fn role_name(role: Role) -> &'static str {
    ROLES.iter().find(|(known, _)| *known == role).map_or("", |(_, name)| name)
}
