//! JSON documents made up from choices: as values first, so that the same one can be spelled in many ways.
#![allow(dead_code)] // every test file uses its part

use super::choices::Choices;
use std::fmt::Write;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// What stands in every planted secret that is text, and must be found nowhere.
pub const PLANTED: &str = "Zq7xPLANTEDx7qZ";
/// The same for secrets that are numbers.
pub const PLANTED_NUMBER: i64 = 918_273_645_546_372_819;

/// What documents may hold.
#[derive(Clone, Copy, Default)]
pub struct Style {
    /// Keys that come to one name, keys that come twice, keys of the normalizer itself.
    pub collisions: bool,
    pub secrets: bool,
}

const KEYS: [&str; 12] =
    ["id", "userName", "name", "tags", "home", "a", "b", "createdAt", "größe", "x y", "HTTPServer", "1st"];
/// They come to the same names as others, or to those that child tables, variants and the normalizer's own columns have.
const COLLIDING: [&str; 14] = [
    "user_name",
    "a__b",
    "home__a",
    "value",
    "list",
    "tags__list",
    "_dlt_id",
    "_dlt_parent_id",
    "_dlt_load_id",
    "_dlt_list_idx",
    "a__v_text",
    "b__v_double",
    "",
    "__",
];
/// Keys that say that a secret is under them.
const SECRET_KEYS: [&str; 10] = [
    "password",
    "secretKey",
    "accessKey",
    "connectionString",
    "privateKey",
    "token",
    "sasUrl",
    "clientSecret",
    "api_key",
    "credentials",
];
/// Texts that are secrets wherever they stand: what comes before and after what is planted, and whether other text may come
/// before that.
const SECRET_TEXTS: [(&str, &str, bool); 13] = [
    ("-----BEGIN OPENSSH PRIVATE KEY-----\n", "\n-----END OPENSSH PRIVATE KEY-----", true),
    ("-----BEGIN PRIVATE KEY-----", "", true),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.", "", true),
    ("https://files.example/x?sv=1&sig=", "", true),
    ("https://s3.example/x?X-Amz-Signature=", "&X-Amz-Date=1", true),
    ("AccountName=a;AccountKey=", "==;EndpointSuffix=example.net", true),
    ("Server=db;Password=", "", true),
    ("sftp://user:", "@files.example/in", false),
    ("$2b$12$", "", false),
    ("{bcrypt}$2a$10$", "", false),
    ("Bearer ", "0123456789", false),
    ("PuTTY-User-Key-File-2: ssh-rsa\n", "", false),
    ("{\"type\": \"service_account\", \"key\": \"", "\"}", false),
];

/// A list of records: most of one shape, so that the fast reader has its share, some of any.
pub fn records(c: &mut Choices, style: Style) -> Vec<Json> {
    let shape: Vec<&str> = (0..1 + c.below(5)).map(|_| c.pick(&KEYS)).collect();
    let shape = distinct(shape.into_iter().map(|key| (key.to_owned(), Json::Null)).collect(), style);
    let count = c.below(40);
    let mut records = Vec::new();
    for number in 0..count {
        if c.is_over() {
            break;
        }
        records.push(match c.below(12) {
            0 => object(c, style, 0),
            1 => value(c, style, 3),
            kind => Json::Object(shape.iter().map(|(key, _)| (key.clone(), regular(c, key, number, kind))).collect()),
        });
    }
    records
}

/// What stands under a key in record after record.
fn regular(c: &mut Choices, key: &str, number: u64, kind: u64) -> Json {
    let row = |n: u64| {
        Json::Object(vec![("n".into(), Json::Number(n.to_string())), ("t".into(), Json::Text(format!("t{}", n % 5)))])
    };
    match key {
        "id" => Json::Number(number.to_string()),
        "tags" if kind < 8 => Json::List((0..kind % 3).map(row).collect()),
        "tags" => Json::List(vec![Json::Text("x".into()), Json::List(vec![row(number)])]),
        "home" => row(number),
        "createdAt" => Json::Text(format!("2024-05-{:02}T07:08:09.{number:03}Z", 1 + number % 28)),
        "a" => Json::Number(format!("{number}.{kind}")),
        "b" => Json::Bool(kind > 6),
        _ => Json::Text(c.pick(&["v1", "v2", "größe", "\u{1F980}\n\"\\"]).into()),
    }
}

fn object(c: &mut Choices, style: Style, depth: u32) -> Json {
    let mut members = Vec::new();
    for _ in 0..c.below(7) {
        let keys: &[&str] = if style.collisions && c.one_in(4) { &COLLIDING } else { &KEYS };
        let key = c.pick(keys);
        members.push((key.to_owned(), value(c, style, depth)));
    }
    if style.secrets && c.one_in(4) {
        members.push(match (c.below(5), secret_text(c)) {
            (4, Json::Text(key)) => (key, secret(c, depth)),
            _ => (c.pick(&SECRET_KEYS).to_owned(), secret(c, depth)),
        });
    }
    Json::Object(distinct(members, style))
}

/// No key twice, unless that is asked for.
fn distinct(mut members: Vec<(String, Json)>, style: Style) -> Vec<(String, Json)> {
    if !style.collisions {
        let mut seen = Vec::new();
        members.retain(|(key, _)| {
            let new = !seen.contains(key);
            seen.push(key.clone());
            new
        });
    }
    members
}

