//! Randomness from the system, and how it is shown to people.

use mailbox::Fault;

/// Random octets that nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)
        .map_err(|error| Fault::new(format!("the system gave no random octets: {error}")))?;
    Ok(octets)
}

/// Octets as text that can be read out and typed: base 32 without letters that look alike, in groups of four.
pub fn readable(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits: Vec<u8> = octets
        .iter()
        .flat_map(|octet| (0u32..8).rev().map(move |bit| octet.wrapping_shr(bit) & 1))
        .collect();
    let mut text = String::new();
    for (index, five) in bits.chunks(5).enumerate() {
        if index > 0 && index.is_multiple_of(4) {
            text.push('-');
        }
        let value = five.iter().fold(0u8, |value, bit| value.wrapping_shl(1) | bit);
        let letter = ALPHABET.get(usize::from(value)).copied().unwrap_or(b'0');
        text.push(char::from(letter));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{random, readable};

    #[test]
    fn readable_octets_lose_nothing() {
        assert_eq!(readable(&[0; 10]), "0000-0000-0000-0000");
        assert_eq!(readable(&[0xff; 5]), "zzzz-zzzz");
        let once = readable(&random::<16>().unwrap());
        assert_ne!(once, readable(&random::<16>().unwrap()));
        assert_eq!(once.len(), 32);
    }
}
