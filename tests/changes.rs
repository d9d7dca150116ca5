//! What differs between two states, against an oracle that knows rows as maps and nothing of digests.

#[path = "support/choices.rs"]
mod choices;
#[path = "readers/model.rs"]
mod model;

use choices::Choices;
use gatelake::changes::{Changes, Identity, RowChange, RowChangeKind, TableFiles, TableState};
use gatelake::normalize::schema::{Column, DataType, TableSchema};
use gatelake::parquet::{ColumnSpec, WriterOptions};
use model::{Cell, spec};
use std::collections::{BTreeMap, BTreeSet};

type Row = BTreeMap<String, Cell>;
type Bytes = Vec<u8>;

const BOOKKEEPING: [&str; 4] = ["_dlt_id", "_dlt_parent_id", "_dlt_root_id", "_dlt_load_id"];
const TABLES: [&str; 3] = ["users", "users__keys", "users__keys__marks"];

/// A record and the list in it.
#[derive(Clone, Default)]
struct Record {
    cells: Row,
    items: Vec<Record>,
}

/// One state of one table; a cell that a row does not have is null.
#[derive(Clone)]
struct State {
    name: &'static str,
    parent: Option<&'static str>,
    specs: Vec<ColumnSpec>,
    key: Option<&'static str>,
    rows: Vec<Row>,
}

impl State {
    fn spec(&self, column: &str) -> Option<&ColumnSpec> {
        self.specs.iter().find(|spec| spec.name == column)
    }

    fn schema(&self) -> TableSchema {
        let column = |spec: &ColumnSpec| Column {
            precision: spec.precision,
            scale: spec.scale,
            timezone: (!spec.timezone).then_some(false),
            primary_key: Some(spec.name.as_str()) == self.key,
            ..Column::new(&spec.name, spec.data_type)
        };
        let mut schema = TableSchema::new(self.name.into(), self.parent.map(str::to_owned));
        schema.columns = self.specs.iter().map(column).collect();
        schema.columns.push(Column { name: "hinted".into(), ..Column::default() });
        schema
    }

    /// Its files, of which those before the last may lack columns at the end that are null throughout.
    fn files(&self, random: &mut Choices) -> TableFiles<Bytes> {
        let mut files = Vec::new();
        let mut rest = self.rows.as_slice();
        loop {
            let last = files.len() == 2 || random.below(3) == 0;
            let (rows, behind) =
                rest.split_at(if last { rest.len() } else { random.below(rest.len() as u64 + 1) as usize });
            let mut specs = self.specs.clone();
            while !last
                && specs.len() > 1
                && specs.last().is_some_and(|spec| rows.iter().all(|row| !row.contains_key(&spec.name)))
            {
                specs.pop();
            }
            files.push(file(&specs, rows, random));
            rest = behind;
            if last {
                return TableFiles { schema: self.schema(), files };
            }
        }
    }
}

fn file(specs: &[ColumnSpec], rows: &[Row], random: &mut Choices) -> Bytes {
    let mut pages = Vec::new();
    let mut left = rows.len();
    while left > 0 {
        let page = left.min(1 + random.below(8) as usize);
        match pages.last_mut() {
            Some(group) if random.below(2) == 0 => Vec::push(group, page),
            _ => pages.push(vec![page]),
        }
        left -= page;
    }
    let column = |spec: &ColumnSpec| model::Column {
        spec: spec.clone(),
        cells: rows.iter().map(|row| row.get(&spec.name).cloned().unwrap_or(Cell::Null)).collect(),
        from_page: 0,
        dictionary_pages: 0,
    };
    let table = model::Table { columns: specs.iter().map(column).collect(), pages };
    table.write(WriterOptions::default()).unwrap()
}

/// Few different values, so that rows are alike by chance.
fn value(spec: &ColumnSpec, random: &mut Choices) -> Cell {
    let few = random.below(3);
    match spec.data_type {
        DataType::Bool => Cell::Bool(few == 1),
        DataType::Double => Cell::Double([0.0, -0.0, 1e300][few as usize]),
        DataType::Decimal | DataType::Wei => Cell::Decimal(few as i128 - (1 << 80)),
        DataType::Text => Cell::Text([&b""[..], b"a", b"eight by"][few as usize].to_vec()),
        DataType::Json => Cell::Text(format!("[{few}]").into_bytes()),
        DataType::Binary => Cell::Text(vec![0; few as usize]),
        _ => Cell::Int(few as i64 - 1),
    }
}

