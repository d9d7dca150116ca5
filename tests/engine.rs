//! What must hold for any document: the way the bytes are cut does not matter, nor which of the two readers took a record,
//! nor the order of the keys; a planted secret is nowhere; nothing panics.

use gatelake::normalize::{Load, Loaded, Options, Part, Select, schema::Schema};

/// xorshift64: the seed in a failing test's message makes the same document again.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
}

const KEYS: [&str; 14] = [
    "id",
    "userName",
    "user_name",
    "name",
    "tags",
    "home",
    "a__b",
    "a",
    "b",
    "createdAt",
    "größe",
    "x y",
    "value",
    "list",
];

fn scalar(c: &mut Chance) -> String {
    match c.below(12) {
        0 => "null".into(),
        1 => "true".into(),
        2 => "false".into(),
        3 => format!("{}", c.next() as i32),
        4 => format!("{}", c.next() as i64),
        5 => format!("{}.{}", c.below(1000), c.below(100)),
        6 => format!("{}e{}", c.below(100), c.below(30) as i64 - 10),
        7 => "\"2024-05-06T07:08:09.123Z\"".into(),
        8 => {
            format!("\"{}\"", c.pick(&["", "plain", "mit \\u00fcmlaut", "日本\\n\\\"", "12", "true", "\\ud83d\\ude00"]))
        }
        9 => format!("\"{}\"", "long ".repeat(c.below(40) as usize)),
        10 => "123456789012345678901234567890".into(),
        _ => format!("\"key{}\"", c.below(50)),
    }
}

fn value(c: &mut Chance, depth: u32) -> String {
    if depth > 4 || c.below(10) < 6 {
        return scalar(c);
    }
    if c.one_in(2) {
        object(c, depth + 1)
    } else {
        let n = c.below(4);
        let items: Vec<String> = (0..n).map(|_| value(c, depth + 1)).collect();
        format!("[{}]", items.join(", "))
    }
}

fn object(c: &mut Chance, depth: u32) -> String {
    let n = c.below(7);
    let members: Vec<String> = (0..n).map(|_| format!("\"{}\":{}", c.pick(&KEYS), value(c, depth))).collect();
    format!("{{{}}}", members.join(","))
}

fn document(seed: u64) -> String {
    let mut c = Chance(seed | 1);
    // Records of one shape over and over, so that the fast reader has its share, and now and then another one.
    let shape: Vec<&str> = (0..4).map(|_| c.pick(&["id", "name", "tags", "home", "createdAt"])).collect();
    let records: Vec<String> = (0..c.below(60))
        .map(|i| match c.below(24) {
            0 => object(&mut c, 0),
            1 => scalar(&mut c),
            _ => {
                let members: Vec<String> = shape
                    .iter()
                    .map(|key| match key.len() {
                        2 => format!("\"{key}\": {i}"),
                        4 => format!("\"{key}\" :[{{\"n\":{i}, \"t\":\"x\"}},{{\"n\":2}}]"),
                        _ => format!("\"{key}\":\"v{}\"", c.below(9)),
                    })
                    .collect();
                format!("{{ {} }}", members.join(" , "))
            }
        })
        .collect();
    format!("[{}]", records.join(",\n"))
}

struct Answer {
    loaded: Result<Loaded, String>,
    parts: Vec<Part>,
    thorough: u64,
}

fn run(bytes: &[u8], chunk: usize, thorough: bool, options: Options) -> Answer {
    let mut load = Load::new("users", options, Schema::default(), "1700000000.5").unwrap();
    if thorough {
        load = load.thorough();
    }
    let mut parts = Vec::new();
    let result = (|| {
        load.begin_body(Select::Root)?;
        for chunk in bytes.chunks(chunk.max(1)) {
            load.feed(chunk)?;
            parts.extend(load.take_parts());
        }
        load.end_body()?;
        let loaded = load.finish()?;
        parts.extend(load.take_parts());
        Ok(loaded)
    })();
    Answer {
        loaded: result.map_err(|error: gatelake::error::Error| error.to_string()),
        parts,
        thorough: load.thorough_records(),
    }
}

fn same(a: &Answer, b: &Answer, what: &str) {
    assert_eq!(a.loaded, b.loaded, "{what}");
    let bytes = |answer: &Answer| {
        let mut files = std::collections::BTreeMap::<(String, u32), Vec<u8>>::new();
        for part in &answer.parts {
            files.entry((part.table.clone(), part.file)).or_default().extend(&part.bytes);
        }
        files
    };
    assert!(bytes(a) == bytes(b), "{what}: the files' bytes differ");
}

