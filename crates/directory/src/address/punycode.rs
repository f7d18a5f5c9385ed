//! Punycode (RFC 3492): one label of a domain name in ASCII. Only the way there; nothing here needs the way back.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// Encodes a label (RFC 3492, 6.3). None when a number grows too large, which no label of legal length makes it do.
pub(super) fn encode(label: &str) -> Option<String> {
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let total = u32::try_from(points.len()).ok()?;
    let (mut n, mut delta, mut bias, mut done) = (INITIAL_N, 0u32, INITIAL_BIAS, basic);
    while done < total {
        let next = points.iter().copied().filter(|point| *point >= n).min()?;
        delta = delta.checked_add(next.checked_sub(n)?.checked_mul(done.checked_add(1)?)?)?;
        n = next;
        for point in &points {
            if *point < n {
                delta = delta.checked_add(1)?;
            } else if *point == n {
                variable_length(delta, bias, &mut out)?;
                bias = adapt(delta, done.checked_add(1)?, done == basic)?;
                delta = 0;
                done = done.checked_add(1)?;
            }
        }
        delta = delta.checked_add(1)?;
        n = n.checked_add(1)?;
    }
    Some(out)
}

fn variable_length(delta: u32, bias: u32, out: &mut String) -> Option<()> {
    let (mut q, mut k) = (delta, BASE);
    loop {
        let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if q < threshold {
            break;
        }
        let span = BASE.checked_sub(threshold)?;
        let over = q.checked_sub(threshold)?;
        out.push(digit(threshold.checked_add(over.checked_rem(span)?)?)?);
        q = over.checked_div(span)?;
        k = k.checked_add(BASE)?;
    }
    out.push(digit(q)?);
    Some(())
}

/// RFC 3492, 6.1.
fn adapt(delta: u32, points: u32, first: bool) -> Option<u32> {
    let mut delta = delta.checked_div(if first { DAMP } else { 2 })?;
    delta = delta.checked_add(delta.checked_div(points)?)?;
    let mut k = 0u32;
    while delta > 455 {
        // (BASE - T_MIN) * T_MAX / 2
        delta = delta.checked_div(35)?;
        k = k.checked_add(BASE)?;
    }
    k.checked_add(delta.checked_mul(36)?.checked_div(delta.checked_add(SKEW)?)?)
}

/// `a` to `z` are 0 to 25, the digits 26 to 35 (RFC 3492, 5).
fn digit(value: u32) -> Option<char> {
    let value = u8::try_from(value).ok()?;
    let octet = match value {
        0..26 => b'a'.checked_add(value)?,
        26..36 => b'0'.checked_add(value.checked_sub(26)?)?,
        _ => return None,
    };
    Some(char::from(octet))
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn the_examples_come_out() {
        for (label, want) in [
            ("ma\u{f1}ana", "maana-pta"),
            ("b\u{fc}cher", "bcher-kva"),
            // RFC 3492, 7.1 (B), (I) and (N)
            (
                "\u{4ed6}\u{4eec}\u{4e3a}\u{4ec0}\u{4e48}\u{4e0d}\u{8bf4}\u{4e2d}\u{6587}",
                "ihqwcrb4cv8a8dqg056pqjye",
            ),
            (
                "\u{43f}\u{43e}\u{447}\u{435}\u{43c}\u{443}\u{436}\u{435}\u{43e}\u{43d}\u{438}\u{43d}\u{435}\u{433}\u{43e}\u{432}\u{43e}\u{440}\u{44f}\u{442}\u{43f}\u{43e}\u{440}\u{443}\u{441}\u{441}\u{43a}\u{438}",
                "b1abfaaepdrnnbgefbadotcwatmq2g4l",
            ),
            ("-> $1.00 <-", "-> $1.00 <--"),
        ] {
            assert_eq!(encode(label).as_deref(), Some(want));
        }
    }
}
