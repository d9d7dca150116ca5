pub mod redact {
    pub fn secret_key_name(n: &str) -> bool {
        n == "password"
    }
    pub fn secret_value(t: &str) -> Option<&'static str> {
        t.contains("-----BEGIN").then_some("pem")
    }
    #[inline]
    pub fn may_be_secret(b: &[u8]) -> bool {
        b.len() >= 20 && b.starts_with(b"-----B")
    }
}
