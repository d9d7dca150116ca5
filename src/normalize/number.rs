//! Numbers in text, read and written as Python does: dlt hands text to `int`, `float` and `Decimal`, and existing tables
//! hold what these made of it.

use super::unicode::{digit, strip};

/// Digits that a decimal may have: what 128 bits hold.
pub const MAX_DIGITS: u8 = 38;

/// `int(text)`, or hexadecimal after `0x`: white space around it, a sign, `1_000`, digits of any script. `None` also for
/// integers beyond 128 bits.
pub fn int(text: &str) -> Option<i128> {
    let text = strip(text);
    match text.strip_prefix("0x") {
        Some(hex) => integer(hex, 16),
        None => integer(text, 10),
    }
}

/// `float(text)`: white space, sign and digits as [`int`], `1.`, `.5`, `1e5`, and `inf`, `nan`, `infinity` in any case.
pub fn float(text: &str) -> Option<f64> {
    plain(strip(text), |c| c.is_ascii_digit())?.parse().ok()
}

/// [`float`], or hexadecimal after `0x`.
pub fn float_or_hex(text: &str) -> Option<f64> {
    match strip(text).strip_prefix("0x") {
        Some(hex) => hexadecimal(hex),
        None => float(text),
    }
}

/// `Decimal(text)`, or hexadecimal after `0x`, as an integer of `10^-scale`. `None` if it is not exactly that or has more
/// than `precision` digits, as are infinities and `nan`.
pub fn decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let text = strip(text);
    if text.starts_with("0x") {
        return decimal(&int(text)?.to_string(), precision, scale);
    }
    // `Decimal` drops every underscore, wherever it stands.
    let text: String = text.chars().filter(|c| *c != '_').collect();
    let text = plain(&text, |c| c.is_ascii_digit())?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let dropped = digits.len() - digits.trim_end_matches('0').len();
    let shift = exponent + dropped as i64 - fraction.len() as i64 + i64::from(scale);
    let shift = u32::try_from(shift).ok()?;
    let unscaled = significant.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(shift)?)?;
    let fits = unscaled < 10_i128.checked_pow(u32::from(precision))?;
    fits.then_some(if negative { -unscaled } else { unscaled })
}

/// `repr(value)`: the shortest digits that read back as the same value; an exponent from `1e+16` up and from `1e-05` down.
pub fn repr(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".into() } else { value.to_string() };
    }
    // JSON's spelling has the right digits: of two shortest texts that are as near, the even one, which `format!` does not
    // heed. It differs in the exponent's form, and spells 0.00001 out.
    let text = json(value);
    if let Some((mantissa, exponent)) = text.split_once('e') {
        let (sign, exponent) = exponent.split_at(1);
        return format!("{mantissa}e{sign}{exponent:0>2}");
    }
    let (sign, digits) = text.split_at(usize::from(value.is_sign_negative()));
    match digits.strip_prefix("0.0000") {
        Some(digits) => {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            format!("{sign}{first}{point}{rest}e-05")
        }
        None => text,
    }
}

/// A finite double as dlt's JSON writer spells it: an exponent from `1e+16` up and below `0.00001`.
pub fn json(value: f64) -> String {
    serde_json::Value::from(value).to_string()
}

