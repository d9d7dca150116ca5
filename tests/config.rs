//! `gatelake.toml`: what it means, and what is said about a wrong one.

use gatelake::config::{Auth, Client, Dialect, Gateway, Plan, Setting, Transport};
use gatelake::error::Error;
use gatelake::gateway::catalogue::{Api, RESOURCES, Records};
use gatelake::lake::{Derive, Disposition, Retention};
use gatelake::normalize::schema::SortOrder;
use gatelake::normalize::{Contract, Mode, Strategy};
use gatelake::secret::Secret;

const LEAST: &str =
    "[gateway.files]\nbase_url = \"https://files.example\"\nusername = \"webadmin\"\npassword_secret = \"PASSWORD\"\n";

fn parse(text: &str) -> Plan {
    Plan::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The smallest configuration, with more lines of its gateway's section.
fn least(lines: &str) -> String {
    format!("{LEAST}{lines}\n")
}

fn refused(text: &str) -> Error {
    match Plan::parse(text) {
        Ok(plan) => panic!("it was accepted:\n{text}\n{plan:?}"),
        Err(error) => error,
    }
}

fn tables(gateway: &Gateway) -> Vec<&str> {
    gateway.resources.iter().map(|pull| pull.resource.table).collect()
}

#[test]
fn the_defaults() {
    let plan = parse(LEAST);
    assert_eq!(plan.prefix, "gatelake");
    assert_eq!(plan.derive, Derive { delta: true, latest: false });
    let limits = &plan.limits;
    assert_eq!((limits.deadline_ms, limits.timeout_ms, limits.retries), (780_000, 30_000, 5));
    assert_eq!((limits.requests, limits.resource_bytes), (900, 4 << 30));
    let [gateway] = plan.gateways.as_slice() else { panic!("{plan:?}") };
    assert_eq!((gateway.dataset.as_str(), gateway.base.to_string().as_str()), ("files", "https://files.example"));
    assert_eq!((gateway.api, &gateway.transport, gateway.direct), (None, &Transport::Fetch, false));
    assert!(gateway.headers.is_empty());
    let (username, password_secret) = ("webadmin".to_owned(), "PASSWORD".to_owned());
    assert_eq!(gateway.auth, Auth::Password { dialect: Dialect::Auto, username, password_secret, client: None });
    assert_eq!(tables(gateway), ["cloud_connections", "folders", "users", "diagnostics", "s3_encryption_levels"]);
    for pull in &gateway.resources {
        assert_eq!(
            (pull.records, pull.page_size, pull.disposition),
            (pull.resource.records, None, Disposition::Replace)
        );
        assert_eq!((pull.shrink.allow_shrink, pull.shrink.max_shrink_percent), (false, 50));
        let options = &pull.options;
        assert_eq!(
            (options.max_table_nesting, options.max_identifier_length, options.naming.as_str()),
            (1000, 0, "snake_case")
        );
        assert_eq!((options.file_bytes, options.plain_encodings), (8 << 20, false));
        assert!(options.primary_key.is_empty() && options.redact.is_empty() && options.reveal.is_empty());
    }
}

#[test]
fn every_key_arrives() {
    let plan = parse(
        r#"
        lake = { prefix = "a/b", max_shrink_percent = 30, keep_snapshots = 7, keep_days = 2, lease = true, delta = false, latest = true }
        limits = { deadline_seconds = 100, timeout_seconds = 7, retries = 0, requests = 50, resource_mib = 3 }

        [gateway.second]
        base_url = "http://gateway.internal:8080/backend/3.0.0"
        allow_http = true
        api = 3
        auth = "oauth-token"
        username = "reports"
        password_secret = "PASSWORD_2"
        client_id = "id"
        client_secret_secret = "CLIENT_2"
        transport = "binding:VPC_1"
        headers = { CF-Access-Client-Id = "ACCESS_ID", x-other = "OTHER" }
        redact = ["users.notes", "users__keys.value"]
        reveal = ["folders.token_ring"]

        [gateway.second.resources]
        diagnostics = false
        folders = { schema_contract = "discard_row" }
        backup = { enabled = true, select = "envelope" }
        cloud_connections = { enabled = false, page_size = 7 }

        [gateway.second.resources.users]
        disposition = "append"
        page_size = 500
        select = "list"
        primary_key = ["id", "homeFolder.id"]
        allow_shrink = true
        max_shrink_percent = 5
        max_table_nesting = 2
        max_identifier_length = 40
        naming = "direct"
        plain_encodings = true
        file_mib = 2
        schema_contract = { columns = "discard_value", data_type = "freeze" }

        [gateway.first]
        base_url = "https://one.example"
        token_secret = "TOKEN"
        api = "2"
        "#,
    );
    assert_eq!(plan.prefix, "a/b");
    assert_eq!(plan.derive, Derive { delta: false, latest: true });
    assert_eq!(plan.run(&plan.gateways[0], 1000).unwrap().derive, plan.derive);
    assert_eq!((plan.limits.deadline_ms, plan.limits.timeout_ms, plan.limits.retries), (100_000, 7000, 0));
    assert_eq!((plan.limits.requests, plan.limits.resource_bytes), (50, 3 << 20));
    let [first, second] = plan.gateways.as_slice() else { panic!("{plan:?}") };
    assert_eq!((first.dataset.as_str(), first.api), ("first", Some(Api::V2)));
    assert_eq!(first.auth, Auth::Token { token_secret: "TOKEN".into() });
    assert_eq!(tables(first), ["users", "diagnostics", "s3_encryption_levels"]);

    assert_eq!(second.base.to_string(), "http://gateway.internal:8080");
    assert_eq!((second.api, &second.transport), (Some(Api::V3), &Transport::Binding("VPC_1".into())));
    let client = Client { id: Setting::Text("id".into()), secret: "CLIENT_2".into() };
    let Auth::Password { dialect, username, password_secret, client: found } = &second.auth else {
        panic!("{second:?}")
    };
    assert_eq!((*dialect, username.as_str(), password_secret.as_str()), (Dialect::OauthToken, "reports", "PASSWORD_2"));
    assert_eq!(found, &Some(client));
    let header = |name: &str, binding: &str| (name.to_owned(), binding.to_owned());
    assert_eq!(second.headers, [header("cf-access-client-id", "ACCESS_ID"), header("x-other", "OTHER")]);
    assert_eq!(second.limits, plan.limits);
    assert_eq!(plan.retention, Retention { snapshots: 7, age_ms: 2 * 24 * 3_600_000 });
    assert!(plan.lease && plan.run(second, 1000).unwrap().budget.lease);
    assert_eq!(tables(second), ["folders", "users", "backup"]);
    let (folders, users, backup) = (&second.resources[0], &second.resources[1], &second.resources[2]);
    assert_eq!((backup.records, folders.records), (Records::Envelope, Records::Envelope));
    assert_eq!((folders.shrink.max_shrink_percent, folders.shrink.allow_shrink), (30, false));
    assert_eq!((users.disposition, users.page_size, users.records), (Disposition::Append, Some(500), Records::List));
    assert_eq!((users.shrink.max_shrink_percent, users.shrink.allow_shrink), (5, true));
    let options = &users.options;
    assert_eq!((options.max_table_nesting, options.max_identifier_length, options.naming.as_str()), (2, 40, "direct"));
    assert_eq!((options.plain_encodings, options.file_bytes), (true, 2 << 20));
    assert_eq!(options.primary_key, ["id", "homeFolder.id"]);
    let contract = Contract { tables: Mode::Evolve, columns: Mode::DiscardValue, data_type: Mode::Freeze };
    assert_eq!(options.schema_contract, Some(contract));
    assert_eq!(folders.options.schema_contract, Some(Contract::all(Mode::DiscardRow)));
    assert_eq!(
        backup.options.schema_contract,
        Some(Contract::default()),
        "the file says all: nothing of before goes on"
    );
    for pull in [folders, users] {
        assert_eq!(pull.options.redact, ["users.notes", "users__keys.value"]);
        assert_eq!(pull.options.reveal, ["folders.token_ring"]);
    }
}

#[test]
fn keys_of_merges_arrive() {
    let plan = parse(&least(
        r#"
        [gateway.files.resources.users]
        disposition = "merge"
        strategy = "scd2"
        merge_key = ["tenant", "region"]
        validity_column_names = ["since", "until"]
        active_record_timestamp = "9999-12-31"

        [gateway.files.resources.folders]
        disposition = "merge"
        primary_key = ["tenant", "id"]
        hard_delete = "deleted"
        dedup_sort = { modifiedDate = "desc" }

        [gateway.files.resources.cloud_connections]
        disposition = "merge"
        strategy = "scd2"
        active_record_timestamp = "2100-01-01T00:00:00+01:00"
        "#,
    ));
    let [connections, folders, users, ..] = plan.gateways[0].resources.as_slice() else { panic!("{plan:?}") };
    let validity = users.options.write_disposition.scd2().unwrap();
    assert_eq!((validity.from.as_str(), validity.to.as_str()), ("since", "until"));
    assert_eq!((validity.active, validity.boundary), (Some(253_402_214_400_000_000), None));
    assert_eq!(users.options.merge_key, ["tenant", "region"]);
    let merge = folders.options.write_disposition.merge().unwrap();
    assert_eq!((merge.strategy, folders.options.primary_key.join(".")), (Strategy::DeleteInsert, "tenant.id".into()));
    let hints: Vec<_> =
        folders.options.columns.iter().map(|hint| (hint.name.as_str(), hint.hard_delete, hint.dedup_sort)).collect();
    assert_eq!(hints, [("deleted", Some(true), None), ("modifiedDate", None, Some(SortOrder::Desc))]);
    let validity = connections.options.write_disposition.scd2().unwrap();
    assert_eq!((validity.from.as_str(), validity.to.as_str()), ("_dlt_valid_from", "_dlt_valid_to"));
    assert_eq!(validity.active, Some(4_102_441_200_000_000));
}

#[test]
fn a_key_of_merges_is_refused_where_it_means_nothing() {
    let merge = |lines: &str| format!("disposition = \"merge\"\nprimary_key = [\"id\"]\n{lines}");
    let scd2 = |lines: &str| merge(&format!("strategy = \"scd2\"\n{lines}"));
    let names = "two different names that `naming` leaves as they are";
    for (lines, says) in [
        (
            "validity_column_names = [\"a\", \"b\"]".into(),
            "validity_column_names: is about `disposition = \"merge\"` alone",
        ),
        ("active_record_timestamp = \"9999-12-31\"".into(), "active_record_timestamp: is about `disposition"),
        ("hard_delete = \"deleted\"".into(), "hard_delete: is about `disposition = \"merge\"` alone"),
        ("dedup_sort = { a = \"asc\" }\ndisposition = \"append\"".into(), "dedup_sort: is about `disposition"),
        (
            merge("validity_column_names = [\"a\", \"b\"]"),
            "validity_column_names: is about `strategy = \"scd2\"` alone",
        ),
        (merge("active_record_timestamp = \"9999-12-31\""), "active_record_timestamp: is about `strategy"),
        (scd2("validity_column_names = [\"a\"]"), names),
        (scd2("validity_column_names = [\"a\", \"b\", \"c\"]"), names),
        (scd2("validity_column_names = [\"a\", \"a\"]"), names),
        (scd2("validity_column_names = [\"Valid From\", \"valid_to\"]"), names),
        (scd2("validity_column_names = [\"_dlt_id\", \"valid_to\"]"), names),
        (scd2("validity_column_names = \"valid\""), "must be a list of texts"),
        (scd2("active_record_timestamp = \"never\""), "takes a date or an instant, for example \"9999-12-31\""),
        (scd2("active_record_timestamp = 9999-12-31"), "must be a text in quotes, not a date"),
        (scd2("hard_delete = \"deleted\""), "means nothing to `scd2`"),
        (scd2("dedup_sort = { a = \"asc\" }"), "is about the strategy `delete-insert`"),
        (merge("strategy = \"upsert\"\ndedup_sort = { a = \"asc\" }"), "is about the strategy `delete-insert`"),
        (
            "disposition = \"merge\"\nmerge_key = [\"a\"]\ndedup_sort = { a = \"asc\" }".into(),
            "with a `primary_key` alone",
        ),
        (merge("dedup_sort = { a = \"asc\", b = \"asc\" }"), "takes one column alone"),
        (merge("dedup_sort = { a = \"down\" }"), "users.dedup_sort.a: must be one of \"asc\", \"desc\""),
        (merge("dedup_sort = \"a\""), "dedup_sort: must be a section, not a text"),
        (merge("hard_delete = [\"deleted\"]"), "hard_delete: must be a text in quotes"),
        (merge("hard_deleted = \"deleted\""), "did you mean \"hard_delete\"?"),
        (scd2("boundary_timestamp = \"2026-01-01\""), "there is no such key"),
    ] {
        let text = least(&format!("[gateway.files.resources.users]\n{lines}"));
        let error = refused(&text).to_string();
        assert!(error.contains(says), "{text}\n{error}");
    }
}

#[test]
fn a_wrong_key_or_value_is_named_with_what_is_right() {
    for (text, says) in [
        (String::new(), "gateway: there is none"),
        ("[gateway]".into(), "gateway: there is none"),
        ("[[gateway]]\nbase_url = \"x\"".into(), "write `[gateway.NAME]` in place of `[[gateway]]`"),
        ("[gateway]\nbase_url = \"x\"".into(), "gateway.base_url: must be a section"),
        (format!("lak = 1\n{LEAST}"), "lak: there is no such key; did you mean \"lake\"?"),
        (format!("{LEAST}[lake]\nprefx = \"a\""), "lake.prefx: there is no such key; did you mean \"prefix\"?"),
        (format!("{LEAST}[limits]\ntimeout = 3"), "did you mean \"timeout_seconds\"?"),
        (format!("{LEAST}[limits]\nzzz = 3"), "known here: deadline_seconds, timeout_seconds"),
        (format!("{LEAST}[lake]\nprefix = \"../x\""), "lake.prefix:"),
        (
            format!("{LEAST}[limits]\nretries = \"3\""),
            "limits.retries: must be a whole number from 0 to 20, not a text",
        ),
        (format!("{LEAST}[limits]\nretries = 1.5"), "not a number with a fraction"),
        (least("pasword_secret = \"X\""), "did you mean \"password_secret\"?"),
        (least("base-url = \"X\""), "did you mean \"base_url\"?"),
        (least("api = 4"), "gateway.files.api: must be one of \"auto\", \"2\", \"3\""),
        (least("auth = \"oauth\""), "did you mean \"oauth-token\"?"),
        (least("allow_http = 1"), "must be true or false, not a whole number"),
        (least("transport = \"vpc\""), "\"fetch\" or \"binding:NAME\""),
        (least("transport = \"binding:a b\""), "\"fetch\" or \"binding:NAME\""),
        (least("headers = { x = \"lower\" }"), "gateway.files.headers.x: must name a secret binding"),
        (least("headers = { x = 1 }"), "must be the name of a secret binding"),
        (least("headers = { \"a b\" = \"X\" }"), "is no header that can be set here"),
        (least("headers = { Authorization = \"X\" }"), "is no header that can be set here"),
        (least("headers = { x-a = \"X\", X-A = \"X\" }"), "stands there twice"),
        (least("redact = [\"notes\"]"), "takes names of the form \"table.column\""),
        (least("redact = [\"user.notes\"]"), "names a table that there is not; did you mean \"users\"?"),
        (least("redact = [\"users.a\"]\nreveal = [\"users.a\"]"), "names a column that `redact` names too"),
        (least("client_id = \"x\""), "go together"),
        (least("client_secret_secret = \"X\""), "go together"),
        (least("client_id = \"x\"\nclient_id_secret = \"X\"\nclient_secret_secret = \"Y\""), "only one of the two"),
        (least("api = 3"), "API 3 needs `client_id` and `client_secret_secret`"),
        (least("auth = \"login\""), "this login needs `client_id`"),
        (least("auth = \"v2-header\"\nclient_id = \"x\"\nclient_secret_secret = \"X\""), "knows no client pair"),
        (least("token_secret = \"TOKEN\""), "gateway.files.username: means nothing beside `token_secret`"),
        (least("[gateway.files.resources]\nuser = true"), "did you mean \"users\"?"),
        (least("[gateway.files.resources]\nusers = 1"), "must be true, false or a section"),
        (least("[gateway.files.resources.users]\npagesize = 1"), "did you mean \"page_size\"?"),
        (least("[gateway.files.resources.users]\ndisposition = \"upsert\""), "\"replace\", \"append\", \"merge\""),
        (least("[gateway.files.resources.users]\ndisposition = \"merge\""), "needs a `primary_key` or a `merge_key`"),
        (
            least(
                "[gateway.files.resources.users]\ndisposition = \"merge\"\nstrategy = \"upsert\"\nmerge_key = [\"a\"]",
            ),
            "strategy: needs a `primary_key`",
        ),
        (least("[gateway.files.resources.users]\nstrategy = \"scd2\""), "`disposition = \"merge\"` alone"),
        (least("[gateway.files.resources.users]\nprimary_key = []"), "one or more columns"),
        (least("[gateway.files.resources.users]\nprimary_key = [\"a\", \"a\"]"), "each once"),
        (least("[gateway.files.resources.users]\nprimary_key = \"a\""), "must be a list of texts"),
        (least("[gateway.files.resources.users]\nnaming = \"camel\""), "must be one of \"snake_case\""),
        (least("[gateway.files.resources.users]\nschema_contract = \"freez\""), "did you mean \"freeze\"?"),
        (
            least("[gateway.files.resources.users]\nschema_contract = { column = \"freeze\" }"),
            "did you mean \"columns\"?",
        ),
        (
            least("[gateway.files.resources.users]\nschema_contract = { columns = \"drop\" }"),
            "must be one of \"evolve\"",
        ),
        (least("[gateway.files.resources.users]\nschema_contract = 1"), "schema_contract: must be one of \"evolve\""),
        (least("api = 2\n[gateway.files.resources]\nfolders = true"), "resources.folders: API 2 does not have it"),
        ("[gateway.files]\nusername = \"a\"\npassword_secret = \"P\"".into(), "base_url: is missing"),
        ("[gateway.files]\nbase_url = \"files.example\"".into(), "username: is missing"),
        (
            "[gateway.files]\nbase_url = \"files.example\"\nusername = \"\"\npassword_secret = \"P\"".into(),
            "must not be empty",
        ),
        (
            "[gateway.Files]\nbase_url = \"files.example\"\ntoken_secret = \"T\"".into(),
            "small letters, digits and single `_`",
        ),
        (
            "[gateway.a__b]\nbase_url = \"files.example\"\ntoken_secret = \"T\"".into(),
            "small letters, digits and single `_`",
        ),
        ("[gateway.a]\nbase_url = \"http://files.example\"\ntoken_secret = \"T\"".into(), "allow_http = true"),
    ] {
        let error = refused(&text);
        assert_eq!(error.code(), "bad_config", "{text}");
        assert!(error.is_config() && error.to_string().contains(says), "{text}\n{error}");
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let error = refused(
        "[lake]\nx = 1\n[limits]\nretries = 99\n[gateway.a]\nbase_url = 1\n[gateway.b]\nbase_url = \"b\"\nzz = 1",
    );
    let text = error.to_string();
    for part in
        ["lake.x", "limits.retries", "gateway.a.base_url", "gateway.a.username", "gateway.b.username", "gateway.b.zz"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.starts_with("the configuration has "), "{text}");
}

/// Somebody may have put a secret where it does not belong: no value is ever repeated.
#[test]
fn no_value_of_the_file_comes_back() {
    let keys = [
        "base_url",
        "allow_http",
        "api",
        "auth",
        "username",
        "password_secret",
        "password",
        "token",
        "client_secret",
        "client_id",
        "client_id_secret",
        "client_secret_secret",
        "token_secret",
        "transport",
        "headers",
        "redact",
        "reveal",
        "resources",
        "unknown",
    ];
    let resource_keys = [
        "enabled",
        "disposition",
        "page_size",
        "select",
        "primary_key",
        "allow_shrink",
        "max_shrink_percent",
        "max_table_nesting",
        "max_identifier_length",
        "naming",
        "widen_numbers",
        "plain_encodings",
        "file_mib",
        "disposition = \"merge\"\nstrategy = \"scd2\"\nvalidity_column_names",
        "disposition = \"merge\"\nstrategy = \"scd2\"\nactive_record_timestamp",
        "dedup_sort",
        "hard_delete",
        "unknown",
    ];
    let values = [
        "\"hunter2\"",
        "[\"hunter2\"]",
        "{ a = \"hunter2\" }",
        "\"https://hunter2:x@files.example\"",
        "\"binding:hunter2 x\"",
        "[\"users.a.hunter2\"]",
        "\"hunter2\\n\"",
        "[{ a = \"hunter2\" }]",
        "\"../hunter2\"",
    ];
    let mut texts = Vec::new();
    for value in values {
        texts.extend(keys.map(|key| format!("[gateway.a]\n{key} = {value}")));
        texts.extend(resource_keys.map(|key| format!("{LEAST}[gateway.files.resources.users]\n{key} = {value}")));
        texts.extend(["lake", "limits", "gateway"].map(|key| format!("{key} = {value}")));
        texts
            .extend(["lake.prefix", "lake.max_shrink_percent", "limits.retries"].map(|key| format!("{key} = {value}")));
    }
    // What is no TOML at all, too.
    texts.extend(
        ["password = hunter2", "[gateway.a]\npassword = \"hunter2\n", "hunter2", "a = 1\na = \"hunter2\""]
            .map(str::to_owned),
    );
    let mut wrong = 0;
    for text in &texts {
        // A few of these are right: a column may be called anything.
        if let Err(error) = Plan::parse(text) {
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}\n{error}");
            wrong += 1;
        }
    }
    assert!(wrong > texts.len() - 10, "{wrong} of {}", texts.len());
    for key in ["password", "token", "client_secret"] {
        let error = refused(&least(&format!("{key} = \"hunter2\""))).to_string();
        assert!(
            error.contains("secrets do not belong into this file") && error.contains("wrangler secret put"),
            "{error}"
        );
    }
}

#[test]
fn wrong_syntax_is_placed() {
    let error = refused("[gateway.a]\nbase_url = \"x\"\nusername = admin\n");
    assert_eq!((error.code(), error.place()), ("bad_toml", Some("line 3, column 12")));
}

/// The bounds that the document gives are those that hold.
#[test]
fn bounds_are_as_documented() {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    let mut section = "";
    let mut checked = 0;
    for line in document.lines() {
        section = match line {
            "## Resources" => "[gateway.files.resources.users]",
            "## The lake" => "[lake]",
            "## Limits" => "[limits]",
            _ if line.starts_with("## ") => "",
            _ => section,
        };
        let words: Vec<String> = line.split([' ', '|', ';']).map(|word| word.replace(',', "")).collect();
        let bounds = words.windows(3).find_map(|words| match words {
            [least, to, most] if to == "to" => Some((least.parse::<i64>().ok()?, most.parse::<i64>().ok()?)),
            _ => None,
        });
        let (Some(key), Some((low, high))) = (line.strip_prefix("| `").and_then(|rest| rest.split('`').next()), bounds)
        else {
            continue;
        };
        for (number, fits) in [(low, true), (high, true), (low - 1, false), (high + 1, false)] {
            let text = format!("{LEAST}{section}\n{key} = {number}");
            assert_eq!(Plan::parse(&text).is_ok(), fits, "{text}");
        }
        checked += 1;
    }
    assert_eq!(checked, 13);
}

#[test]
fn only_a_known_resource_of_that_generation_is_pulled() {
    for (lines, expected) in [
        ("api = 2", vec!["users", "diagnostics", "s3_encryption_levels"]),
        ("api = 2\n[gateway.files.resources]\nusers = false", vec!["diagnostics", "s3_encryption_levels"]),
        (
            "api = 3\nclient_id = \"x\"\nclient_secret_secret = \"X\"\n[gateway.files.resources]\nbackup = true",
            vec!["cloud_connections", "folders", "users", "diagnostics", "backup"],
        ),
    ] {
        assert_eq!(tables(&parse(&least(lines)).gateways[0]), expected, "{lines}");
    }
    // Every known resource can be switched.
    for resource in &RESOURCES {
        for on in [true, false] {
            let plan = parse(&least(&format!("[gateway.files.resources]\n{} = {on}", resource.table)));
            assert_eq!(tables(&plan.gateways[0]).contains(&resource.table), on, "{}", resource.table);
        }
    }
}

#[test]
fn secrets_are_looked_up_by_the_names_in_the_file() {
    let gateway = parse(&least(
        "client_id_secret = \"CLIENT_ID\"\nclient_secret_secret = \"CLIENT\"\nheaders = { x-a = \"ACCESS\" }",
    ))
    .gateways
    .remove(0);
    let all = |name: &str| Some(Secret::new(format!("hunter2 {name}")));
    let found = gateway.credentials(all).unwrap();
    let secrets: Vec<&str> = found.secrets().map(Secret::reveal).collect();
    assert_eq!(secrets, ["hunter2 PASSWORD", "hunter2 CLIENT", "hunter2 ACCESS"]);
    assert!(!format!("{found:?}").contains("hunter2"));

    let error = gateway.credentials(|_| None).unwrap_err();
    assert_eq!(error.code(), "missing_secret");
    for name in ["PASSWORD", "CLIENT_ID", "CLIENT", "ACCESS"] {
        let (text, command) = (error.to_string(), format!("`wrangler secret put {name}`"));
        assert!(text.contains(&format!("the secret {name} is not set")) && text.contains(&command), "{text}");
    }
    for (binding, value, says) in [
        ("PASSWORD", "", "PASSWORD is empty"),
        ("PASSWORD", "hunter2\n", "PASSWORD ends in a line break"),
        ("CLIENT", "hunter2\r\n", "CLIENT ends in a line break"),
        ("ACCESS", "hunter2\nx: y", "ACCESS holds characters that no header can carry"),
        ("ACCESS", "hunter2 ä", "ACCESS holds characters that no header can carry"),
    ] {
        let error = gateway.credentials(|name| if name == binding { Some(Secret::new(value)) } else { all(name) });
        let error = error.unwrap_err();
        assert!(error.to_string().contains(says) && error.place() == Some("gateway files"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let token = parse("[gateway.a]\nbase_url = \"a.example\"\ntoken_secret = \"TOKEN\"").gateways.remove(0);
    for value in ["hunter2 x", "hunter2\u{7f}", "hunter2\n"] {
        let error = token.credentials(|_| Some(Secret::new(value))).unwrap_err();
        assert_eq!(error.code(), "missing_secret");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn a_run_knows_where_to_and_how_long() {
    let plan = parse(&format!("{LEAST}[lake]\nprefix = \"a/b\""));
    let run = plan.run(plan.gateway("files").unwrap(), 100_000).unwrap();
    assert_eq!((run.paths.dataset(), run.paths.key("current.json").as_str()), ("files", "a/b/files/current.json"));
    assert_eq!((run.budget.run_ms, run.budget.publish_ms), (100_000, 20_000));
    assert_eq!(plan.run(&plan.gateways[0], 780_000).unwrap().budget.publish_ms, 60_000);
    assert_eq!(run.resources.len(), plan.gateways[0].resources.len());
    assert!(plan.gateway("other").is_none());
}
