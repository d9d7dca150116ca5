//! `[gateway.NAME]`: where a gateway is, how to log in, and what to pull.

use super::read::{Section, guess};
use super::{Auth, Client, Dialect, Gateway, Limits, Pull, Setting, Transport};
use crate::access;
use crate::gateway::catalogue::{Api, RESOURCES, Records, Resource};
use crate::gateway::url::Base;
use crate::lake::Disposition;
use crate::lake::plan::ShrinkGuard;
use crate::normalize::disposition::instant;
use crate::normalize::hints::Hint;
use crate::normalize::names::Naming;
use crate::normalize::schema::SortOrder;
use crate::normalize::{Contract, Merge, Mode, Options, Strategy, Validity, WriteDisposition};

const APIS: [(&str, Option<Api>); 3] = [("auto", None), ("2", Some(Api::V2)), ("3", Some(Api::V3))];
const DIALECTS: [(&str, Dialect); 4] = [
    ("auto", Dialect::Auto),
    ("login", Dialect::Login),
    ("oauth-token", Dialect::OauthToken),
    ("v2-header", Dialect::V2Header),
];
const RECORDS: [(&str, Records); 3] =
    [("envelope", Records::Envelope), ("root", Records::Root), ("list", Records::List)];
const DISPOSITIONS: [(&str, Disposition); 3] =
    [("replace", Disposition::Replace), ("append", Disposition::Append), ("merge", Disposition::Merge)];
const NAMINGS: [(&str, &str); 6] = [
    ("snake_case", "snake_case"),
    ("direct", "direct"),
    ("sql_ci_v1", "sql_ci_v1"),
    ("sql_cs_v1", "sql_cs_v1"),
    ("duck_case", "duck_case"),
    ("s3_tables", "s3_tables"),
];
const MODES: [(&str, Mode); 4] = [
    ("evolve", Mode::Evolve),
    ("freeze", Mode::Freeze),
    ("discard_row", Mode::DiscardRow),
    ("discard_value", Mode::DiscardValue),
];
const ORDERS: [(&str, SortOrder); 2] = [("asc", SortOrder::Asc), ("desc", SortOrder::Desc)];
/// Keys that say how a merge goes, and mean nothing to a load that does not merge.
const OF_MERGE: [&str; 5] =
    ["strategy", "validity_column_names", "active_record_timestamp", "hard_delete", "dedup_sort"];
/// Those of them that are about versions.
const OF_VERSIONS: [&str; 2] = ["validity_column_names", "active_record_timestamp"];
/// Headers that the client sets itself.
const OWN_HEADERS: [&str; 6] = ["accept", "authorization", "content-length", "content-type", "host", "user-agent"];

/// `None` when the section is too wrong to be a gateway; its problems are noted.
pub(super) fn read(section: &Section, limits: &Limits, shrink: ShrinkGuard) -> Option<Gateway> {
    let dataset = section.name().to_owned();
    let fits = dataset.starts_with(|c: char| c.is_ascii_lowercase())
        && dataset.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && dataset.len() <= 60
        && !dataset.ends_with('_')
        && !dataset.contains("__");
    if !fits {
        section.problem(
            "",
            "the name of a gateway is its dataset's: small letters, digits and single `_`, from a letter on",
        );
    }
    let base = base(section);
    let api = api(section);
    let auth = auth(section, api);
    let transport = transport(section);
    let direct = section.flag("direct").unwrap_or(false);
    let headers = headers(&section.section("headers"));
    let options = columns(section);
    let resources = resources(&section.section("resources"), api, &options, shrink);
    let access_review = access_review(section, &resources);
    let limits = limits.clone();
    let (base, auth) = (base?, auth?);
    Some(Gateway { dataset, base, api, auth, transport, direct, headers, limits, access_review, resources })
}

fn base(section: &Section) -> Option<Base> {
    let allow_http = section.flag("allow_http").unwrap_or(false);
    let Some(text) = section.text("base_url") else {
        if !section.has("base_url") {
            section.problem("base_url", "is missing: write for example \"https://sftp.example.com\"");
        }
        return None;
    };
    match Base::parse(&text, allow_http) {
        Ok(base) => Some(base),
        Err(error) => {
            let help = error.remedy().map(|help| format!(". {help}")).unwrap_or_default();
            section.problem("base_url", &format!("{}{help}", error.message()));
            None
        }
    }
}

