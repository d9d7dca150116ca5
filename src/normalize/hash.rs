#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Id(u64, u64);
impl Id {
    pub fn write_base64(&self, out: &mut [u8; 14]) {
        *out = *b"AAAAAAAAAAAAAA";
    }
    pub fn seed(&self) -> u64 {
        self.0
    }
    pub fn from_text(_: &str) -> Id {
        Id(1, 2)
    }
}
pub fn child_id(p: Id, s: u64, i: u64) -> Id {
    Id(p.0 ^ s, p.1 + i)
}
pub fn root_id(l: u64, s: u64, o: u64) -> Id {
    Id(l ^ s, o)
}
pub fn key_id(_: &mut [(&str, String)]) -> Id {
    Id(3, 4)
}
