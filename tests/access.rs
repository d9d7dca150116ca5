//! Who can get in: keys beside what ssh-keygen says of them, and rows and findings written by hand.

use gatelake::access::{Finding, Key, Reading, Reviewing, State, keys, written};
use gatelake::error::Error;
use gatelake::normalize::{Load, Options, Select};
use gatelake::view::Tables;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn file(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/access/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn only(text: &str) -> Key {
    let mut found = keys(text);
    let key = found.next().unwrap();
    assert_eq!(found.next(), None, "{text}");
    key
}

/// The type as `ssh-keygen -l` writes it.
fn short(kind: &str) -> String {
    let kind = kind.split('@').next().unwrap();
    let (kind, certificate) = kind.strip_suffix("-cert-v01").map_or((kind, ""), |kind| (kind, "-CERT"));
    let (kind, hardware) = kind.strip_prefix("sk-").map_or((kind, ""), |kind| (kind, "-SK"));
    let kind = match kind {
        "ssh-rsa" => "RSA",
        "ssh-dss" => "DSA",
        "ssh-ed25519" => "ED25519",
        curve if curve.starts_with("ecdsa-sha2-nistp") => "ECDSA",
        other => other,
    };
    format!("{kind}{hardware}{certificate}")
}

#[test]
fn keys_are_what_ssh_keygen_says_they_are() {
    let said = file("fingerprints.txt");
    assert!(said.lines().count() >= 20);
    for line in said.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let (name, bits, fingerprint, kind) = (words[0], words[1], words[2], words[words.len() - 1]);
        let text = file(name);
        let key = only(&text);
        assert_eq!(key.state, State::Whole, "{name}");
        assert_eq!(key.bits.unwrap().to_string(), bits, "{name}");
        assert_eq!(written(&key.fingerprint.unwrap()), fingerprint, "{name}");
        assert_eq!(format!("({})", short(key.kind.as_deref().unwrap())), kind, "{name}");
        let weak = kind.starts_with("(DSA") || (kind.starts_with("(RSA") && bits.parse::<u32>().unwrap() < 2048);
        assert_eq!(key.is_weak(), weak, "{name}");
        // The key by itself, without type or comment, and with what Windows leaves behind.
        let blob = text.split(' ').find(|word| word.starts_with("AAAA")).unwrap();
        assert_eq!(only(blob), key, "{name}");
        assert_eq!(only(&format!("\r\n# old\r\n{}\r\n", text.trim())), key, "{name}");
    }
}

#[test]
fn other_forms_of_a_key_are_read_as_far_as_they_can_be() {
    let plain = only(&file("rsa-3072.pub"));
    assert_eq!(only(&file("rfc4716.txt")), plain);
    assert_eq!(only(&file("pkcs8.txt")), Key::default(), "PKCS#8 has no type and no fingerprint of OpenSSH's");
    let two = format!("{}{}", file("rsa-3072.pub"), file("ed25519.pub"));
    assert_eq!(keys(&two).collect::<Vec<_>>(), [plain.clone(), only(&file("ed25519.pub"))]);
    assert_eq!(keys(" \n\n# nothing\n").count(), 0);
    // Another type before the key than in it: OpenSSH refuses that, and yet it is known what is there.
    let mixed = only(&file("rsa-3072.pub").replace("ssh-rsa", "ssh-dss"));
    assert_eq!(mixed, Key { state: State::Unreadable, ..plain });
}

/// A binary form made of fields, in base64.
fn encoded(fields: &[&[u8]]) -> String {
    use base64::Engine;
    let mut blob = Vec::new();
    for field in fields {
        blob.extend((field.len() as u32).to_be_bytes());
        blob.extend(*field);
    }
    base64::engine::general_purpose::STANDARD.encode(blob)
}

