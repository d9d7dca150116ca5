//! Documents that list things of the program: nothing missing, nothing that is no longer there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn sources(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, ending, found);
        } else if path.extension().is_some_and(|end| end == ending) {
            found.push(path);
        }
    }
}

/// What stands between `open` and `close`, wherever it does.
fn between<'t>(text: &'t str, open: &'t str, close: char) -> impl Iterator<Item = &'t str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split(close).next())
}

fn is_code(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// The codes that errors and warnings are made with, tests apart: the first text that stands alone in a call that makes one.
fn codes_of_the_program() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "rs", &mut files);
    let mut codes = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap().replace("js_sys::Error::new(", "");
        let makers =
            ["Error::new(", "Refusal::new(", "error(Kind::", "told(Kind::", "limit(", "warnings.add(", "Warning::new("];
        for call in makers.iter().flat_map(|maker| text.split(maker).skip(1)) {
            let head: String = call.chars().take(120).collect();
            codes.extend(between(&head, "\"", '"').next().filter(|code| is_code(code)).map(str::to_owned));
        }
    }
    codes
}

/// The codes that the npm module and its command line make by themselves.
fn codes_of_the_module() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["npm/cli", "npm/module", "npm/store"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), "js", &mut files);
    }
    let mut codes = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        // The fourth is a row of a table of meanings, the last a refusal with its status.
        for maker in ["StoreError('", "Failure('", "GatelakeError('", ": ['", "refuse(4"] {
            for call in text.split(maker).skip(1) {
                let call = if maker == "refuse(4" { call.split_once('\'').map_or("", |(_, rest)| rest) } else { call };
                codes.extend(
                    call.split('\'').next().filter(|code| is_code(code) && code.contains('_')).map(str::to_owned),
                );
            }
        }
    }
    // Words by themselves.
    codes.extend(["system", "stopped", "denied", "internal"].map(str::to_owned));
    codes
}

#[test]
fn every_code_is_in_the_list_of_errors_and_no_other() {
    let module = codes_of_the_module();
    assert!(module.len() > 20, "{module:?}");
    let program: BTreeSet<String> = codes_of_the_program().union(&module).cloned().collect();
    assert!(program.len() > 80, "{program:?}");
    let document = read("docs/errors.md");
    let mut listed = BTreeSet::new();
    for line in document.lines().filter(|line| line.starts_with("| `")) {
        let first = line.trim_start_matches('|').split('|').next().unwrap();
        listed.extend(first.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    let missing: Vec<_> = program.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&program).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in docs/errors.md: {missing:?}; not in the program: {gone:?}");
}

/// The keys that `src/config` asks its sections for.
fn keys_of_the_program() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for file in ["src/config/mod.rs", "src/config/gateway.rs"] {
        let text = read(file);
        for ask in ["text(", "texts(", "binding(", "flag(", "number(", "choice(", "section("] {
            let asked = between(&text, ask, ')').filter_map(|call| call.strip_prefix('"')?.split('"').next());
            keys.extend(asked.map(str::to_owned));
        }
    }
    keys.retain(|key| !["limits", "lake", "resources"].contains(&key.as_str()));
    // Asked for by way of a variable.
    keys.extend(["enabled", "primary_key", "merge_key", "redact", "reveal", "schema_contract"].map(str::to_owned));
    keys
}

#[test]
fn every_key_is_in_the_configurations_document_and_its_examples_work() {
    let document = read("docs/configuration.md");
    let mut listed = BTreeSet::new();
    for line in document.lines().filter(|line| line.starts_with("| `")) {
        let first = line.trim_start_matches('|').split('|').next().unwrap();
        listed.extend(first.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    assert_eq!(listed, keys_of_the_program());

    let examples: Vec<&str> = between(&document, "```toml\n", '`').collect();
    assert!(examples.len() >= 3);
    for example in examples.into_iter().chain([read("gatelake.toml").as_str()]) {
        gatelake::config::Plan::parse(example).unwrap_or_else(|error| panic!("{error}\n{example}"));
    }
    let named = between(&read("README.md"), "   ```toml\n", '`').next().map(|text| text.replace('…', "0")).unwrap();
    gatelake::config::Plan::parse(&named).unwrap_or_else(|error| panic!("{error}\n{named}"));
}
