//! Exports, read back by parsers that share nothing with their writers.

#[path = "support/choices.rs"]
mod choices;
#[path = "readers/model.rs"]
mod model;

use choices::Choices;
use gatelake::export::{Exporter, Format, Formulas};
use gatelake::normalize::schema::DataType;
use gatelake::parquet::{ColumnData, ColumnSpec, Reader, WriterOptions, rows_json};
use model::{Cell, awkward_pages, every_type, spec};

/// A file in one run of bytes, a batch for each row group.
fn export(format: Format, columns: &[ColumnSpec], batches: &[Vec<ColumnData>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut exporter = Exporter::new(format, columns, &mut out);
    for batch in batches {
        exporter.batch(batch, &mut out).unwrap();
    }
    exporter.finish(&mut out).unwrap();
    out
}

/// RFC 4180, to the letter: each line's fields, and whether they were quoted.
fn parse_csv(bytes: &[u8]) -> Vec<Vec<(bool, String)>> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (mut lines, mut line, mut rest) = (Vec::new(), Vec::new(), text);
    while !rest.is_empty() {
        let (quoted, mut field) = (rest.starts_with('"'), String::new());
        if quoted {
            rest = &rest[1..];
            loop {
                let end = rest.find('"').expect("the closing quote");
                field.push_str(&rest[..end]);
                rest = &rest[end + 1..];
                let Some(more) = rest.strip_prefix('"') else { break };
                field.push('"');
                rest = more;
            }
        } else {
            let end = rest.find(['"', ',', '\r', '\n']).expect("what ends a field");
            field.push_str(&rest[..end]);
            rest = &rest[end..];
        }
        line.push((quoted, field));
        if let Some(more) = rest.strip_prefix(',') {
            rest = more;
        } else {
            rest = rest.strip_prefix("\r\n").expect("a comma or the end of the line");
            lines.push(std::mem::take(&mut line));
        }
    }
    assert_eq!(line, []);
    lines
}

fn text(cells: &[Option<&str>]) -> ColumnData {
    ColumnData::Text(cells.iter().map(|cell| cell.map(str::to_owned)).collect())
}

/// The second fields of a table of texts in CSV.
fn csv_of(cells: &[Option<&str>], formulas: Formulas) -> Vec<(bool, String)> {
    let columns = [spec("n", DataType::Bigint), spec("t", DataType::Text)];
    let numbers = ColumnData::I64(vec![Some(-1); cells.len()]);
    let lines = parse_csv(&export(Format::Csv(formulas), &columns, &[vec![numbers, text(cells)]]));
    assert!(lines[1..].iter().all(|line| line.len() == 2 && line[0] == (false, "-1".to_owned())));
    lines.into_iter().skip(1).map(|mut line| line.remove(1)).collect()
}

#[test]
fn every_type_reads_back_from_both_texts() {
    for seed in 0..10 {
        let table = every_type(seed, awkward_pages(&mut Choices::Seed(seed)), true);
        let file = table.write(WriterOptions::default()).unwrap();
        let reader = Reader::open(&file).unwrap();
        let batches: Vec<Vec<ColumnData>> =
            (0..reader.row_groups().len()).map(|group| reader.read(group).unwrap()).collect();
        let lines = export(Format::JsonLines, reader.schema(), &batches);
        let lines: Vec<&str> = std::str::from_utf8(&lines).unwrap().lines().collect();
        assert_eq!(lines, rows_json(&[&file], 0, usize::MAX).unwrap());
        let objects: Vec<serde_json::Map<_, _>> =
            lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let csv = parse_csv(&export(Format::Csv(Formulas::Kept), reader.schema(), &batches));
        assert_eq!((csv.len(), lines.len()), (table.rows() + 1, table.rows()));
        for (number, column) in table.columns.iter().enumerate() {
            assert_eq!(csv[0][number].1, column.spec.name);
            for (row, cell) in table.expected(column).iter().enumerate() {
                let object = &objects[row];
                assert_eq!(object.keys().nth(number), Some(&column.spec.name));
                let (quoted, field) = &csv[row + 1][number];
                let same = match (cell, &object[&column.spec.name]) {
                    (Cell::Null, value) => value.is_null() && !quoted && field.is_empty(),
                    (Cell::Bool(cell), value) => value == cell && *field == cell.to_string(),
                    (Cell::Double(cell), value) if value.is_number() => {
                        value.as_f64().map(f64::to_bits) == Some(cell.to_bits())
                            && field.parse().map(f64::to_bits) == Ok(cell.to_bits())
                    }
                    (Cell::Int(cell), value) if value.is_number() => value == cell && *field == cell.to_string(),
                    (Cell::Text(cell), value) if column.spec.data_type == DataType::Json => {
                        let cell: serde_json::Value = serde_json::from_slice(cell).unwrap();
                        *value == cell && serde_json::from_str::<serde_json::Value>(field).unwrap() == cell
                    }
                    (Cell::Text(cell), value) if column.spec.data_type == DataType::Text => {
                        value.as_str().map(str::as_bytes) == Some(cell) && field.as_bytes() == cell
                    }
                    // Times, decimals, big integers, binary: the string that `rows_json` is tested for.
                    (_, value) => value.as_str() == Some(field),
                };
                assert!(same, "seed {seed}, {}, row {row}: {cell:?} became {field:?}", column.spec.name);
            }
        }
    }
}