fn value(c: &mut Choices, style: Style, depth: u32) -> Json {
    match c.below(if depth > 4 { 6 } else { 10 }) {
        0..5 => scalar(c),
        5 if style.secrets => secret_text(c),
        5 => scalar(c),
        6 | 7 => object(c, style, depth + 1),
        _ => Json::List((0..c.below(4)).map(|_| value(c, style, depth + 1)).collect()),
    }
}

fn scalar(c: &mut Choices) -> Json {
    let number = |text: String| Json::Number(text);
    let text = |text: &str| Json::Text(text.to_owned());
    match c.below(14) {
        0 => Json::Null,
        1 => Json::Bool(true),
        2 => Json::Bool(false),
        3 => number(c.below(100).to_string()),
        4 => number((c.next() as i64).to_string()),
        5 => number(format!("{}.{}", c.below(200), c.below(100))),
        6 => number(format!("{}e{}", c.below(100), c.below(40) as i64 - 20)),
        7 => {
            number(c.pick(&["-0", "-0.0", "9223372036854775807", "-9223372036854775808", "9223372036854775808"]).into())
        }
        8 => {
            number(format!("{}{:019}", c.pick(&["1", "-99999999999999999999", "12345678901234567890"]), c.next() >> 1))
        }
        9 => text(c.pick(&["2024-05-06T07:08:09.123Z", "2024-05-06", "07:08:09", "2024-05-06 07:08:09+02:00"])),
        10 => text(c.pick(&["12", "-1.5", "true", "null", "{\"a\": [1, null]}", "0x1F", "TWFu"])),
        11 => {
            text(c.pick(&["", "plain", "ümläut", "日本\n\"\\/\t\r\u{8}\u{c}\u{1}", "\u{1F600}", "a=b", "a--b", "x.ey"]))
        }
        12 => Json::Text("long ".repeat(c.below(40) as usize)),
        _ => Json::Text(format!("key{}", c.below(50))),
    }
}

/// What stands under a key that says so: of any type but those that give nothing away.
pub fn secret(c: &mut Choices, depth: u32) -> Json {
    match c.below(if depth > 4 { 2 } else { 5 }) {
        0 | 4 => Json::Text(PLANTED.into()),
        1 => Json::Number(PLANTED_NUMBER.to_string()),
        2 => Json::List((0..1 + c.below(2)).map(|_| secret(c, depth + 1)).collect()),
        _ => Json::Object(vec![(c.pick(&["name", "a", PLANTED]).to_owned(), secret(c, depth + 1))]),
    }
}

/// A text that is a secret under any key.
pub fn secret_text(c: &mut Choices) -> Json {
    let (before, after, anywhere) = c.pick(&SECRET_TEXTS);
    let lead = if anywhere { "ä b ".repeat(c.below(20) as usize) } else { String::new() };
    Json::Text(format!("{lead}{before}{PLANTED}{after}"))
}

/// How values are written: all of it means the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spelling {
    /// White space wherever it may stand.
    pub space: &'static str,
    /// So many characters in a row are written plainly before one that is escaped; 0: only those that must be are.
    pub escape_every: usize,
    /// Shuffles the members of every object.
    pub order: Option<u64>,
}

impl Spelling {
    pub fn any(c: &mut Choices) -> Spelling {
        Spelling {
            space: c.pick(&["", "", " ", "\n        ", "\t\r\n"]),
            escape_every: c.pick(&[0, 0, 1, 3, 7]),
            order: None,
        }
    }
}

impl Json {
    pub fn spell(&self, spelling: Spelling) -> String {
        let mut out = String::new();
        self.write(&mut out, spelling);
        out
    }

    fn write(&self, out: &mut String, spelling: Spelling) {
        let space = spelling.space;
        out.push_str(space);
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(text) => out.push_str(text),
            Json::Text(text) => quote(out, text, spelling.escape_every),
            Json::List(items) => {
                out.push('[');
                for (place, item) in items.iter().enumerate() {
                    out.push_str(if place == 0 { "" } else { "," });
                    item.write(out, spelling);
                }
                out.push_str(space);
                out.push(']');
            }
            Json::Object(members) => {
                let mut order: Vec<usize> = (0..members.len()).collect();
                if let Some(seed) = spelling.order {
                    let mut c = Choices::Seed(seed ^ out.len() as u64);
                    (1..order.len()).for_each(|place| order.swap(place, c.below(place as u64 + 1) as usize));
                }
                out.push('{');
                for (place, member) in order.into_iter().enumerate() {
                    let (key, value) = &members[member];
                    out.push_str(if place == 0 { "" } else { "," });
                    out.push_str(space);
                    quote(out, key, spelling.escape_every);
                    out.push_str(space);
                    out.push(':');
                    value.write(out, spelling);
                }
                out.push_str(space);
                out.push('}');
            }
        }
        out.push_str(space);
    }
}

fn quote(out: &mut String, text: &str, escape_every: usize) {
    out.push('"');
    for (place, c) in text.chars().enumerate() {
        let escaped = escape_every > 0 && place % escape_every == escape_every - 1;
        match c {
            _ if escaped => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(out, "\\u{unit:04x}").unwrap()),
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => write!(out, "\\u{:04X}", c as u32).unwrap(),
            c => out.push(c),
        }
    }
    out.push('"');
}