#[test]
fn cuts_and_readers_do_not_matter() {
    let (mut fast, mut all) = (0, 0);
    for seed in 1..400 {
        let document = document(seed * 7919);
        let whole = run(document.as_bytes(), usize::MAX, false, Options::default());
        for chunk in [1, 7, 64, 777] {
            let cut = run(document.as_bytes(), chunk, false, Options::default());
            same(&whole, &cut, &format!("seed {seed}, chunks of {chunk}: {document}"));
        }
        let slow = run(document.as_bytes(), usize::MAX, true, Options::default());
        same(&whole, &slow, &format!("seed {seed}, thorough against fast: {document}"));
        all += slow.thorough;
        fast += slow.thorough - whole.thorough;
    }
    assert!(fast > 1000, "the fast reader had only {fast} of {all} records: the test shows little");
}

#[test]
fn keyed_rows_have_the_same_ids_either_way() {
    let options = || Options { primary_key: vec!["id".into()], ..Options::default() };
    let record = |i: u64| match i % 3 {
        0 => format!("{{\"id\":{i},\"tags\":[1,2],\"name\":\"n\"}}"),
        1 => format!("{{\"tags\":[1,2],\"id\":{i},\"name\":\"n\"}}"),
        _ => format!("{{\"name\":\"n\",\"id\":{i}}}"),
    };
    let document = format!("[{}]", (0..200).map(record).collect::<Vec<_>>().join(","));
    let fast = run(document.as_bytes(), 333, false, options());
    let slow = run(document.as_bytes(), usize::MAX, true, options());
    same(&fast, &slow, "keyed");
    assert!(fast.loaded.as_ref().unwrap().stable_ids);
    assert!(fast.thorough < 100, "{} of 200 records were read the thorough way", fast.thorough);
    let missing = run(b"[{\"id\":1},{\"name\":\"x\"}]", 99, false, options());
    assert!(missing.loaded.unwrap_err().contains("`id` is null or missing"));
}

#[test]
fn the_digest_knows_content_not_order() {
    for key in [vec!["id".to_owned()], Vec::new()] {
        let digest = |document: &str| {
            let options = Options { primary_key: key.clone(), ..Options::default() };
            let answer = run(document.as_bytes(), 50, false, options);
            answer.loaded.unwrap().tables.into_iter().map(|table| (table.name, table.digest)).collect::<Vec<_>>()
        };
        let a = digest(r#"[{"id":1,"n":"x","k":[{"v":1},{"v":2}]},{"id":2,"n":"y","k":[{"v":3}]}]"#);
        assert_eq!(a, digest(r#"[{"id":2,"n":"y","k":[{"v":3}]},{"k":[{"v":1},{"v":2}],"n":"x","id":1}]"#));
        // A key that changes hands is a change of the child table, though the same values are in it.
        let moved = digest(r#"[{"id":1,"n":"x","k":[{"v":1}]},{"id":2,"n":"y","k":[{"v":3},{"v":2}]}]"#);
        assert_eq!(a[0], moved[0]);
        assert_ne!(a[1], moved[1]);
        // Rows without a key hang from their root row's content.
        let renamed = digest(r#"[{"id":1,"n":"z","k":[{"v":1},{"v":2}]},{"id":2,"n":"y","k":[{"v":3}]}]"#);
        assert_ne!(a[0], renamed[0]);
        assert_eq!(a[1] == renamed[1], !key.is_empty());
    }
}

#[test]
fn any_bytes_are_answered_and_never_panic() {
    let mut c = Chance(42);
    for seed in 1..300 {
        let mut bytes = document(seed * 104_729).into_bytes();
        for _ in 0..1 + c.below(4) {
            if bytes.is_empty() {
                break;
            }
            let at = c.below(bytes.len() as u64) as usize;
            match c.below(3) {
                0 => bytes[at] = c.next() as u8,
                1 => bytes.truncate(at),
                _ => bytes.insert(at, b"{}[]\",:0\\"[c.below(9) as usize]),
            }
        }
        let whole = run(&bytes, usize::MAX, false, Options::default());
        let cut = run(&bytes, 5, false, Options::default());
        assert_eq!(whole.loaded, cut.loaded, "seed {seed}: {}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn errors_say_where() {
    let error = |document: &str| run(document.as_bytes(), 3, false, Options::default()).loaded.unwrap_err();
    let text = error("[{\"a\":1},{\"b\":{\"c/d\":[1,tru]}}]");
    assert!(text.contains("byte 27") && text.contains("\"/1/b/c~1d/1\""), "{text}");
    let text = error("[{\"a\":1},{\"b\":2");
    assert!(text.contains("ends before") && text.contains("byte 15"), "{text}");
    let text = error("[{\"a\":\"\\ud800\"}]");
    assert!(text.contains("surrogate") && text.contains("\"/0/a\""), "{text}");
}