fn api(section: &Section) -> Option<Api> {
    section.choice("api", &APIS).flatten()
}

fn auth(section: &Section, api: Option<Api>) -> Option<Auth> {
    section.refuse_secret("password", "password_secret");
    section.refuse_secret("token", "token_secret");
    section.refuse_secret("client_secret", "client_secret_secret");
    let dialect = section.choice("auth", &DIALECTS).unwrap_or(Dialect::Auto);
    let username = section.text("username");
    let password_secret = section.binding("password_secret");
    let client = client(section);
    if let Some(token_secret) = section.binding("token_secret") {
        for key in ["auth", "username", "password_secret", "client_id", "client_id_secret", "client_secret_secret"] {
            if section.has(key) {
                section
                    .problem(key, "means nothing beside `token_secret`: a token that is already there needs no login");
            }
        }
        return Some(Auth::Token { token_secret });
    }
    for (key, what) in [
        ("username", "is missing: the web admin whose login is used, or name a token with `token_secret` instead"),
        ("password_secret", "is missing: the secret binding that holds the password"),
    ] {
        if !section.has(key) && !section.has("token_secret") {
            section.problem(key, what);
        }
    }
    if client.is_none() && matches!(dialect, Dialect::Login | Dialect::OauthToken) {
        section.problem(
            "client_id",
            "is missing: this login needs `client_id` and `client_secret_secret`, which the appliance keeps \
             as security.client-id and security.client-secret in /opt/sftpgw/application.properties",
        );
    }
    if client.is_none() && dialect == Dialect::Auto && api == Some(Api::V3) {
        section.problem(
            "client_id",
            "is missing: API 3 needs `client_id` and `client_secret_secret`, which the appliance keeps \
             as security.client-id and security.client-secret in /opt/sftpgw/application.properties",
        );
    }
    if client.is_some() && dialect == Dialect::V2Header {
        section.problem("client_id", "means nothing to the login of API 2, which knows no client pair");
    }
    Some(Auth::Password { dialect, username: username?, password_secret: password_secret?, client })
}

fn client(section: &Section) -> Option<Client> {
    let text = section.text("client_id");
    let binding = section.binding("client_id_secret");
    let secret = section.binding("client_secret_secret");
    if section.has("client_id") && section.has("client_id_secret") {
        section.problem("client_id", "stands beside `client_id_secret`: only one of the two can be meant");
    }
    let named = section.has("client_id") || section.has("client_id_secret");
    if named != section.has("client_secret_secret") {
        section.problem("client_id", "and `client_secret_secret` go together: one of them is missing");
    }
    let id = text.map(Setting::Text).or(binding.map(Setting::Binding));
    Some(Client { id: id?, secret: secret? })
}

fn transport(section: &Section) -> Transport {
    let Some(text) = section.text("transport") else { return Transport::Fetch };
    let identifier = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    match text.strip_prefix("binding:") {
        Some(name) if identifier(name) => return Transport::Binding(name.to_owned()),
        None if text == "fetch" => {}
        _ => section
            .problem("transport", "must be \"fetch\" or \"binding:NAME\" with the name of a service or VPC binding"),
    }
    Transport::Fetch
}

/// Free names of headers, each with the binding that holds its value.
fn headers(section: &Section) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (key, value) in section.keys() {
        let name = key.to_ascii_lowercase();
        let Some(binding) = value.as_str() else {
            section.problem(key, "must be the name of a secret binding, in quotes");
            continue;
        };
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) || OWN_HEADERS.contains(&name.as_str()) {
            section.problem(key, "is no header that can be set here");
        } else if headers.iter().any(|(other, _)| *other == name) {
            section.problem(key, "stands there twice, in different capitals");
        } else if section.binding_name(key, binding) {
            headers.push((name, binding.to_owned()));
        }
    }
    headers
}

