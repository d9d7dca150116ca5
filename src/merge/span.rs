//! Between which values a column's cells lie, as a manifest says it of a file.

use serde_json::Value as Json;
use std::cmp::Ordering;

/// A column of a file.
#[derive(Clone, Copy, Debug)]
pub struct Span<'f> {
    pub nulls: bool,
    pub least: &'f Json,
    pub greatest: &'f Json,
}

impl Span<'_> {
    /// Whether no value of one is a value of the other. `false` where that is not known.
    pub fn apart(&self, other: &Span<'_>) -> bool {
        let below = |a: &Json, b: &Json| compare(a, b) == Some(Ordering::Less);
        !(self.nulls && other.nulls) && (below(self.greatest, other.least) || below(other.greatest, self.least))
    }
}

/// Numbers by value, texts by their bytes, nothing else.
fn compare(a: &Json, b: &Json) -> Option<Ordering> {
    match (a, b) {
        (Json::String(a), Json::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Json::Number(a), Json::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn span(nulls: bool, bounds: &[Json; 2]) -> Span<'_> {
        let [least, greatest] = bounds;
        Span { nulls, least, greatest }
    }

    #[test]
    fn apart_is_what_surely_has_nothing_in_common() {
        let apart = |a: [Json; 2], b: [Json; 2]| {
            let both = [span(false, &a).apart(&span(false, &b)), span(false, &b).apart(&span(false, &a))];
            assert_eq!(both[0], both[1], "whichever is asked");
            both[0]
        };
        assert!(apart([json!(1), json!(9)], [json!(10), json!(12)]));
        assert!(!apart([json!(1), json!(10)], [json!(10), json!(12)]));
        assert!(!apart([json!(1), json!(20)], [json!(10), json!(12)]));
        assert!(apart([json!("a"), json!("b")], [json!("ba"), json!("é")]));
        assert!(!apart([json!("a"), json!("é")], [json!("z"), json!("zz")]));
        assert!(!apart([json!(-0.0), json!(-0.0)], [json!(0.0), json!(1.5)]));
        assert!(!apart([json!(null), json!(null)], [json!(1), json!(2)]), "not known");
        assert!(!apart([json!(true), json!(true)], [json!(1), json!(2)]));
    }

    #[test]
    fn nulls_are_the_same_key() {
        let (low, high) = ([json!(1), json!(2)], [json!(3), json!(4)]);
        assert!(!span(true, &low).apart(&span(true, &high)));
        assert!(span(true, &low).apart(&span(false, &high)));
    }
}