#[test]
fn a_key_that_is_refused_keeps_its_type_and_its_fingerprint() {
    let future = only(&format!("ssh-future {} x", encoded(&[b"ssh-future", &[7; 40]])));
    assert_eq!((future.kind.as_deref(), future.state, future.bits), (Some("ssh-future"), State::Unknown, None));
    // From `python3 -c "import hashlib,base64,struct; s=lambda b: struct.pack('>I',len(b))+b; print(base64.b64encode(
    // hashlib.sha256(s(b'ssh-future')+s(b'\x07'*40)).digest()))"`.
    assert_eq!(written(&future.fingerprint.unwrap()), FUTURE);
    let short = only(&format!("ssh-ed25519 {}", encoded(&[b"ssh-ed25519", &[7; 31]])));
    assert_eq!((short.kind.as_deref(), short.state, short.bits), (Some("ssh-ed25519"), State::Unreadable, None));
    assert!(short.fingerprint.is_some());
    // Leading zeros are no bits: a modulus of 1024 bits in 129 bytes, then one of 1021 in 128.
    for (first, bits) in [(0x80, 1024), (0x10, 1021)] {
        let mut modulus = vec![0u8; 128];
        (modulus[0], modulus[127]) = (first, 1);
        if first & 0x80 != 0 {
            modulus.insert(0, 0);
        }
        assert_eq!(only(&encoded(&[b"ssh-rsa", &[1, 0, 1], &modulus])).bits, Some(bits));
    }
}

const FUTURE: &str = "SHA256:6WSPD11pjSfge5HcCBa+iN3JYgxflFJRIIrIAGngZgY";

#[test]
fn hostile_texts_are_no_keys_and_do_no_harm() {
    let long = "A".repeat(1 << 20);
    let quotes = "\"".repeat(100_001);
    let cut = &file("rsa-4096.pub")[..300];
    let claims = encoded(&[&[b'x'; 65], b"too long a type"]);
    let control = encoded(&[b"ssh-\x00rsa", b"x"]);
    for text in [
        "?",
        "ssh-rsa",
        "ssh-rsa !!!! x",
        "AAAA",
        "AAAA////",
        &long,
        &quotes,
        cut,
        &claims,
        &control,
        "\u{202e}ssh-rsa \u{0}",
        "---- BEGIN SSH2 PUBLIC KEY ----",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n",
        "<script>alert(1)</script>",
    ] {
        let key = only(text);
        assert_ne!(key.state, State::Whole, "{}", text.chars().take(80).collect::<String>());
        assert!(key.kind.as_deref().is_none_or(|kind| kind.bytes().all(|b| b.is_ascii_graphic())));
    }
}

/// Tables as the engine makes them of these bodies.
fn tables(bodies: &[(&str, Value)], options: &Options) -> Tables {
    let mut tables = Tables::new();
    for (table, body) in bodies {
        let mut load = Load::new(table, options.clone(), Default::default(), "1").unwrap();
        load.begin_body(Select::Root).unwrap();
        load.feed(body.to_string().as_bytes()).unwrap();
        load.end_body().unwrap();
        tables.finish(&mut load).unwrap();
    }
    tables
}

/// The rows of the review, as text, without what they all have; and its summary as JSON.
fn review(tables: &Tables, rows_a_step: usize) -> Result<(Vec<BTreeMap<String, String>>, Value), Error> {
    let mut work = Reviewing::new(tables, "2")?;
    while !work.step(tables, rows_a_step)? {}
    let summary = serde_json::to_value(work.summary().unwrap()).unwrap();
    let made = work.tables();
    let names: Vec<String> = made.list()[0].columns.iter().map(|column| column.name.clone()).collect();
    assert_eq!(made.list()[0].name, "access_review");
    let cells = made.cells(0, None, 0..usize::MAX, &(0..names.len()).collect::<Vec<_>>(), 10_000).unwrap();
    let row = |row: usize| {
        let cells = names.iter().zip(&cells).filter_map(|(name, cells)| Some((name.clone(), cells[row].clone()?)));
        cells.filter(|(name, _)| !name.starts_with("_dlt_") && name != "not_provided").collect()
    };
    Ok(((0..made.rows(0).unwrap() as usize).map(row).collect(), summary))
}

