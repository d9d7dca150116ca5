//! Records as they came, without tables: those of all of a resource's bodies, as the items of one JSON array.

use super::thorough::Secrets;
use super::{Envelope, Select, no_body};
use crate::error::Result;
use crate::json::compact::push_value;
use crate::json::reader::{Reader, Records};
use crate::json::scan::{Scan, skip_value};

/// Bodies in, chunk by chunk, and JSON text out, each record on a line of its own. Nothing passes but redacted: by key and by look,
/// as inside of a column that keeps JSON.
#[derive(Default)]
pub struct Array {
    reader: Option<Reader>,
    out: Out,
}

#[derive(Default)]
struct Out {
    text: String,
    begun: bool,
}

impl Array {
    /// A new body begins (a resource has one a page).
    pub fn begin_body(&mut self, select: Select) {
        self.reader = Some(Reader::new(select));
    }

    /// The body's next bytes. Errors are those of a load.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<()> {
        self.reader.as_mut().ok_or_else(no_body)?.feed(chunk, &mut self.out)
    }

    /// The body is whole: a cut one is an error. Says what stood around the records.
    pub fn end_body(&mut self) -> Result<Envelope> {
        self.reader.take().ok_or_else(no_body)?.end(&mut self.out)
    }

    /// The text that is ready; call it after each `feed` to keep memory small.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.out.text)
    }

    /// No more bodies: the array is closed (then `take` once more).
    pub fn finish(&mut self) {
        self.out.text.push_str(if self.out.begun { "\n]\n" } else { "[\n]\n" });
    }
}

impl Records for Out {
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        let end = skip_value(b, at, 0)?;
        self.text.push_str(if self.begun { ",\n" } else { "[\n" });
        self.begun = true;
        push_value(&mut self.text, b, at, &Secrets, &mut 0)?;
        Ok(end)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of bodies that arrive in chunks of that many bytes.
    fn array(bodies: &[&str], size: usize) -> String {
        let (mut array, mut text) = (Array::default(), String::new());
        for body in bodies {
            array.begin_body(if body.starts_with('[') { Select::Root } else { Select::Envelope });
            for chunk in body.as_bytes().chunks(size) {
                array.feed(chunk).unwrap();
                text += &array.take();
            }
            array.end_body().unwrap();
        }
        array.finish();
        text + &array.take()
    }

    #[test]
    fn pages_become_one_array_whatever_the_chunks() {
        let pages = [
            r#"{"content": [{"id": 9007199254740993, "a" : "x\ny"}, {"id": 2}], "last": false}"#,
            r#"{"content": [], "last": false}"#,
            r#"[{"id": 3, "none": null, "big": 123456789012345678901234567890}]"#,
        ];
        let expected = "[\n{\"id\":9007199254740993,\"a\":\"x\\ny\"},\n{\"id\":2},\n\
                        {\"id\":3,\"none\":null,\"big\":123456789012345678901234567890}\n]\n";
        for size in [1, 7, 1000] {
            assert_eq!(array(&pages, size), expected, "{size}");
        }
        assert_eq!(array(&[], 1), "[\n]\n");
        assert_eq!(array(&[r#"["AES256", 1]"#], 3), "[\n\"AES256\",\n1\n]\n");
    }

    #[test]
    fn secrets_do_not_pass_by_key_or_by_look_at_any_depth() {
        let body = r#"[{"password": "p", "usesPassword": true, "note": "$2a$10$abcdefghijklmnopqrstuv", "deep": {"list": [{"secretKey": ["s"]}, "Bearer abcdefghijklmnopqrstuvwxyz"]}}]"#;
        let expected = "[\n{\"password\":\"***\",\"usesPassword\":true,\"note\":\"***\",\"deep\":{\"list\":[{\"secretKey\":\"***\"},\"***\"]}}\n]\n";
        assert_eq!(array(&[body], 5), expected);
    }
}
