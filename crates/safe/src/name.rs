//! Names that a body gives: ids, classes, names of anchors. They get a prefix, so that none is a name of ours or of the browser's
//! (an element called `documentElement` would stand in its place).

const PREFIX: &str = "m-";

/// A name that cannot collide. The same for one that is prefixed already. What is no letter, digit, `-` or `_` becomes `_`.
pub(crate) fn prefixed(name: &str) -> String {
    let plain = name.strip_prefix(PREFIX).unwrap_or(name);
    let letter = |c: char| {
        let is_right = c.is_ascii_alphanumeric()
            || c == '-'
            || c == '_'
            || (!c.is_ascii() && c.is_alphanumeric());
        if is_right { c } else { '_' }
    };
    let mut prefixed = PREFIX.to_owned();
    prefixed.extend(plain.chars().take(NAME_CHARACTERS_MAX).map(letter));
    prefixed
}

/// Several names with spaces between them.
pub(crate) fn all_prefixed(names: &str) -> String {
    let names: Vec<String> = names.split_ascii_whitespace().take(NAMES_MAX).map(prefixed).collect();
    names.join(" ")
}

const NAME_CHARACTERS_MAX: usize = 200;
const NAMES_MAX: usize = 50;

#[cfg(test)]
mod tests {
    use super::{all_prefixed, prefixed};

    #[test]
    fn names_get_a_prefix_once() {
        assert_eq!(prefixed("documentElement"), "m-documentElement");
        assert_eq!(prefixed("m-x"), "m-x");
        assert_eq!(prefixed("sm:w-1/2<"), "m-sm_w-1_2_");
        assert_eq!(all_prefixed(" a\tm-b  \u{e9} "), "m-a m-b m-\u{e9}");
    }
}