/// The columns to redact and to let through, for all resources alike.
fn columns(section: &Section) -> Options {
    let mut options = Options::default();
    for (key, list) in [("redact", &mut options.redact), ("reveal", &mut options.reveal)] {
        for name in section.texts(key).unwrap_or_default() {
            let table = name.split_once('.').filter(|(_, column)| !column.is_empty() && !column.contains('.'));
            let root = table.map(|(table, _)| table.split("__").next().unwrap_or_default());
            let tables: Vec<&str> = RESOURCES.iter().map(|resource| resource.table).collect();
            match root {
                Some(root) if tables.contains(&root) => list.push(name),
                Some(root) => section.problem(key, &format!("names a table that there is not{}", guess(root, &tables))),
                None => section.problem(key, "takes names of the form \"table.column\""),
            }
        }
    }
    if options.redact.iter().any(|name| options.reveal.contains(name)) {
        section.problem("reveal", "names a column that `redact` names too");
    }
    options
}

fn resources(section: &Section, api: Option<Api>, options: &Options, shrink: ShrinkGuard) -> Vec<Pull> {
    let mut pulls = Vec::new();
    for resource in &RESOURCES {
        let (on, part) = section.switch(resource.table, resource.on);
        let pull = pull(&part, resource, options, shrink);
        part.finish();
        let Some(api) = api else {
            pulls.extend(on.then_some(pull));
            continue;
        };
        let there = resource.path(api).is_some();
        if on && !there && section.has(resource.table) {
            section.problem(resource.table, &format!("API {} does not have it", api.number()));
        }
        pulls.extend((on && there).then_some(pull));
    }
    section.finish();
    pulls
}

/// A review is made from what is there now, so rows that were once there must not stay.
fn access_review(section: &Section, resources: &[Pull]) -> bool {
    let on = section.flag("access_review").unwrap_or(false);
    let sources = || resources.iter().filter(|pull| access::RESOURCES.contains(&pull.resource.table));
    if on && !sources().any(|pull| pull.resource.table == access::USERS_TABLE) {
        section.problem("access_review", "needs the resource `users`, which is off");
    }
    if let Some(pull) = sources().find(|pull| on && pull.disposition != Disposition::Replace) {
        let name = pull.resource.table;
        section.problem(
            "access_review",
            &format!("needs `{name}` to be replaced: else its table also holds what once was"),
        );
    }
    on
}

/// One mode for tables, columns and data types alike, or a mode for each. The file says all there is to say: where it says
/// nothing, what an earlier one said does not go on.
fn contract(section: &Section) -> Contract {
    const KEY: &str = "schema_contract";
    if !section.keys().any(|(key, value)| key == KEY && value.is_table()) {
        return section.choice(KEY, &MODES).map(Contract::all).unwrap_or_default();
    }
    let part = section.section(KEY);
    let contract = Contract {
        tables: part.choice("tables", &MODES).unwrap_or_default(),
        columns: part.choice("columns", &MODES).unwrap_or_default(),
        data_type: part.choice("data_type", &MODES).unwrap_or_default(),
    };
    part.finish();
    contract
}

/// Names of columns, each once.
fn key(section: &Section, name: &'static str) -> Vec<String> {
    let Some(key) = section.texts(name) else { return Vec::new() };
    let twice = key.iter().enumerate().any(|(n, name)| key.iter().skip(n + 1).any(|other| other == name));
    if key.is_empty() || twice || key.iter().any(|name| name.trim().is_empty()) {
        section.problem(name, "takes the names of one or more columns, each once");
    }
    key
}

/// How rows are merged, where they are; a merge without what it tells rows by is none.
fn write_disposition(section: &Section, disposition: Disposition, options: &Options) -> WriteDisposition {
    let strategy = section.choice("strategy", &Strategy::NAMED);
    let names = section.texts("validity_column_names");
    let active = section.text("active_record_timestamp");
    if disposition != Disposition::Merge {
        for key in OF_MERGE.into_iter().filter(|key| section.has(key)) {
            section.problem(key, "is about `disposition = \"merge\"` alone");
        }
        return WriteDisposition::default();
    }
    let strategy = strategy.unwrap_or_default();
    let keyless = options.primary_key.is_empty();
    match strategy {
        Strategy::DeleteInsert if keyless && options.merge_key.is_empty() => {
            section.problem("disposition", "\"merge\" needs a `primary_key` or a `merge_key` that tells rows apart");
        }
        Strategy::Upsert | Strategy::InsertOnly if keyless => {
            section.problem("strategy", "needs a `primary_key`");
        }
        _ => {}
    }
    let validity = match strategy {
        Strategy::Scd2 => validity(section, names, active, options),
        _ => {
            for key in OF_VERSIONS.into_iter().filter(|key| section.has(key)) {
                section.problem(key, "is about `strategy = \"scd2\"` alone");
            }
            Validity::default()
        }
    };
    WriteDisposition::Merge(Merge { strategy, validity })
}

