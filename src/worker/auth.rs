//! Who may use the API: whoever shows the token, nobody if there is none.

use crate::secret::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The secret binding that holds the API's token.
pub const TOKEN: &str = "GATELAKE_TOKEN";

/// A shorter token could be guessed: it opens nothing.
pub const SHORTEST: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Granted,
    /// No token is configured, or too short a one: the API is closed to everybody.
    Closed,
    /// The request shows no token, or another one.
    Denied,
}

/// Judges an `Authorization` header. The hashes are compared, in constant time: neither the token nor its length shows.
pub fn judge(token: Option<&Secret>, authorization: Option<&str>) -> Access {
    let Some(token) = token.filter(|token| token.reveal().trim().len() >= SHORTEST) else { return Access::Closed };
    let Some((scheme, shown)) = authorization.and_then(|header| header.split_once(' ')) else { return Access::Denied };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Access::Denied;
    }
    let same = Sha256::digest(shown.as_bytes()).ct_eq(&Sha256::digest(token.reveal().as_bytes()));
    if bool::from(same) { Access::Granted } else { Access::Denied }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens() {
        let token = Secret::new("correct horse battery");
        assert_eq!(judge(Some(&token), Some("Bearer correct horse battery")), Access::Granted);
        assert_eq!(judge(Some(&token), Some("bearer correct horse battery")), Access::Granted);
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer correct",
            "Bearer correct horse battery ",
            "Bearer Correct horse battery",
            "Basic correct horse battery",
            "correct horse battery",
            "Bearer  correct horse battery",
            "Token correct horse battery",
        ] {
            assert_eq!(judge(Some(&token), Some(header)), Access::Denied, "{header:?}");
        }
        assert_eq!(judge(Some(&token), None), Access::Denied);
        assert_eq!(judge(None, Some("Bearer ")), Access::Closed);
        for weak in ["", "  ", "hunter2", "                "] {
            assert_eq!(judge(Some(&Secret::new(weak)), Some(&format!("Bearer {weak}"))), Access::Closed);
        }
    }
}
