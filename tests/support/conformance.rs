//! What every store must do, whatever it is made of. Answers instead of panicking, so that it can run where a panic says
//! nothing.

use gatelake::error::Error;
use gatelake::host::{Cond, Put, Store};

type Check = Result<(), String>;

fn expect(holds: bool, what: &str) -> Check {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn failed(error: Error) -> String {
    format!("the store failed: {error:?}")
}

/// Writes below `prefix` (empty or ending in `/`), which must hold nothing, and leaves it so.
pub async fn conformance(store: &impl Store, prefix: &str) -> Check {
    create_only(store, &format!("{prefix}create")).await?;
    compare_and_swap(store, &format!("{prefix}swap")).await?;
    contents_and_metadata(store, &format!("{prefix}meta")).await?;
    listing(store, &format!("{prefix}list/")).await?;
    deletion(store, prefix).await
}

async fn create_only(store: &impl Store, key: &str) -> Check {
    expect(store.get(key).await.map_err(failed)?.is_none(), "what is not there cannot be read")?;
    expect(store.head(key).await.map_err(failed)?.is_none(), "what is not there has no head")?;
    let first = store.put(key, b"one", Cond::Create, &[]).await.map_err(failed)?;
    let Put::Done(etag) = first else { return Err("a create-only put of a new key is done".into()) };
    expect(store.put(key, b"two", Cond::Create, &[]).await.map_err(failed)? == Put::Lost, "a second one is lost")?;
    let object = store.get(key).await.map_err(failed)?.ok_or("what was put can be read")?;
    expect(object.bytes == b"one", "a lost put changes nothing")?;
    expect(object.head.etag == etag, "a read tells the version that the put told")
}

async fn compare_and_swap(store: &impl Store, key: &str) -> Check {
    let never = Cond::Match("00000000000000000000000000000000".into());
    let lost = store.put(key, b"x", never.clone(), &[]).await.map_err(failed)?;
    expect(lost == Put::Lost, "what is not there has no version to match")?;
    expect(store.get(key).await.map_err(failed)?.is_none(), "and is not made by it")?;
    let Put::Done(first) = store.put(key, b"one", Cond::Always, &[]).await.map_err(failed)? else {
        return Err("an unconditional put is done".into());
    };
    expect(store.put(key, b"x", never, &[]).await.map_err(failed)? == Put::Lost, "another version does not match")?;
    let swap = store.put(key, b"two", Cond::Match(first.clone()), &[]).await.map_err(failed)?;
    let Put::Done(second) = swap else { return Err("the version that is there matches".into()) };
    expect(first != second, "another content is another version")?;
    let again = store.put(key, b"three", Cond::Match(first), &[]).await.map_err(failed)?;
    expect(again == Put::Lost, "a version that was replaced does not match")?;
    let object = store.get(key).await.map_err(failed)?.ok_or("what was put can be read")?;
    expect(object.bytes == b"two" && object.head.etag == second, "the winner's content stays")
}

async fn contents_and_metadata(store: &impl Store, key: &str) -> Check {
    let all: Vec<u8> = (0..=255).collect();
    // Some stores check a body against this.
    let sha256 = gatelake::lake::paths::sha256(&all);
    let meta = [("sha256", sha256.as_str()), ("writer", "1795459200.000-00000001")];
    store.put(key, &all, Cond::Always, &meta).await.map_err(failed)?;
    let head = store.head(key).await.map_err(failed)?.ok_or("what was put has a head")?;
    expect(head.key == key && head.size == 256, "a head has key and size")?;
    for (name, value) in meta {
        let has = head.meta.iter().any(|(n, v)| n == name && v == value);
        expect(has, &format!("a head has the metadata {name}"))?;
    }
    expect(store.get(key).await.map_err(failed)?.is_some_and(|object| object.bytes == all), "every byte comes back")?;
    store.put(key, b"", Cond::Always, &[]).await.map_err(failed)?;
    let object = store.get(key).await.map_err(failed)?.ok_or("an empty object can be read")?;
    expect(object.bytes.is_empty() && object.head.size == 0, "it is empty")?;
    expect(object.head.meta.is_empty(), "metadata are those of the last put")
}

async fn listing(store: &impl Store, prefix: &str) -> Check {
    let mut keys: Vec<String> = (0..7).map(|n| format!("{prefix}{n}-{}", n * 7 % 10)).collect();
    keys.push(format!("{prefix}a/b/c"));
    for key in keys.iter().rev() {
        store.put(key, key.as_bytes(), Cond::Create, &[]).await.map_err(failed)?;
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    for _ in 0..100 {
        let page = store.list(prefix, cursor.as_deref(), 2).await.map_err(failed)?;
        expect(page.heads.len() <= 2, "a page of a listing has at most the heads that were asked for")?;
        let sized = page.heads.iter().all(|head| head.size == head.key.len() as u64);
        expect(sized, "a listing has sizes")?;
        seen.extend(page.heads.into_iter().map(|head| head.key));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    expect(seen == keys, &format!("all keys of the prefix, once each, in order: {seen:?}"))?;
    let none = store.list(&format!("{prefix}none"), None, 1).await.map_err(failed)?;
    expect(none.heads.is_empty() && none.cursor.is_none(), "a listing of nothing is empty")
}

async fn deletion(store: &impl Store, prefix: &str) -> Check {
    let (mut keys, mut cursor) = (vec![format!("{prefix}never-there")], None);
    loop {
        let page = store.list(prefix, cursor.as_deref(), 1000).await.map_err(failed)?;
        keys.extend(page.heads.into_iter().map(|head| head.key));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    expect(keys.len() > 8, "the listing of a shorter prefix has what lies below it")?;
    store.delete(&keys).await.map_err(failed)?;
    expect(store.list(prefix, None, 1000).await.map_err(failed)?.heads.is_empty(), "what was deleted is gone")?;
    store.delete(&keys).await.map_err(failed)
}
