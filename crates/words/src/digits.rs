//! Numbers as octets: seven bits in each, the last one without the eighth.

use crate::Damaged;

pub(crate) fn put(octets: &mut Vec<u8>, mut number: u32) {
    loop {
        let digit = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            octets.push(digit);
            return;
        }
        octets.push(digit | 0x80);
    }
}

pub(crate) fn take(octets: &mut &[u8]) -> Result<u32, Damaged> {
    let mut number = 0_u32;
    for shift in [0_u32, 7, 14, 21, 28] {
        let (first, rest) = octets.split_first().ok_or(Damaged)?;
        *octets = rest;
        let digit = u32::from(first & 0x7f);
        number |= digit.checked_shl(shift).filter(|bits| bits >> shift == digit).ok_or(Damaged)?;
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Damaged)
}

pub(crate) fn take_length(octets: &mut &[u8]) -> Result<usize, Damaged> {
    usize::try_from(take(octets)?).map_err(|_| Damaged)
}