/// The columns of `scd2`, and what marks the version that is valid now.
fn validity(section: &Section, names: Option<Vec<String>>, active: Option<String>, options: &Options) -> Validity {
    let mut validity = Validity::default();
    if let Some(names) = names {
        if let [from, to] = names.as_slice() {
            (validity.from, validity.to) = (from.clone(), to.clone());
        }
        let naming = Naming::new(&options.naming, options.max_identifier_length);
        if names.len() != 2 || naming.is_ok_and(|naming| !validity.is_named_well(&naming)) {
            section.problem(
                "validity_column_names",
                "takes two different names that `naming` leaves as they are, for example [\"valid_from\", \"valid_to\"]",
            );
        }
    }
    if let Some(text) = active {
        validity.active = instant(&text);
        if validity.active.is_none() {
            section.problem("active_record_timestamp", "takes a date or an instant, for example \"9999-12-31\"");
        }
    }
    validity
}

/// The column whose rows delete those of their key, and the one that says which row of a key comes: hints to the engine.
fn merge_hints(section: &Section, merge: Option<&Merge>, options: &Options) -> Vec<Hint> {
    let mut hints = Vec::new();
    let deletes = section.text("hard_delete");
    let sorts = section.section("dedup_sort");
    let Some(merge) = merge else { return hints };
    if deletes.is_some() && merge.strategy == Strategy::Scd2 {
        section.problem("hard_delete", "means nothing to `scd2`, which deletes no row");
    }
    hints.extend(deletes.map(|name| Hint { name, hard_delete: Some(true), ..Hint::default() }));
    let columns: Vec<&str> = sorts.keys().map(|(name, _)| name).collect();
    if section.has("dedup_sort") && (merge.strategy != Strategy::DeleteInsert || options.primary_key.is_empty()) {
        section.problem("dedup_sort", "is about the strategy `delete-insert` with a `primary_key` alone");
    }
    if columns.len() > 1 {
        section.problem("dedup_sort", "takes one column alone");
    }
    for name in columns {
        let order = sorts.choice(name, &ORDERS);
        hints.push(Hint { name: name.to_owned(), dedup_sort: order, ..Hint::default() });
    }
    hints
}

fn pull(section: &Section, resource: &'static Resource, options: &Options, mut shrink: ShrinkGuard) -> Pull {
    let mut options = options.clone();
    if let Some(levels) = section.number("max_table_nesting", 0, 1000) {
        options.max_table_nesting = levels as u32;
    }
    if let Some(length) = section.number("max_identifier_length", 10, 65_536) {
        options.max_identifier_length = length as usize;
    }
    if let Some(naming) = section.choice("naming", &NAMINGS) {
        options.naming = naming.to_owned();
    }
    if let Some(size) = section.number("file_mib", 1, 1024) {
        options.file_bytes = (size as usize) << 20;
    }
    if let Some(widen) = section.flag("widen_numbers") {
        options.widen_numbers = widen;
    }
    if let Some(plain) = section.flag("plain_encodings") {
        options.plain_encodings = plain;
    }
    options.primary_key = key(section, "primary_key");
    options.merge_key = key(section, "merge_key");
    let disposition = section.choice("disposition", &DISPOSITIONS).unwrap_or(Disposition::Replace);
    options.write_disposition = write_disposition(section, disposition, &options);
    options.columns = merge_hints(section, options.write_disposition.merge(), &options);
    options.schema_contract = Some(contract(section));
    if let Some(allow) = section.flag("allow_shrink") {
        shrink.allow_shrink = allow;
    }
    if let Some(percent) = section.number("max_shrink_percent", 0, 100) {
        shrink.max_shrink_percent = percent as u8;
    }
    Pull {
        resource,
        records: section.choice("select", &RECORDS).unwrap_or(resource.records),
        page_size: section.number("page_size", 1, 100_000).map(|size| size as u32),
        disposition,
        shrink,
        options,
    }
}