#[test]
fn csv_is_what_the_rfc_says() {
    let columns = [spec("a,b", DataType::Text), spec("c", DataType::Double), spec("d", DataType::Timestamp)];
    let cells = [
        text(&[Some("x"), None, Some(""), Some("say \"hi\"\r\nbye")]),
        ColumnData::F64(vec![Some(-1.5), None, Some(f64::NAN), Some(0.1)]),
        ColumnData::I64(vec![Some(0), None, Some(-1), Some(951_782_400_000_000)]),
    ];
    let expected = "\"a,b\",c,d\r\nx,-1.5,1970-01-01T00:00:00.000000Z\r\n,,\r\n\"\",NaN,1969-12-31T23:59:59.999999Z\r\n\
                    \"say \"\"hi\"\"\r\nbye\",0.1,2000-02-29T00:00:00.000000Z\r\n";
    let csv = export(
        Format::Csv(Formulas::default()),
        &columns,
        &[cells.to_vec(), vec![text(&[]), ColumnData::F64(vec![]), ColumnData::I64(vec![])]],
    );
    assert_eq!(String::from_utf8(csv).unwrap(), expected);
    // A line of nothing is no row.
    let one = export(Format::Csv(Formulas::default()), &columns[1..2], &[vec![ColumnData::F64(vec![None, Some(2.0)])]]);
    assert_eq!(String::from_utf8(one).unwrap(), "c\r\n\"\"\r\n2.0\r\n");
}

/// The beginnings that OWASP's page names, and what is tried to hide them.
#[test]
fn formulas_do_not_reach_a_spreadsheet() {
    let bad = [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        " =1",
        "   +1",
        "\u{a0}-1",
        "\r\n=1",
        "\u{feff}=1",
        "\u{200b}=1",
        "\0=1",
        "\u{3000}＝1",
        "\u{202e}@x",
        "-",
        "=\"a\";b,c",
    ];
    let fields = csv_of(&bad.map(Some), Formulas::Neutralised);
    for (cell, (_, field)) in bad.iter().zip(&fields) {
        assert_eq!(*field, format!("'{cell}"));
    }
    let kept = csv_of(&bad.map(Some), Formulas::Kept);
    assert!(bad.iter().zip(&kept).all(|(cell, (_, field))| cell == field));
    let good = ["", "a=1", "1-1", "'=1", "\"=1", "user@example.org", " x", "/home/-", "ä", "#", "(1)", "−1"];
    for (cell, (_, field)) in good.iter().zip(csv_of(&good.map(Some), Formulas::Neutralised)) {
        assert_eq!(field, *cell);
    }
    // Where another sign than the comma parts cells, the text is still one.
    let parted = csv_of(&[Some("a;=1"), Some("a\t=1")], Formulas::Neutralised);
    assert!(parted.iter().all(|(quoted, _)| *quoted));
}

