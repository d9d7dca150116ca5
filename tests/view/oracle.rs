//! A table that is wholly unpacked, and the plainest way to do with it what `gatelake::view` does.

use super::choices::Choices;
use super::model::{Cell, cells, same};
use gatelake::normalize::schema::{Column, DataType, TableSchema};
use gatelake::parquet::{Reader, rows_json};
use gatelake::view::Profile;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub struct Known {
    pub rows: usize,
    pub columns: Vec<Column>,
    /// By column and row.
    pub cells: Vec<Vec<Cell>>,
    pub texts: Vec<Vec<Option<String>>>,
}

impl Known {
    pub fn of(schema: &TableSchema, files: &[Vec<u8>]) -> Known {
        let columns: Vec<Column> = schema.columns.iter().filter(|column| column.data_type.is_some()).cloned().collect();
        let mut known =
            Known { rows: 0, cells: vec![Vec::new(); columns.len()], texts: vec![Vec::new(); columns.len()], columns };
        for file in files {
            let reader = Reader::open(file).unwrap();
            let rows = rows_json(&[file], 0, usize::MAX).unwrap();
            known.rows += rows.len();
            for row in &rows {
                let row: BTreeMap<String, Box<RawValue>> = serde_json::from_str(row).unwrap();
                for (column, texts) in known.columns.iter().zip(&mut known.texts) {
                    let text = row.get(&column.name).map_or("null", |value| value.get());
                    texts.push(match column.data_type {
                        _ if text == "null" => None,
                        Some(DataType::Json) => Some(text.to_owned()),
                        // Quoted or not, it is the text between the quotes.
                        _ => Some(serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned())),
                    });
                }
            }
            for (group, size) in reader.row_groups().enumerate() {
                let mut read: Vec<Option<_>> = reader.read(group).unwrap().into_iter().map(Some).collect();
                for (column, all) in known.columns.iter().zip(&mut known.cells) {
                    match reader.schema().iter().position(|spec| spec.name == column.name) {
                        Some(at) => all.extend(cells(read[at].take().unwrap())),
                        None => all.extend(vec![Cell::Null; size]),
                    }
                }
            }
        }
        known
    }

    pub fn arrange(&self, request: &Value) -> Vec<u32> {
        let items = |key: &str| request[key].as_array().cloned().unwrap_or_default();
        let mut rows: Vec<usize> = (0..self.rows).collect();
        for filter in items("filters") {
            let column = filter["column"].as_u64().unwrap() as usize;
            rows.retain(|row| self.holds(column, *row, &filter));
        }
        if let Some(search) = request["search"].as_str() {
            let search = search.to_lowercase();
            rows.retain(|row| {
                let mut texts = self.texts.iter().filter_map(|texts| texts[*row].as_ref());
                texts.any(|text| text.to_lowercase().contains(&search))
            });
        }
        rows.sort_by(|a, b| {
            let keys = items("order").into_iter().map(|by| {
                let cells = &self.cells[by["column"].as_u64().unwrap() as usize];
                let order = compare(&cells[*a], &cells[*b]);
                let nulls = cells[*a] == Cell::Null || cells[*b] == Cell::Null;
                if by["descending"] == true && !nulls { order.reverse() } else { order }
            });
            keys.fold(Ordering::Equal, Ordering::then)
        });
        rows.into_iter().map(|row| row as u32).collect()
    }

    /// The filter's value is the text of a cell of the column (see [`any_request`]), which is compared instead.
    fn holds(&self, column: usize, row: usize, filter: &Value) -> bool {
        let (cell, text) = (&self.cells[column][row], &self.texts[column][row]);
        let op = filter["op"].as_str().unwrap();
        let Some(text) = text else { return op == "is_null" };
        let value = filter["value"].as_str().unwrap_or_default();
        let folded = (text.to_lowercase(), value.to_lowercase());
        let order = || {
            let place = self.texts[column].iter().position(|text| text.as_deref() == Some(value)).unwrap();
            compare(cell, &self.cells[column][place])
        };
        match op {
            "not_null" => true,
            "is_null" => false,
            "contains" => folded.0.contains(&folded.1),
            "starts" => folded.0.starts_with(&folded.1),
            "eq" => order().is_eq(),
            "ne" => order().is_ne(),
            "lt" => order().is_lt(),
            "le" => order().is_le(),
            "gt" => order().is_gt(),
            _ => order().is_ge(),
        }
    }

    pub fn check_profile(&self, profile: &Profile, column: usize, rows: &[u32]) {
        let what = format!("{} of type {:?}", self.columns[column].name, self.columns[column].data_type);
        // Text by text in the table's order, with the cell: equal numbers of different texts (0.0 and -0.0) are one value.
        let mut rows: Vec<usize> = rows.iter().map(|row| *row as usize).collect();
        rows.sort_unstable();
        let present: Vec<(&Cell, &String)> = rows
            .iter()
            .filter_map(|row| Some((&self.cells[column][*row], self.texts[column][*row].as_ref()?)))
            .collect();
        assert_eq!((profile.rows, profile.nulls), (rows.len() as u64, (rows.len() - present.len()) as u64), "{what}");
        let mut different: Vec<(&Cell, u64)> = Vec::new();
        for (cell, _) in &present {
            match different.iter_mut().find(|(known, _)| compare(known, cell).is_eq()) {
                Some((_, count)) => *count += 1,
                None => different.push((cell, 1)),
            }
        }
        assert_eq!((profile.distinct.count, profile.distinct.exact), (different.len() as u64, true), "{what}");
        let text = |cell: &Cell| {
            let zero = compare(cell, &Cell::Double(0.0)).is_eq();
            let first = present.iter().find(|(known, _)| same(known, cell)).map(|(_, text)| (*text).clone());
            if zero { "0.0".to_owned() } else { first.unwrap() }
        };
        let shown = |cell: &Cell| text(cell).chars().take(200).collect::<String>();
        different.sort_by_key(|(_, count)| u64::MAX - count);
        let frequent: Vec<(String, u64)> =
            different.iter().take(10).map(|(cell, count)| (shown(cell), *count)).collect();
        let uncut = |text: &String| text.trim_end_matches('…').to_owned();
        let given: Vec<(String, u64)> = profile.frequent.iter().map(|one| (uncut(&one.value), one.count)).collect();
        assert_eq!(given, frequent, "{what}");
        let least = different.iter().map(|(cell, _)| *cell).min_by(|a, b| compare(a, b));
        let most = different.iter().map(|(cell, _)| *cell).max_by(|a, b| compare(a, b));
        assert_eq!(profile.min.as_ref().map(uncut), least.map(shown), "{what}");
        assert_eq!(profile.max.as_ref().map(uncut), most.map(shown), "{what}");
        self.check_histogram(profile, column, &present.iter().map(|(cell, _)| *cell).collect::<Vec<_>>(), &what);
        let length = |(cell, text): &(&Cell, &String)| match (self.columns[column].data_type, cell) {
            (Some(DataType::Binary), Cell::Text(bytes)) => Some(bytes.len() as u64),
            (Some(DataType::Text | DataType::Json), _) => Some(text.chars().count() as u64),
            _ => None,
        };
        let lengths: Vec<u64> = present.iter().filter_map(length).collect();
        let figures = profile.lengths.map(|lengths| (lengths.min, lengths.max, lengths.mean));
        let mean = lengths.iter().sum::<u64>() as f64 / lengths.len() as f64;
        let expected = lengths.iter().min().zip(lengths.iter().max()).map(|(min, max)| (*min, *max, mean));
        assert_eq!(figures, expected, "{what}");
    }

    /// Bounds are read back from their texts, where these are plain numbers.
    fn check_histogram(&self, profile: &Profile, column: usize, present: &[&Cell], what: &str) {
        let bins = &profile.histogram;
        assert!(bins.len() <= 20, "{what}");
        let Some(data_type) = self.columns[column].data_type else { return };
        if matches!(data_type, DataType::Text | DataType::Json | DataType::Binary | DataType::Bool)
            || present.is_empty()
        {
            return assert!(bins.is_empty(), "{what}");
        }
        let counted: u64 = bins.iter().map(|bin| bin.count).sum();
        let infinite = present.iter().any(|cell| matches!(cell, Cell::Double(value) if value.is_infinite()));
        let wide = present.iter().any(|cell| matches!(cell, Cell::Double(value) if value.abs() > 1e300))
            || present.iter().any(|cell| matches!(cell, Cell::Decimal(value) if value.abs() > 1 << 120));
        match infinite {
            true => return assert!(bins.is_empty(), "{what}"),
            false if wide && bins.is_empty() => return,
            false => assert_eq!(counted, present.len() as u64, "{what}"),
        }
        assert_eq!(
            (&bins[0].from, &bins[bins.len() - 1].to),
            (profile.min.as_ref().unwrap(), profile.max.as_ref().unwrap())
        );
        for (number, bin) in bins.iter().enumerate() {
            if data_type == DataType::Bigint {
                let (from, to): (i64, i64) = (bin.from.parse().unwrap(), bin.to.parse().unwrap());
                let here =
                    present.iter().filter(|cell| matches!(cell, Cell::Int(value) if (from..=to).contains(value)));
                assert_eq!(bin.count, here.count() as u64, "{what}, bin {number}");
            }
            if data_type == DataType::Double && number + 1 < bins.len() {
                assert_eq!(bin.to, bins[number + 1].from, "{what}, bin {number}");
            }
        }
    }
}

