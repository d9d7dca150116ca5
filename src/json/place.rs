//! Where in a JSON value a byte is: worked out only when an error has to say it, so that reading itself keeps no path.

use super::scan::{byte, key, skip_space, skip_value};
use crate::gateway::redact::{secret_key_name, shown_key};

/// Appends `/part` to a JSON pointer (RFC 6901: `~` and `/` are escaped). A key that is a secret is not shown.
pub fn push_part(pointer: &mut String, part: &str) {
    pointer.push('/');
    pointer.push_str(&shown_key(part).replace('~', "~0").replace('/', "~1"));
}

/// Appends the path from the value at `from` down to the innermost member or item that holds `target`. Stops where the value
/// cannot be read, and at a key under which everything is secret: so may be the keys in there.
pub fn push_inner(pointer: &mut String, b: &[u8], from: usize, target: usize) {
    let mut at = from;
    // Each round goes one level down; a value that cannot be skipped is the one with the error in it.
    'level: loop {
        let mut index = 0;
        let open = byte(b, at);
        if !matches!(open, b'{' | b'[') || target <= at {
            return;
        }
        at = skip_space(b, at + 1);
        loop {
            let (mut part, mut secret) = (String::new(), false);
            let value = if open == b'{' {
                match key(b, at) {
                    Ok((name, value)) if target >= name.after() => {
                        let name = name.value(b);
                        push_part(&mut part, &name);
                        secret = secret_key_name(&name) || shown_key(&name) != name;
                        value
                    }
                    _ => return,
                }
            } else {
                push_part(&mut part, &index.to_string());
                at
            };
            match skip_value(b, value, 0) {
                Ok(end) if target >= end => {
                    at = skip_space(b, end);
                    if byte(b, at) != b',' {
                        return;
                    }
                    at = skip_space(b, at + 1);
                    index += 1;
                    if target < at {
                        return;
                    }
                }
                _ => {
                    pointer.push_str(&part);
                    if secret {
                        return;
                    }
                    at = value;
                    continue 'level;
                }
            }
        }
    }
}