fn row(cells: &[(&str, &str)]) -> BTreeMap<String, String> {
    cells.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn key(name: &str) -> String {
    file(&format!("{name}.pub")).trim().to_owned()
}

/// What ssh-keygen said.
fn fingerprint(name: &str) -> String {
    let said = file("fingerprints.txt");
    let line = said.lines().find(|line| line.starts_with(&format!("{name}.pub "))).unwrap();
    line.split(' ').nth(2).unwrap().to_owned()
}

fn three() -> Vec<(&'static str, Value)> {
    let users = json!([
        { "id": 1, "username": "zoe", "enabled": true, "userType": "SFTP", "usesPassword": false, "homeFolderId": 0,
          "allowedIps": ["198.51.100.0/24", "192.0.2.7"],
          "publicKeys": [
            { "id": 5, "name": "laptop", "value": key("ed25519"), "enabled": true, "createdDate": "2025-01-02T03:04:05Z" },
            { "id": 6, "name": "old", "value": key("rsa-1024"), "enabled": true, "createdDate": null },
            { "id": 7, "name": "gone", "value": key("dsa"), "enabled": false, "createdDate": null }],
          "permissions": [{ "userId": 1, "folderId": 0, "permission": "READ_WRITE" }, { "userId": 1, "folderId": 2, "permission": "READ" }] },
        { "id": 2, "username": "ada", "enabled": false, "userType": "SFTP", "usesPassword": true, "homeFolderId": 2,
          "publicKeys": [{ "id": 8, "name": "copy", "value": key("ed25519-cert"), "enabled": true, "createdDate": null }], "permissions": [] },
        { "id": 3, "username": "bob", "enabled": true, "userType": "SFTP", "usesPassword": false, "homeFolderId": 9,
          "publicKeys": [], "permissions": [] },
        { "id": 4, "username": "root", "enabled": true, "userType": "ADMIN", "usesPassword": true, "homeFolderId": null,
          "publicKeys": [{ "id": 9, "name": "junk", "value": "not a key", "enabled": true, "createdDate": null }] }
    ]);
    let folders = json!([
        { "id": 0, "parentId": null, "name": "/", "absolutePath": "/", "cloudConnectionInheritedId": 1 },
        { "id": 2, "parentId": 0, "name": "in", "absolutePath": "/in", "cloudConnectionInheritedId": 7 }
    ]);
    vec![("users", users), ("folders", folders), ("cloud_connections", json!([{ "id": 1, "name": "main" }]))]
}

/// The rows of [`three`], by hand.
fn expected() -> Vec<BTreeMap<String, String>> {
    let ada = [
        ("user", "ada"),
        ("user_type", "SFTP"),
        ("enabled", "false"),
        ("uses_password", "true"),
        ("home_folder", "/in"),
        ("folder", "/in"),
        // The connection is not among the connections: its id is all there is.
        ("cloud_connection", "7"),
        ("key_name", "copy"),
        ("key_type", "ssh-ed25519-cert-v01@openssh.com"),
        ("key_bits", "256"),
        ("key_fingerprint", &fingerprint("ed25519")),
        ("disabled_keys", "0"),
        ("findings", "shared_key, disabled_with_keys"),
    ];
    let bob = [
        ("user", "bob"),
        ("user_type", "SFTP"),
        ("enabled", "true"),
        ("uses_password", "false"),
        ("home_folder", "#9"),
        ("folder", "#9"),
        ("disabled_keys", "0"),
        ("findings", "no_credential, unknown_folder"),
    ];
    let root = [
        ("user", "root"),
        ("user_type", "ADMIN"),
        ("enabled", "true"),
        ("uses_password", "true"),
        ("key_name", "junk"),
        ("disabled_keys", "0"),
        ("findings", "unreadable_key"),
    ];
    let mut rows = vec![row(&ada), row(&bob), row(&root)];
    for (folder, permission, connection) in [("/", "READ_WRITE", "main"), ("/in", "READ", "7")] {
        for laptop in [true, false] {
            let mut zoe = row(&[
                ("user", "zoe"),
                ("user_type", "SFTP"),
                ("enabled", "true"),
                ("uses_password", "false"),
                ("home_folder", "/"),
                ("folder", folder),
                ("permission", permission),
                ("cloud_connection", connection),
                ("allowed_ips", "192.0.2.7, 198.51.100.0/24"),
                ("disabled_keys", "1"),
            ]);
            zoe.append(&mut match laptop {
                true => row(&[
                    ("key_name", "laptop"),
                    ("key_type", "ssh-ed25519"),
                    ("key_bits", "256"),
                    ("key_fingerprint", &fingerprint("ed25519")),
                    ("key_created", "2025-01-02T03:04:05.000000Z"),
                    ("findings", "shared_key"),
                ]),
                false => row(&[
                    ("key_name", "old"),
                    ("key_type", "ssh-rsa"),
                    ("key_bits", "1024"),
                    ("key_fingerprint", &fingerprint("rsa-1024")),
                    ("findings", "weak_key"),
                ]),
            });
            rows.push(zoe);
        }
    }
    rows
}

#[test]
fn a_row_for_every_folder_with_every_key_and_what_is_to_be_said() {
    let tables = tables(&three(), &Options::default());
    let (rows, summary) = review(&tables, 20_000).unwrap();
    assert_eq!(rows, expected());
    assert_eq!((&summary["users"], &summary["keys"]), (&json!(4), &json!(4)));
    let found = summary["findings"].as_array().unwrap().iter();
    let found: Vec<_> = found.map(|one| (one["code"].as_str().unwrap(), one["count"].as_u64().unwrap())).collect();
    let counts = [
        ("weak_key", 1),
        ("shared_key", 2),
        ("no_credential", 1),
        ("unreadable_key", 1),
        ("disabled_with_keys", 1),
        ("unknown_folder", 1),
    ];
    assert_eq!(found, counts);
    assert_eq!(summary["not_provided"], json!(["last_login", "user_expires", "key_expires"]));
    assert_eq!(summary["reach"]["folders"], json!(["#9", "/", "/in"]));
    assert_eq!(summary["reach"]["users"][3], json!({ "name": "zoe", "enabled": true, "home": "/" }));
    assert_eq!(summary["reach"]["permissions"].as_array().unwrap().len(), 4);
    // In steps of any size it is the same.
    for rows_a_step in [1, 3] {
        assert_eq!(review(&tables, rows_a_step).unwrap().0, rows);
    }
}

#[test]
fn names_by_other_conventions_and_nested_folders_are_the_same() {
    let direct = Options { naming: "direct".into(), ..Options::default() };
    let mut bodies = three();
    assert_eq!(review(&tables(&bodies, &direct), 100).unwrap().0, expected());
    // The home folder as an object, and no list of folders: what hangs from it is known, the other folders by their ids.
    let folders = bodies[1].1.as_array().unwrap().clone();
    for user in bodies[0].1.as_array_mut().unwrap() {
        let id = user.as_object_mut().unwrap().remove("homeFolderId").unwrap();
        user["homeFolder"] = folders.iter().find(|folder| folder["id"] == id).cloned().unwrap_or(Value::Null);
    }
    assert_eq!(review(&tables(&bodies, &Options::default()), 100).unwrap().0[0], expected()[0]);
    bodies.truncate(1);
    let (rows, _) = review(&tables(&bodies, &Options::default()), 100).unwrap();
    assert_eq!(rows[0]["folder"], "/in");
    assert!(rows.iter().all(|row| !row.get("findings").is_some_and(|said| said.contains("unknown_folder"))));
}

#[test]
fn version_2_tells_less_and_says_so() {
    let users = json!([
        { "username": "ada", "bucketName": "files", "path": "/ada", "pubSsh": key("ecdsa-256"), "uidNumber": "10001" },
        { "username": "bob", "bucketName": "files", "path": "/bob", "pubSsh": "", "uidNumber": "10002" }
    ]);
    let (rows, summary) = review(&tables(&[("users", users)], &Options::default()), 100).unwrap();
    let ada = [
        ("user", "ada"),
        ("home_folder", "/ada"),
        ("folder", "/ada"),
        ("cloud_connection", "files"),
        ("key_type", "ecdsa-sha2-nistp256"),
        ("key_bits", "256"),
        ("key_fingerprint", &fingerprint("ecdsa-256")),
    ];
    let bob = [
        ("user", "bob"),
        ("home_folder", "/bob"),
        ("folder", "/bob"),
        ("cloud_connection", "files"),
        ("findings", "no_key"),
    ];
    assert_eq!(rows, [row(&ada), row(&bob)]);
    let unsaid = [
        "user_type",
        "enabled",
        "uses_password",
        "permission",
        "allowed_ips",
        "key_name",
        "key_created",
        "disabled_keys",
        "last_login",
        "user_expires",
        "key_expires",
    ];
    assert_eq!(summary["not_provided"], json!(unsaid));
}

#[test]
fn no_users_is_an_error_and_an_empty_list_of_them_an_empty_table() {
    let folders = tables(&[("folders", json!([{ "id": 0 }]))], &Options::default());
    assert_eq!(review(&folders, 100).unwrap_err().code(), "no_users");
    let mut none = tables(&[], &Options::default());
    let schema =
        serde_json::from_value(json!({ "name": "users", "columns": [{ "name": "username", "data_type": "text" }] }));
    let schema = schema.unwrap();
    none.add(&schema, gatelake::normalize::empty_file(&schema, "1").unwrap()).unwrap();
    let (rows, summary) = review(&none, 100).unwrap();
    assert_eq!((rows.len(), &summary["users"]), (0, &json!(0)));
}

#[test]
fn codes_are_found_one_by_one() {
    for one in Finding::ALL {
        for other in Finding::ALL.into_iter().filter(|other| *other != one) {
            assert!(!one.code().contains(other.code()), "{} in {}", other.code(), one.code());
        }
    }
}

#[test]
fn what_would_not_fit_is_refused() {
    let users = json!([{ "username": "ada" }, { "username": "a".repeat(2_000) }]);
    let tables = tables(&[("users", users)], &Options::default());
    let schema = tables.schema(0).unwrap();
    let mut reading = Reading::new([schema], 1_500).unwrap();
    let cells = tables.batch(0, None, 0..2).unwrap();
    let cells: Vec<_> = tables.specs(0).unwrap().iter().zip(&cells).collect();
    assert_eq!(reading.take(0, &cells).unwrap_err().code(), "review_too_large");

    // A thousand folders with five thousand keys would be five million rows.
    let permissions: Vec<Value> = (0..1_000).map(|id| json!({ "folderId": id, "permission": "READ" })).collect();
    let keys: Vec<Value> = (0..5_000).map(|id| json!({ "id": id, "value": "?" })).collect();
    let hostile = json!([{ "username": "ada", "permissions": permissions, "publicKeys": keys }]);
    let tables = self::tables(&[("users", hostile)], &Options::default());
    assert_eq!(review(&tables, 20_000).unwrap_err().code(), "review_too_large");
}

#[test]
fn hostile_values_stay_values() {
    let name = "__proto__\u{202e}<img src=x onerror=alert(1)>,\"\n=1+1";
    let users = json!([{ "username": name, "enabled": "perhaps", "usesPassword": 7, "homeFolderId": { "id": [] }, "homeFolder": 3,
        "publicKeys": [{ "value": 12 }, { "value": null, "name": "empty" }, { "value": { "a": 1 } }], "permissions": "all" }]);
    let (rows, _) = review(&tables(&[("users", users)], &Options::default()), 100).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["user"] == name && row["findings"].contains("unreadable_key")), "{rows:?}");
    assert!(rows.iter().all(|row| !row.contains_key("enabled") && !row.contains_key("uses_password")), "{rows:?}");
}
