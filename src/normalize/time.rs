pub fn detect_timestamp(_: &[u8]) -> Option<i64> {
    None
}