/// A whole text of digits to that base. Python takes the prefix of a hexadecimal number a second time.
fn integer(text: &str, radix: u32) -> Option<i128> {
    let (negative, digits) = digits(text, radix)?;
    let value = i128::from_str_radix(&digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

/// As [`integer`], of any length, rounded to the nearest double. `None` where it exceeds the largest.
fn hexadecimal(text: &str) -> Option<f64> {
    let (negative, digits) = digits(text, 16)?;
    let digits = digits.trim_start_matches('0');
    let (head, tail) = digits.split_at(digits.len().min(31));
    // 31 digits are more than the 53 bits of a double: of the others it only matters whether they are zero.
    let sticky = i128::from(tail.bytes().any(|byte| byte != b'0'));
    let head = if head.is_empty() { 0 } else { i128::from_str_radix(head, 16).ok()? };
    let value = (head | sticky) as f64 * 16_f64.powi(i32::try_from(tail.len()).ok()?);
    value.is_finite().then_some(if negative { -value } else { value })
}

/// The sign and the plain digits of an integer.
fn digits(text: &str, radix: u32) -> Option<(bool, String)> {
    let text = strip(text);
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let text = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(rest) if radix == 16 => rest.strip_prefix('_').unwrap_or(rest),
        _ => text,
    };
    let digits = plain(text, |c| c.is_digit(radix))?;
    let whole = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    whole.then_some((negative, digits))
}

/// The text with ASCII digits and without the underscores that may stand between two digits. `None` if one stands elsewhere.
fn plain(text: &str, is_digit: impl Fn(char) -> bool) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().map(|c| digit(c).map_or(c, |value| char::from(b'0' + value))).peekable();
    while let Some(c) = chars.next() {
        if c != '_' {
            out.push(c);
        } else if !(out.ends_with(&is_digit) && chars.peek().is_some_and(|c| is_digit(*c))) {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_python_reads_them() {
        let readings = [(" 7 ", 7), ("-5", -5), ("+1", 1), ("1_000", 1000), ("٣", 3), ("0x1f", 31), ("0x0X_1F", 31)];
        for (text, value) in readings {
            assert_eq!(int(text), Some(value), "{text}");
        }
        for text in ["", "1.", "1e3", "_1", "1_", "1__0", "0x", "-0x1f", "0XFF", "--1", "1 0", "true"] {
            assert_eq!(int(text), None, "{text}");
        }
    }

    #[test]
    fn doubles_are_read_as_python_reads_them() {
        for (text, value) in
            [(" 1.5\n", 1.5), (".5", 0.5), ("5.", 5.0), ("1_0.0_1e1_0", 10.01e10), ("-INF", f64::NEG_INFINITY)]
        {
            assert_eq!(float(text), Some(value), "{text}");
        }
        assert!(float("-nan").is_some_and(f64::is_nan));
        for text in ["", ".", "e5", "1_.5", "0x1f", "1,5", "in_f"] {
            assert_eq!(float(text), None, "{text}");
        }
        assert_eq!(float_or_hex("0xff"), Some(255.0));
        assert_eq!(
            float_or_hex("0x20000000000001000000000000000000000000001"),
            Some(2_f64.powi(161) + 2_f64.powi(109))
        );
        assert_eq!(float_or_hex(&format!("0x{}", "f".repeat(300))), None);
    }

    #[test]
    fn decimals_are_exact_or_not_at_all() {
        assert_eq!(decimal("1.10", 38, 9), Some(1_100_000_000));
        assert_eq!(decimal("-1_0e-1", 38, 9), Some(-1_000_000_000));
        assert_eq!(decimal("1e3", 38, 0), Some(1000));
        assert_eq!(decimal("0x1f", 38, 0), Some(31));
        assert_eq!(decimal("1.000000000000", 10, 9), Some(1_000_000_000));
        assert_eq!(decimal("99999999999999999999999999999999999999", 38, 0), Some(10_i128.pow(38) - 1));
        for text in ["0.0000000001", "1e29", "nan", "inf", "", ".", "1e5e5", "+-1"] {
            assert_eq!(decimal(text, 38, 9), None, "{text}");
        }
        assert_eq!(decimal("1000", 3, 0), None);
    }

    #[test]
    fn doubles_are_spelled_as_python_spells_them() {
        let spellings = [
            (2.0, "2.0"),
            (1e22, "1e+22"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1e-4, "0.0001"),
            (1.5e-5, "1.5e-05"),
            (-0.0, "-0.0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (5e-324, "5e-324"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in spellings {
            assert_eq!(repr(value), text);
        }
    }

    #[test]
    fn doubles_in_json_are_spelled_as_dlt_spells_them() {
        let spellings = [
            (1.0, "1.0"),
            (1e22, "1e+22"),
            (1e16, "1e+16"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (1.5e-5, "0.000015"),
            (1e-6, "1e-6"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
        ];
        for (value, text) in spellings {
            assert_eq!(json(value), text);
        }
    }
}
