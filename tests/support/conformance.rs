//! What every store must do, whatever it is made of. Answers instead of panicking, so that it can run where a panic says
//! nothing.

use gatelake::error::Error;
use gatelake::host::{Cond, Put, Store};
use std::cell::Cell;

type Check = Result<(), String>;

/// A store under test, and how much was checked of it.
struct Suite<'a, S> {
    store: &'a S,
    checked: Cell<u32>,
}

fn failed(error: Error) -> String {
    format!("the store failed: {error:?}")
}

/// Writes below `prefix` (empty or ending in `/`), which must hold nothing, and leaves it so.
/// The answer: how many checks held.
pub async fn conformance(store: &impl Store, prefix: &str) -> Result<u32, String> {
    let suite = Suite { store, checked: Cell::new(0) };
    suite.create_only(&format!("{prefix}create")).await?;
    suite.compare_and_swap(&format!("{prefix}swap")).await?;
    suite.contents_and_metadata(&format!("{prefix}meta")).await?;
    suite.listing(&format!("{prefix}list/")).await?;
    suite.deletion(prefix).await?;
    Ok(suite.checked.get())
}

impl<S: Store> Suite<'_, S> {
    fn expect(&self, holds: bool, what: &str) -> Check {
        self.checked.set(self.checked.get() + 1);
        if holds { Ok(()) } else { Err(what.into()) }
    }

    async fn create_only(&self, key: &str) -> Check {
        self.expect(self.store.get(key).await.map_err(failed)?.is_none(), "what is not there cannot be read")?;
        self.expect(self.store.head(key).await.map_err(failed)?.is_none(), "what is not there has no head")?;
        let first = self.store.put(key, b"one", Cond::Create, &[]).await.map_err(failed)?;
        let Put::Done(etag) = first else { return Err("a create-only put of a new key is done".into()) };
        self.expect(
            self.store.put(key, b"two", Cond::Create, &[]).await.map_err(failed)? == Put::Lost,
            "a second one is lost",
        )?;
        let object = self.store.get(key).await.map_err(failed)?.ok_or("what was put can be read")?;
        self.expect(object.bytes == b"one", "a lost put changes nothing")?;
        self.expect(object.head.etag == etag, "a read tells the version that the put told")
    }

    async fn compare_and_swap(&self, key: &str) -> Check {
        let never = Cond::Match("00000000000000000000000000000000".into());
        let lost = self.store.put(key, b"x", never.clone(), &[]).await.map_err(failed)?;
        self.expect(lost == Put::Lost, "what is not there has no version to match")?;
        self.expect(self.store.get(key).await.map_err(failed)?.is_none(), "and is not made by it")?;
        let Put::Done(first) = self.store.put(key, b"one", Cond::Always, &[]).await.map_err(failed)? else {
            return Err("an unconditional put is done".into());
        };
        self.expect(
            self.store.put(key, b"x", never, &[]).await.map_err(failed)? == Put::Lost,
            "another version does not match",
        )?;
        let swap = self.store.put(key, b"two", Cond::Match(first.clone()), &[]).await.map_err(failed)?;
        let Put::Done(second) = swap else { return Err("the version that is there matches".into()) };
        self.expect(first != second, "another content is another version")?;
        let again = self.store.put(key, b"three", Cond::Match(first), &[]).await.map_err(failed)?;
        self.expect(again == Put::Lost, "a version that was replaced does not match")?;
        let object = self.store.get(key).await.map_err(failed)?.ok_or("what was put can be read")?;
        self.expect(object.bytes == b"two" && object.head.etag == second, "the winner's content stays")
    }

    async fn contents_and_metadata(&self, key: &str) -> Check {
        let all: Vec<u8> = (0..=255).collect();
        // Some stores check a body against this.
        let sha256 = gatelake::lake::paths::sha256(&all);
        let meta = [("sha256", sha256.as_str()), ("writer", "1795459200.000-00000001")];
        self.store.put(key, &all, Cond::Always, &meta).await.map_err(failed)?;
        let head = self.store.head(key).await.map_err(failed)?.ok_or("what was put has a head")?;
        self.expect(head.key == key && head.size == 256, "a head has key and size")?;
        for (name, value) in meta {
            let has = head.meta.iter().any(|(n, v)| n == name && v == value);
            self.expect(has, &format!("a head has the metadata {name}"))?;
        }
        self.expect(
            self.store.get(key).await.map_err(failed)?.is_some_and(|object| object.bytes == all),
            "every byte comes back",
        )?;
        self.store.put(key, b"", Cond::Always, &[]).await.map_err(failed)?;
        let object = self.store.get(key).await.map_err(failed)?.ok_or("an empty object can be read")?;
        self.expect(object.bytes.is_empty() && object.head.size == 0, "it is empty")?;
        self.expect(object.head.meta.is_empty(), "metadata are those of the last put")
    }

    async fn listing(&self, prefix: &str) -> Check {
        let mut keys: Vec<String> = (0..7).map(|n| format!("{prefix}{n}-{}", n * 7 % 10)).collect();
        keys.push(format!("{prefix}a/b/c"));
        for key in keys.iter().rev() {
            self.store.put(key, key.as_bytes(), Cond::Create, &[]).await.map_err(failed)?;
        }
        let (mut seen, mut cursor) = (Vec::new(), None);
        for _ in 0..100 {
            let page = self.store.list(prefix, cursor.as_deref(), 2).await.map_err(failed)?;
            self.expect(page.heads.len() <= 2, "a page of a listing has at most the heads that were asked for")?;
            let sized = page.heads.iter().all(|head| head.size == head.key.len() as u64);
            self.expect(sized, "a listing has sizes")?;
            seen.extend(page.heads.into_iter().map(|head| head.key));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        self.expect(seen == keys, &format!("all keys of the prefix, once each, in order: {seen:?}"))?;
        let none = self.store.list(&format!("{prefix}none"), None, 1).await.map_err(failed)?;
        self.expect(none.heads.is_empty() && none.cursor.is_none(), "a listing of nothing is empty")
    }

    async fn deletion(&self, prefix: &str) -> Check {
        let (mut keys, mut cursor) = (vec![format!("{prefix}never-there")], None);
        loop {
            let page = self.store.list(prefix, cursor.as_deref(), 1000).await.map_err(failed)?;
            keys.extend(page.heads.into_iter().map(|head| head.key));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        self.expect(keys.len() > 8, "the listing of a shorter prefix has what lies below it")?;
        self.store.delete(&keys).await.map_err(failed)?;
        self.expect(
            self.store.list(prefix, None, 1000).await.map_err(failed)?.heads.is_empty(),
            "what was deleted is gone",
        )?;
        self.store.delete(&keys).await.map_err(failed)
    }
}
