//! The few Unicode facts that dlt's rules lean on, as Python knows them (Unicode 14).

/// The zero of every run of ten decimal digits (general category Nd), ascending.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The value of a decimal digit of any script: `7` and `٧` are both 7.
pub fn digit(c: char) -> Option<u8> {
    let code = u32::from(c);
    let zero = ZEROS.get(ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?)?;
    u8::try_from(code - zero).ok().filter(|value| *value < 10)
}

/// What Python's `str.strip` removes: Unicode white space, and the four ASCII separators U+001C to U+001F.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The text without the white space at its ends.
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_script_have_their_value() {
        assert_eq!(digit('7'), Some(7));
        assert_eq!(digit('٧'), Some(7));
        assert_eq!(digit('९'), Some(9));
        assert_eq!(digit('９'), Some(9));
        assert_eq!(digit('\u{1d7ff}'), Some(9));
        for c in ['a', '/', ':', '²', '½', '一', 'Ⅷ', '\u{1fbfa}', '\u{0}'] {
            assert_eq!(digit(c), None, "{c}");
        }
        assert_eq!((0..=0x10ffff).filter_map(char::from_u32).filter(|c| digit(*c).is_some()).count(), 660);
    }

    #[test]
    fn white_space_is_what_strip_removes() {
        assert_eq!(strip("\u{1c}\u{a0}\u{3000} a\u{200b}\t\n"), "a\u{200b}");
        assert_eq!((0..=0x10ffff).filter_map(char::from_u32).filter(|c| is_space(*c)).count(), 29);
    }
}