#[test]
fn names_and_encoded_bytes_are_texts_too_numbers_are_not() {
    let columns = [
        spec("=evil", DataType::Json),
        spec("bytes", DataType::Binary),
        spec("decimal", DataType::Decimal),
        spec("double", DataType::Double),
    ];
    let batch = vec![
        text(&[Some("-5")]),
        ColumnData::Binary(vec![Some(vec![0xfb, 0xef, 0xbe])]),
        ColumnData::I128(vec![Some(-1_500_000_000)]),
        ColumnData::F64(vec![Some(f64::NEG_INFINITY)]),
    ];
    let csv = export(Format::Csv(Formulas::Neutralised), &columns, &[batch]);
    assert_eq!(String::from_utf8(csv).unwrap(), "'=evil,bytes,decimal,double\r\n'-5,'++++,-1.500000000,-Infinity\r\n");
}

#[test]
fn a_line_of_json_is_one_line() {
    let columns = [spec("__proto__", DataType::Json), spec("a\"\n", DataType::Text)];
    let batch = vec![text(&[Some("{\n \"a\":\r\n \"\\n\"}"), Some("no JSON\n")]), text(&[Some("x\ny\u{2028}"), None])];
    let lines = export(Format::JsonLines, &columns, &[batch]);
    let lines = String::from_utf8(lines).unwrap();
    let rows: Vec<serde_json::Value> =
        lines.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows[0], serde_json::json!({"__proto__": {"a": "\n"}, "a\"\n": "x\ny\u{2028}"}));
    assert_eq!(rows[1], serde_json::json!({"__proto__": "no JSON\n", "a\"\n": null}));
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_batch_of_other_columns_is_refused() {
    let columns = [spec("a", DataType::Bigint), spec("b", DataType::Text)];
    for format in [Format::Csv(Formulas::default()), Format::JsonLines] {
        let mut out = Vec::new();
        let mut exporter = Exporter::new(format, &columns, &mut out);
        let begun = out.clone();
        let number = || ColumnData::I64(vec![Some(1)]);
        for batch in
            [vec![number()], vec![number(), number()], vec![number(), text(&[])], vec![text(&[None]), number()]]
        {
            assert_eq!(exporter.batch(&batch, &mut out).unwrap_err().code(), "export_batch");
        }
        assert_eq!(out, begun);
    }
}

#[test]
fn every_type_reads_back_from_parquet() {
    for seed in 0..20 {
        let table = every_type(seed, awkward_pages(&mut Choices::Seed(seed)), true);
        let file = table.write(WriterOptions::default()).unwrap();
        let reader = Reader::open(&file).unwrap();
        let batches: Vec<Vec<ColumnData>> =
            (0..reader.row_groups().len()).map(|group| reader.read(group).unwrap()).collect();
        let exported = export(Format::Parquet, reader.schema(), &batches);
        let again = Reader::open(&exported).unwrap();
        assert_eq!(again.schema(), reader.schema(), "seed {seed}");
        assert_eq!(again.rows(), reader.rows(), "seed {seed}");
        let rows = reader.rows() as usize;
        assert_eq!(rows_json(&[&exported], 0, rows).unwrap(), rows_json(&[&file], 0, rows).unwrap(), "seed {seed}");
    }
}

#[test]
fn parquet_ends_its_row_groups() {
    let columns = [spec("n", DataType::Bigint)];
    let batch = vec![ColumnData::I64(vec![None; 1 << 19])];
    let file = export(Format::Parquet, &columns, &[batch.clone(), batch.clone(), batch]);
    assert_eq!(Reader::open(&file).unwrap().row_groups().collect::<Vec<_>>(), [1 << 20, 1 << 19]);
    let empty = export(Format::Parquet, &columns, &[]);
    assert_eq!((Reader::open(&empty).unwrap().rows(), Reader::open(&empty).unwrap().schema()), (0, &columns[..]));
    let text = spec("t", DataType::Text);
    let texts = vec![self::text(&[Some("a"), None]), self::text(&[None, None])];
    let file = export(Format::Parquet, &[text.clone(), ColumnSpec { name: "u".into(), ..text }], &[texts]);
    assert_eq!(rows_json(&[&file], 0, 9).unwrap(), [r#"{"t":"a","u":null}"#, r#"{"t":null,"u":null}"#]);
}