fn specs(depth: usize, random: &mut Choices) -> Vec<ColumnSpec> {
    let types = [
        DataType::Text,
        DataType::Bigint,
        DataType::Double,
        DataType::Bool,
        DataType::Timestamp,
        DataType::Decimal,
        DataType::Wei,
        DataType::Json,
        DataType::Binary,
        DataType::Date,
    ];
    let mut specs: Vec<ColumnSpec> =
        (0..1 + random.below(3)).map(|number| spec(&format!("c{number}"), random.pick(&types))).collect();
    if depth == 0 {
        specs.insert(0, spec("id", DataType::Bigint));
    }
    specs
}

fn record(specs: &[Vec<ColumnSpec>], id: i64, random: &mut Choices) -> Record {
    let Some((own, deeper)) = specs.split_first() else { return Record::default() };
    let mut cells = Row::new();
    for spec in own {
        if spec.name == "id" {
            cells.insert("id".into(), Cell::Int(id));
        } else if random.below(4) > 0 {
            cells.insert(spec.name.clone(), value(spec, random));
        }
    }
    let count = if deeper.is_empty() { 0 } else { random.below(4) };
    Record { cells, items: (0..count).map(|_| record(deeper, 0, random)).collect() }
}

/// The same records some time later: `after` are their columns then.
fn later(
    records: &[Record],
    after: &[Vec<ColumnSpec>],
    before: &[Vec<ColumnSpec>],
    random: &mut Choices,
) -> Vec<Record> {
    let (Some((now, deeper)), Some((then, deeper_then))) = (after.split_first(), before.split_first()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for one in records.iter().filter(|_| random.below(8) > 0).collect::<Vec<_>>() {
        let mut one = one.clone();
        for spec in now {
            let same = then.contains(spec);
            if spec.name != "id" && (if same { random.below(12) == 0 } else { random.below(2) == 0 }) {
                one.cells.insert(spec.name.clone(), value(spec, random));
            } else if !same || (spec.name != "id" && random.below(20) == 0) {
                one.cells.remove(&spec.name);
            }
        }
        one.cells.retain(|name, _| now.iter().any(|spec| spec.name == *name));
        one.items = later(&one.items, deeper, deeper_then, random);
        found.push(one);
    }
    for number in 0..random.below(4) {
        let place = random.below(found.len() as u64 + 1) as usize;
        found.insert(place, record(after, 1000 + number as i64, random));
    }
    found
}

fn states(records: &[Record], specs: &[Vec<ColumnSpec>], key: bool, load: &str) -> Vec<State> {
    let text = |name: &str| spec(name, DataType::Text);
    let mut states: Vec<State> = Vec::new();
    for (depth, own) in specs.iter().enumerate() {
        let mut all = match depth {
            0 => vec![text("_dlt_load_id"), text("_dlt_id")],
            _ => vec![
                text("_dlt_id"),
                text("_dlt_parent_id"),
                spec("_dlt_list_idx", DataType::Bigint),
                text("_dlt_root_id"),
            ],
        };
        all.extend(own.iter().cloned());
        let key = (key && depth == 0).then_some("id");
        let parent = depth.checked_sub(1).map(|parent| TABLES[parent]);
        states.push(State { name: TABLES[depth], parent, specs: all, key, rows: Vec::new() });
    }
    flatten(records, None, &mut states, load);
    states
}

fn flatten(records: &[Record], parent: Option<&str>, states: &mut [State], load: &str) {
    let Some((state, deeper)) = states.split_first_mut() else { return };
    for (place, record) in records.iter().enumerate() {
        let id = format!("{load}.{}", state.rows.len());
        let mut row = record.cells.clone();
        let mut set = |name: &str, cell| row.insert(name.into(), cell);
        set("_dlt_id", Cell::Text(id.clone().into_bytes()));
        match parent {
            Some(parent) => {
                set("_dlt_parent_id", Cell::Text(parent.into()));
                set("_dlt_root_id", Cell::Text(load.into()));
                set("_dlt_list_idx", Cell::Int(place as i64));
            }
            None => drop(set("_dlt_load_id", Cell::Text(load.into()))),
        }
        state.rows.push(row);
        flatten(&record.items, Some(&id), deeper, load);
    }
}

/// What a row holds, by column, types included.
fn content(state: &State, row: &Row) -> BTreeMap<String, String> {
    let content = row.iter().filter(|(name, _)| !BOOKKEEPING.contains(&name.as_str()));
    content
        .map(|(name, cell)| {
            let spec = state.spec(name).unwrap();
            (name.clone(), format!("{:?} {:?} {} {cell:?}", spec.data_type, spec.scale, spec.timezone))
        })
        .collect()
}

/// Each row's identity as a text, and how they were told apart.
fn identities(tables: &[State], number: usize, by: &Identity) -> Vec<String> {
    let state = &tables[number];
    let one = |row: &Row| match by {
        Identity::Key { columns } => {
            format!("{:?}", columns.iter().map(|name| content(state, row).remove(name)).collect::<Vec<_>>())
        }
        Identity::Content { .. } => format!("{:?}", content(state, row)),
        Identity::Parent => unreachable!(),
    };
    state.rows.iter().map(one).collect()
}

fn expected(old: &[State], new: &[State]) -> Vec<(Identity, Vec<RowChange>)> {
    let mut found: Vec<(Identity, Vec<RowChange>)> = Vec::new();
    let mut above: [BTreeMap<String, String>; 2] = Default::default();
    for number in 0..new.len() {
        let sides = [&old[number], &new[number]];
        let by = match (new[number].parent, new[number].key) {
            (Some(_), _) => Identity::Parent,
            (None, None) => Identity::Content { unusable_key: None },
            (None, Some(key)) => {
                let usable = sides.iter().all(|side| {
                    let keys: Vec<String> = side.rows.iter().map(|row| format!("{:?}", row.get(key))).collect();
                    let distinct: BTreeSet<&String> = keys.iter().collect();
                    distinct.len() == keys.len() && side.rows.iter().all(|row| row.contains_key(key))
                });
                let columns = vec![key.to_owned()];
                if usable { Identity::Key { columns } } else { Identity::Content { unusable_key: Some(columns) } }
            }
        };
        let mut all: [Vec<String>; 2] = Default::default();
        for (place, tables) in [old, new].into_iter().enumerate() {
            all[place] = match by {
                Identity::Parent => {
                    let hangs = |row: &Row| {
                        format!(
                            "{} > {:?}",
                            above[place][&format!("{:?}", row["_dlt_parent_id"])],
                            row["_dlt_list_idx"]
                        )
                    };
                    tables[number].rows.iter().map(hangs).collect()
                }
                _ => identities(tables, number, &by),
            };
            let ids = tables[number].rows.iter().map(|row| format!("{:?}", row["_dlt_id"]));
            above[place] = ids.zip(all[place].iter().cloned()).collect();
        }
        found.push((by, compare(sides, &all)));
    }
    found
}

fn compare([old, new]: [&State; 2], [old_ids, new_ids]: &[Vec<String>; 2]) -> Vec<RowChange> {
    let names: Vec<&String> = {
        let gone = old.specs.iter().filter(|spec| new.spec(&spec.name).is_none());
        new.specs.iter().chain(gone).map(|spec| &spec.name).collect()
    };
    let contents = |state: &State| state.rows.iter().map(|row| content(state, row)).collect::<Vec<_>>();
    let (old_contents, new_contents) = (contents(old), contents(new));
    let (mut removed, mut changed, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for identity in old_ids.iter().chain(new_ids).collect::<BTreeSet<_>>() {
        let of = |ids: &[String]| (0..ids.len()).filter(|row| ids[*row] == *identity).collect::<Vec<_>>();
        let (mut olds, mut news) = (of(old_ids), of(new_ids));
        olds.retain(|row| match news.iter().position(|other| new_contents[*other] == old_contents[*row]) {
            Some(place) => {
                news.remove(place);
                false
            }
            None => true,
        });
        while !olds.is_empty() && !news.is_empty() {
            let (old, new) = (olds.remove(0), news.remove(0));
            let differs = |name: &&&String| old_contents[old].get(**name) != new_contents[new].get(**name);
            let columns = names.iter().filter(differs).map(|name| name.to_string()).collect();
            let (old_row, new_row) = (Some(old as u64), Some(new as u64));
            changed.push(RowChange { kind: RowChangeKind::Changed, old_row, new_row, columns });
        }
        let one = |kind, old_row, new_row| RowChange { kind, old_row, new_row, columns: Vec::new() };
        removed.extend(olds.iter().map(|row| one(RowChangeKind::Removed, Some(*row as u64), None)));
        added.extend(news.iter().map(|row| one(RowChangeKind::Added, None, Some(*row as u64))));
    }
    removed.sort_by_key(|row| row.old_row);
    changed.sort_by_key(|row| row.new_row);
    added.sort_by_key(|row| row.new_row);
    [removed, changed, added].concat()
}

#[test]
fn random_states_differ_as_the_oracle_says() {
    let mut seen = BTreeMap::<String, u64>::new();
    for seed in 0..600 {
        let random = &mut Choices::Seed(seed);
        let before: Vec<Vec<ColumnSpec>> = (0..3).map(|depth| specs(depth, random)).collect();
        let mut after = before.clone();
        for own in &mut after {
            match random.below(6) {
                0 => own.push(spec("new", DataType::Bigint)),
                1 if own.len() > 1 => drop(own.pop()),
                2 => {
                    *own.last_mut().unwrap() =
                        ColumnSpec { name: own.last().unwrap().name.clone(), ..spec("", DataType::Time) }
                }
                _ => {}
            }
        }
        // A third has keys that are none.
        let ids = if random.below(3) == 0 { 12 } else { 1_000_000_007 };
        let mut records: Vec<Record> =
            (0..random.below(15)).map(|n| record(&before, (n * n * 7 % ids) as i64, random)).collect();
        if random.below(6) == 0
            && let Some(one) = records.first_mut()
        {
            one.cells.remove("id");
        }
        let key = random.below(3) > 0;
        let mut now = later(&records, &after, &before, random);
        if random.below(2) == 0 {
            now.reverse();
        }
        // Some states have tables in common, and their files then.
        let alike = random.below(4) == 0;
        if alike {
            after = before.clone();
            now = records.clone();
            let depth = random.below(3);
            for one in &mut now {
                let change = random.below(4) == 0;
                let items = one.items.iter_mut();
                match depth {
                    _ if !change => {}
                    0 => one.cells.retain(|name, _| name == "id"),
                    1 => items.for_each(|key| key.cells.clear()),
                    _ => items.flat_map(|key| &mut key.items).for_each(|mark| mark.cells.clear()),
                }
            }
        }
        let old = states(&records, &before, key, "1");
        let new = states(&now, &after, key, if alike || random.below(2) == 0 { "1" } else { "2" });
        let files = |states: &[State]| {
            let file = |(number, state): (u64, &State)| state.files(&mut Choices::Seed(seed * 3 + number));
            (0..).zip(states).map(file).collect::<Vec<_>>()
        };
        let (old_files, new_files) = (files(&old), files(&new));
        let read = old_files.iter().zip(&new_files).any(|(old, new)| old.files != new.files);
        let changes = Changes::between(old_files, new_files, &[]).unwrap();
        let rows: usize = old.iter().chain(&new).map(|state| state.rows.len()).sum();
        let to_read = if read { rows as u64 } else { 0 };
        assert_eq!(changes.progress(), (to_read, to_read));
        assert_eq!(changes.tables().len(), 3);
        *seen.entry(format!("read {read}")).or_default() += 1;
        for ((table, (by, rows)), (old, new)) in changes.tables().zip(expected(&old, &new)).zip(old.iter().zip(&new)) {
            if read {
                assert_eq!(table.identity.as_ref(), Some(&by), "seed {seed}, {}", table.name);
            }
            let found = changes.rows(&table.name, 0, usize::MAX).unwrap();
            assert_eq!(found, rows, "seed {seed}, {}", table.name);
            let count = |kind| rows.iter().filter(|row| row.kind == kind).count() as u64;
            let (removed, changed, added) =
                (count(RowChangeKind::Removed), count(RowChangeKind::Changed), count(RowChangeKind::Added));
            assert_eq!((table.removed, table.changed, table.added), (removed, changed, added));
            assert_eq!((table.old_rows, table.new_rows), (old.rows.len() as u64, new.rows.len() as u64));
            for first in 0..rows.len() {
                let count = random.below(4) as usize;
                let page: Vec<RowChange> = rows.iter().skip(first).take(count).cloned().collect();
                assert_eq!(changes.rows(&table.name, first, count).unwrap(), page);
            }
            let named = |state: &State, name: &str| state.spec(name).map(|spec| spec.data_type);
            let columns: BTreeSet<&String> = old.specs.iter().chain(&new.specs).map(|spec| &spec.name).collect();
            let differ: BTreeSet<&String> =
                columns.into_iter().filter(|name| named(old, name) != named(new, name)).collect();
            assert_eq!(table.columns.iter().map(|column| &column.name).collect::<BTreeSet<_>>(), differ);
            for row in &rows {
                *seen.entry(format!("{:?} {:?}", std::mem::discriminant(&by), row.kind)).or_default() += 1;
            }
        }
    }
    // By every kind of identity every kind of change, but none changed by content; and all read or nothing.
    assert!(seen.len() == 10 && seen.values().all(|count| *count > 10), "{seen:?}");
}

/// A table of one text column `t` and whatever else is given.
fn table(name: &'static str, parent: Option<&'static str>, columns: &[(&str, DataType)], rows: &[&[Cell]]) -> State {
    let specs: Vec<ColumnSpec> = columns.iter().map(|(name, data_type)| spec(name, *data_type)).collect();
    let row = |cells: &&[Cell]| {
        let cells = columns.iter().zip(cells.iter()).filter(|(_, cell)| **cell != Cell::Null);
        cells.map(|((name, _), cell)| (name.to_string(), cell.clone())).collect()
    };
    State { name, parent, specs, key: None, rows: rows.iter().map(row).collect() }
}

fn compared(old: &[State], new: &[State], key: &[&str]) -> Changes<Bytes> {
    let files = |states: &[State]| states.iter().map(|state| state.files(&mut Choices::Seed(1))).collect::<Vec<_>>();
    let key: Vec<String> = key.iter().map(|name| name.to_string()).collect();
    Changes::between(files(old), files(new), &key).unwrap()
}

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

/// `-2`: the old row 2 is gone; `1>3[t]`: the old row 1 is the new row 3 and differs in `t`; `+0`: the new row 0 is added.
fn told(changes: &Changes<Bytes>, table: &str) -> String {
    let number = |row: Option<u64>| row.map(|row| row.to_string()).unwrap_or_default();
    let rows = changes.rows(table, 0, 100).unwrap();
    let told = rows.iter().map(|row| match row.kind {
        RowChangeKind::Removed => format!("-{}", number(row.old_row)),
        RowChangeKind::Added => format!("+{}", number(row.new_row)),
        RowChangeKind::Changed => format!("{}>{}[{}]", number(row.old_row), number(row.new_row), row.columns.join(" ")),
    });
    told.collect::<Vec<_>>().join(" ")
}

#[test]
fn tables_come_and_go_with_all_their_rows() {
    let one = |name| table(name, None, &[("t", DataType::Text)], &[&[text("a")], &[Cell::Null], &[text("a")]]);
    let changes = compared(&[one("gone"), one("kept")], &[one("kept"), one("new")], &[]);
    let tables: Vec<_> =
        changes.tables().map(|table| (table.name.as_str(), table.state, table.removed, table.added)).collect();
    assert_eq!(
        tables,
        [("kept", TableState::Kept, 0, 0), ("new", TableState::New, 0, 3), ("gone", TableState::Gone, 3, 0)]
    );
    assert_eq!(
        (told(&changes, "kept"), told(&changes, "new"), told(&changes, "gone")),
        ("".into(), "+0 +1 +2".into(), "-0 -1 -2".into())
    );
    assert_eq!(changes.rows("new", 1, 1).unwrap()[0].new_row, Some(1));
    assert!(changes.rows("none", 0, 9).unwrap().is_empty());
    let json = serde_json::to_value(changes.tables().last()).unwrap();
    assert_eq!(json["state"], "gone");
    assert_eq!((&json["columns"][0]["name"], &json["columns"][0]["new"]), (&"t".into(), &serde_json::Value::Null));
}

/// An insertion in front of a list moves what is behind it: the same places hold other values.
#[test]
fn a_key_tells_rows_apart_and_a_place_in_a_list_their_children() {
    let users = |ids: [&str; 3], rows: [(i64, &str); 3]| {
        let columns =
            [("_dlt_id", DataType::Text), ("id", DataType::Bigint), ("realm", DataType::Text), ("t", DataType::Text)];
        let rows = [0, 1, 2].map(|n| [text(ids[n]), Cell::Int(rows[n].0), text("x"), text(rows[n].1)]);
        table("users", None, &columns, &rows.each_ref().map(|row| &row[..]))
    };
    let keys = |rows: &[(&str, i64, &str)]| {
        let columns = [("_dlt_parent_id", DataType::Text), ("_dlt_list_idx", DataType::Bigint), ("t", DataType::Text)];
        let rows: Vec<_> = rows.iter().map(|(parent, place, t)| [text(parent), Cell::Int(*place), text(t)]).collect();
        table("users__keys", Some("users"), &columns, &rows.iter().map(|row| &row[..]).collect::<Vec<_>>())
    };
    let old = [
        users(["a", "b", "c"], [(1, "one"), (2, "two"), (3, "three")]),
        keys(&[("a", 0, "k"), ("b", 0, "l"), ("b", 1, "m")]),
    ];
    let new = [
        users(["r", "s", "t"], [(3, "three"), (4, "four"), (2, "zwei")]),
        keys(&[("t", 0, "new"), ("t", 1, "l"), ("t", 2, "m"), ("r", 0, "o")]),
    ];
    let changes = compared(&old, &new, &["id", "realm"]);
    assert_eq!(told(&changes, "users"), "-0 1>2[t] +1");
    assert_eq!(told(&changes, "users__keys"), "-0 1>0[t] 2>1[t] +2 +3");
    let identities: Vec<_> = changes.tables().map(|table| table.identity.clone().unwrap()).collect();
    assert_eq!(identities, [Identity::Key { columns: vec!["id".into(), "realm".into()] }, Identity::Parent]);

    // The same without what tells them apart: a key that is shared, one that there is not, no parent's table.
    let shared = compared(&old, &new, &["realm"]);
    assert_eq!(told(&shared, "users"), "-0 -1 +1 +2");
    let why = shared.tables().next().unwrap().identity.clone();
    assert_eq!(why, Some(Identity::Content { unusable_key: Some(vec!["realm".into()]) }));
    let none = compared(&old, &new, &["no such column"]);
    assert_eq!(none.tables().next().unwrap().identity, Some(Identity::Content { unusable_key: None }));
    let orphans = compared(&old[1..], &new[1..], &[]);
    assert_eq!(told(&orphans, "users__keys"), "-0 -1 -2 +0 +1 +2 +3");
}

#[test]
fn a_damaged_file_is_an_error_that_names_its_table() {
    let good = table("t", None, &[("t", DataType::Text)], &[&[text("a")]]).files(&mut Choices::Seed(1));
    let mut cut = TableFiles { schema: good.schema.clone(), files: good.files.clone() };
    cut.files[0].pop();
    let error = Changes::between(vec![good], vec![cut], &[]).err().unwrap();
    assert_eq!((error.code(), error.place()), ("parquet_read", Some("t")));
}

/// A type is what a value means; how many bits or digits a column has room for changes no row.
#[test]
fn a_column_of_another_type_has_other_cells() {
    let columns = |specs: [ColumnSpec; 4]| {
        let mut state = table("t", None, &[("id", DataType::Bigint)], &[&[Cell::Int(1)], &[Cell::Int(2)]]);
        state.specs.extend(specs);
        state.rows[0].extend(
            [("a", Cell::Decimal(150)), ("b", Cell::Int(0)), ("c", Cell::Int(0)), ("d", Cell::Int(7))]
                .map(|(n, c)| (n.to_owned(), c)),
        );
        state
    };
    let decimal = |precision, scale| ColumnSpec {
        precision: Some(precision),
        scale: Some(scale),
        ..spec("a", DataType::Decimal)
    };
    let bigint = |precision| ColumnSpec { precision, ..spec("d", DataType::Bigint) };
    let local = ColumnSpec { timezone: false, ..spec("b", DataType::Timestamp) };
    let old = columns([decimal(9, 1), spec("b", DataType::Timestamp), spec("c", DataType::Date), bigint(None)]);
    let new = columns([decimal(9, 2), local, spec("c", DataType::Time), bigint(Some(16))]);
    let changes = compared(std::slice::from_ref(&old), &[new], &["id"]);
    assert_eq!(told(&changes, "t"), "0>0[a b c]");
    let named: Vec<_> = changes.tables().flat_map(|table| &table.columns).map(|column| column.name.as_str()).collect();
    assert_eq!(named, ["a", "b", "c", "d"]);
    let roomier =
        columns([decimal(20, 1), spec("b", DataType::Timestamp), spec("c", DataType::Date), bigint(Some(32))]);
    assert_eq!(told(&compared(&[old], &[roomier], &["id"]), "t"), "");
}