/// Nulls last, numbers by value, all else by bytes.
fn compare(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => Ordering::Greater,
        (_, Cell::Null) => Ordering::Less,
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
        (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
        (Cell::Double(a), Cell::Double(b)) => a.partial_cmp(b).unwrap(),
        (Cell::Decimal(a), Cell::Decimal(b)) => a.cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        _ => Ordering::Less,
    }
}

/// Conditions with values of the table's own, so that some rows fulfil them.
pub fn any_request(known: &Known, c: &mut Choices) -> Value {
    let column = |c: &mut Choices| c.below(known.columns.len() as u64) as usize;
    let order: Vec<Value> =
        (0..c.below(4)).map(|_| json!({ "column": column(c), "descending": c.one_in(2) })).collect();
    let mut filters = Vec::new();
    for _ in 0..c.below(3) {
        let column = column(c);
        let texts: Vec<&str> = known.texts[column].iter().flatten().map(String::as_str).collect();
        let op = c.pick(&["eq", "ne", "lt", "le", "gt", "ge", "contains", "starts", "is_null", "not_null"]);
        filters.push(match (op, texts.is_empty()) {
            ("is_null" | "not_null", _) => json!({ "column": column, "op": op }),
            (_, true) => continue,
            ("contains" | "starts", _) => json!({ "column": column, "op": op, "value": piece(c.pick(&texts), op, c) }),
            _ => json!({ "column": column, "op": op, "value": c.pick(&texts) }),
        });
    }
    let mut request = json!({ "order": order, "filters": filters });
    let all: Vec<&str> = known.texts.iter().flatten().flatten().map(String::as_str).take(500).collect();
    if c.one_in(3) && !all.is_empty() {
        let search = piece(c.pick(&all), "contains", c);
        if !search.is_empty() {
            request["search"] = json!(search);
        }
    }
    request
}

/// A piece of a text, its case turned round.
fn piece(text: &str, op: &str, c: &mut Choices) -> String {
    let chars: Vec<char> = text.chars().collect();
    let first = if op == "starts" { 0 } else { c.below(chars.len() as u64 + 1) as usize };
    let turn =
        |char: &char| if char.is_lowercase() { char.to_uppercase().collect() } else { char.to_lowercase().collect() };
    chars[first..].iter().take(1 + c.below(5) as usize).map(turn).collect::<Vec<String>>().concat()
}
