//! Which snapshot is meant, as people write it.

use super::paths;
use crate::normalize::time::detect_timestamp;

/// A snapshot, by its place in the history, its id or a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The one that readers see now.
    Current,
    /// The one before it.
    Previous,
    Id(String),
    /// The one that readers saw then: milliseconds since the Unix epoch.
    At(i64),
}

impl Moment {
    /// `current`, `previous`, a time as in [`Moment::time`], or else an id.
    pub fn parse(text: &str) -> Moment {
        match text {
            "current" => Moment::Current,
            "previous" => Moment::Previous,
            _ => Moment::time(text).map_or_else(|| Moment::Id(text.into()), Moment::At),
        }
    }

    /// Milliseconds since the Unix epoch, of at least 11 digits, or a time of ISO 8601 (`2026-11-23T18:00:00Z`). An id is none:
    /// it counts seconds, and has a fraction.
    pub fn time(text: &str) -> Option<i64> {
        if text.len() > 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok();
        }
        match paths::scheduled_time(text) {
            Some(_) => None,
            None => Some(detect_timestamp(text.as_bytes())?.div_euclid(1000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_times_are_told_apart() {
        assert_eq!(Moment::parse("current"), Moment::Current);
        assert_eq!(Moment::parse("previous"), Moment::Previous);
        assert_eq!(Moment::parse("1795456800.000"), Moment::Id("1795456800.000".into()));
        assert_eq!(Moment::parse("1795456800123"), Moment::At(1_795_456_800_123));
        assert_eq!(Moment::parse("2026-11-23T18:00:00Z"), Moment::At(1_795_456_800_000));
        assert_eq!(Moment::parse("2026-11-23T19:00:00.5+01:00"), Moment::At(1_795_456_800_500));
        for other in ["", "yesterday", "1.000", "1795456800"] {
            assert_eq!(Moment::parse(other), Moment::Id(other.into()));
        }
    }
}
