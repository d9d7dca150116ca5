//! The Parquet writer and reader: every type there and back, statistics against the values, and what is refused.

#[path = "readers/arrow.rs"]
mod arrow;
#[path = "support/choices.rs"]
mod choices;
#[path = "readers/model.rs"]
mod model;
#[path = "readers/round_trip.rs"]
mod round_trip;
#[path = "support/watched.rs"]
mod watched;

use choices::Choices;
use gatelake::normalize::schema::DataType;
use gatelake::parquet::{ColumnSpec, MAX_ROWS, Reader, Writer, WriterOptions, rows_json};
use gatelake::table::{ByteArrays, Page, Values};
use model::{Cell, Column, Table, awkward_pages, every_type, spec};
use parquet_format_safe as thrift;
use round_trip::{footer, read_all, round_trip};

fn plain() -> WriterOptions {
    WriterOptions { plain_encodings: true, ..WriterOptions::default() }
}

#[test]
fn every_type_survives_awkward_pages_row_groups_and_late_columns() {
    for seed in 0..25 {
        let mut random = Choices::Seed(seed);
        let table = every_type(seed, awkward_pages(&mut random), seed % 2 == 1);
        round_trip(&table, WriterOptions::default());
        round_trip(&table, plain());
    }
}

#[test]
fn files_for_other_readers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers");
    std::fs::create_dir_all(&folder).unwrap();
    let sizes = vec![vec![500, 1, 129], vec![4096, 4096, 33], vec![7]];
    let wide = Table {
        columns: (0..600)
            .map(|place| Column {
                spec: spec(&format!("c{place}"), if place % 2 == 0 { DataType::Text } else { DataType::Bigint }),
                cells: (0..12)
                    .map(|row| if place % 2 == 0 { Cell::Text(vec![b'a' + row as u8]) } else { Cell::Int(row) })
                    .collect(),
                from_page: place / 100,
                dictionary_pages: place % 3,
            })
            .collect(),
        pages: vec![vec![2, 2], vec![3, 1], vec![4]],
    };
    let tables = [
        ("types", every_type(1, sizes.clone(), false)),
        ("late", every_type(2, sizes.clone(), true)),
        ("empty", every_type(3, Vec::new(), false)),
        ("one_row", every_type(4, vec![vec![1]], false)),
        ("wide", wide),
    ];
    for (name, table) in &tables {
        let write = |file: String, bytes: &[u8]| std::fs::write(folder.join(file), bytes).unwrap();
        write(format!("{name}.jsonl"), table.describe().as_bytes());
        write(format!("{name}.parquet"), &round_trip(table, WriterOptions::default()));
        write(format!("{name}.plain.parquet"), &round_trip(table, plain()));
    }
}

#[test]
fn equal_input_gives_equal_bytes() {
    let table = || every_type(7, vec![vec![129, 33], vec![8]], true);
    assert_eq!(table().write(WriterOptions::default()).unwrap(), table().write(WriterOptions::default()).unwrap());
}

#[test]
fn a_file_without_rows_has_its_schema() {
    let bytes = round_trip(&every_type(1, Vec::new(), false), WriterOptions::default());
    assert!(footer(&bytes).row_groups.is_empty());
    // A footer of nothing but columns is the worst case for a reader's guess at how much memory it needs.
    let mut writer = Writer::new(WriterOptions::default());
    (0..2000).for_each(|place| assert_eq!(writer.add_column(spec(&place.to_string(), DataType::Bool)), place));
    let mut out = Vec::new();
    writer.finish(&mut out).unwrap();
    assert_eq!(Reader::open(&out).unwrap().schema().len(), 2000);
}

/// The hash is that of the two lines of JSON which the documentation says, made with another program.
#[test]
fn the_schema_hash_names_the_columns() {
    let hash = |columns: &[ColumnSpec]| {
        let mut writer = Writer::new(WriterOptions::default());
        for column in columns {
            writer.add_column(column.clone());
        }
        let mut bytes = Vec::new();
        writer.finish(&mut bytes).unwrap();
        Reader::open(&bytes).unwrap().metadata("gatelake.schema_hash").unwrap().to_owned()
    };
    let a = spec("a", DataType::Text);
    let b = ColumnSpec { nullable: false, precision: Some(12), scale: Some(2), ..spec("b", DataType::Decimal) };
    let expected = "2d098ebbfb92d1523d31c33b21075602bcbda4053abc19dc3d3ca36c4100ce00";
    assert_eq!(hash(&[a.clone(), b.clone()]), expected);
    assert_ne!(hash(&[b.clone(), a.clone()]), expected);
    assert_ne!(hash(&[a, ColumnSpec { nullable: true, ..b }]), expected);
}

#[test]
fn the_footer_says_what_readers_look_for() {
    let metadata = vec![("load_id".to_owned(), "1700000000.5".to_owned()), ("schema".to_owned(), "abc=".to_owned())];
    let table = every_type(1, vec![vec![100, 100], vec![10]], false);
    let bytes = table.write(WriterOptions { metadata, ..WriterOptions::default() }).unwrap();
    let meta = footer(&bytes);
    assert_eq!(meta.created_by.as_deref(), Some(concat!("gatelake version ", env!("CARGO_PKG_VERSION"))));
    assert_eq!(meta.column_orders.unwrap().len(), table.columns.len());
    let reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.metadata("load_id"), Some("1700000000.5"));
    assert_eq!(reader.metadata("schema"), Some("abc="));
    assert_eq!(reader.metadata("no such key"), None);
    for (ordinal, group) in meta.row_groups.iter().enumerate() {
        assert_eq!(group.ordinal, Some(ordinal as i16));
        let chunks: Vec<_> = group.columns.iter().map(|chunk| chunk.meta_data.as_ref().unwrap()).collect();
        let sum = |size: fn(&thrift::ColumnMetaData) -> i64| chunks.iter().map(|chunk| size(chunk)).sum::<i64>();
        assert_eq!(group.total_compressed_size, Some(sum(|chunk| chunk.total_compressed_size)));
        assert_eq!(group.total_byte_size, sum(|chunk| chunk.total_uncompressed_size));
        assert_eq!(
            group.file_offset.map(|offset| offset.max(4)),
            chunks[0].dictionary_page_offset.or(Some(chunks[0].data_page_offset))
        );
        for chunk in chunks {
            let dictionary = chunk.encodings.contains(&thrift::Encoding::RLE_DICTIONARY);
            assert_eq!(chunk.dictionary_page_offset.is_some(), dictionary, "{:?}", chunk.path_in_schema);
            assert!(chunk.dictionary_page_offset.is_none_or(|offset| offset < chunk.data_page_offset));
        }
    }
}

#[test]
fn plain_encodings_are_all_that_fussy_loaders_meet() {
    use thrift::{CompressionCodec, Encoding};
    let table = every_type(5, vec![vec![100, 100, 100]], false);
    let used = |bytes: &[u8]| {
        let meta = footer(bytes);
        let chunks = meta.row_groups.into_iter().flat_map(|group| group.columns).map(|chunk| chunk.meta_data.unwrap());
        let mut used: Vec<_> = chunks.flat_map(|c| c.encodings.into_iter().map(move |e| (c.codec, e))).collect();
        used.sort_unstable();
        used.dedup();
        used
    };
    let snappy = CompressionCodec::SNAPPY;
    assert_eq!(
        used(&table.write(plain()).unwrap()),
        [(snappy, Encoding::PLAIN), (snappy, Encoding::RLE), (snappy, Encoding::RLE_DICTIONARY)]
    );
    let default = used(&table.write(WriterOptions::default()).unwrap());
    let bare = CompressionCodec::UNCOMPRESSED;
    assert!(default.contains(&(bare, Encoding::DELTA_BINARY_PACKED)));
    assert!(default.contains(&(bare, Encoding::DELTA_LENGTH_BYTE_ARRAY)));
}

#[test]
fn a_nan_takes_the_bounds_away() {
    let cells = |values: &[f64]| values.iter().map(|value| Cell::Double(*value)).collect::<Vec<_>>();
    for (values, bounds) in [
        (cells(&[1.0, f64::NAN, 3.0]), None),
        (cells(&[0.0, 0.0, 0.0]), Some((-0.0, 0.0))),
        (cells(&[-0.0, 5.0, 1.0]), Some((-0.0, 5.0))),
        (cells(&[f64::NEG_INFINITY, -0.0, -1.0]), Some((f64::NEG_INFINITY, 0.0))),
    ] {
        let column = Column { spec: spec("x", DataType::Double), cells: values, from_page: 0, dictionary_pages: 0 };
        let bytes = round_trip(&Table { columns: vec![column], pages: vec![vec![2, 1]] }, WriterOptions::default());
        let meta = footer(&bytes).row_groups.remove(0).columns.remove(0).meta_data.unwrap();
        let statistics = meta.statistics.unwrap();
        assert_eq!(statistics.min_value, bounds.map(|(min, _): (f64, f64)| min.to_le_bytes().to_vec()));
        assert_eq!(statistics.max_value, bounds.map(|(_, max): (f64, f64)| max.to_le_bytes().to_vec()));
    }
}

#[test]
fn text_bounds_see_prefixes_zeros_and_the_limit_of_64_bytes() {
    let file = |texts: &[&str]| {
        let cells = texts.iter().map(|text| Cell::Text(text.as_bytes().to_vec())).collect();
        let column = Column { spec: spec("x", DataType::Text), cells, from_page: 0, dictionary_pages: 0 };
        let bytes =
            round_trip(&Table { columns: vec![column], pages: vec![vec![texts.len()]] }, WriterOptions::default());
        footer(&bytes).row_groups.remove(0).columns.remove(0).meta_data.unwrap().statistics.unwrap()
    };
    let long = "y".repeat(64);
    for (texts, min, max) in [
        (vec!["ab", "a", "abc"], "a", "abc"),
        (vec!["a\0", "a", "a\0\0"], "a", "a\0\0"),
        (vec!["", "\0"], "", "\0"),
        (vec!["0123456789abcdefX", "0123456789abcdef", "0123456789abcdefA"], "0123456789abcdef", "0123456789abcdefX"),
        (vec!["z", long.as_str(), "x"], "x", "z"),
        (vec!["é", "z", "🦀"], "z", "🦀"),
    ] {
        let statistics = file(&texts);
        assert_eq!(statistics.min_value.as_deref(), Some(min.as_bytes()), "{texts:?}");
        assert_eq!(statistics.max_value.as_deref(), Some(max.as_bytes()), "{texts:?}");
    }
    let statistics = file(&["a", &"y".repeat(65), "b"]);
    assert_eq!((statistics.min_value, statistics.max_value, statistics.null_count), (None, None, Some(0)));
}

/// One nullable and one not-null bigint column.
fn two() -> Writer {
    let mut writer = Writer::new(WriterOptions::default());
    writer.add_column(spec("may", DataType::Bigint));
    writer.add_column(ColumnSpec { nullable: false, ..spec("must", DataType::Bigint) });
    writer
}

fn ints(values: &[i64]) -> Page<'_> {
    Page { rows: values.len(), validity: None, values: Values::I64(values) }
}

fn code<T>(result: gatelake::error::Result<T>) -> &'static str {
    result.err().map_or("", |error| error.code())
}

#[test]
fn pages_that_do_not_fit_are_refused() {
    let refused = |column: usize, page: Page<'_>| code(two().page(column, page)) == "parquet_page";
    assert!(refused(2, ints(&[1])));
    assert!(refused(0, Page { rows: 2, validity: None, values: Values::I64(&[1]) }));
    assert!(refused(0, Page { rows: 9, validity: Some(&[1]), values: Values::I64(&[1]) }));
    assert!(refused(0, Page { rows: 1, validity: None, values: Values::F64(&[1.0]) }));
    assert!(refused(0, Page { rows: 1, validity: None, values: Values::Indices { indices: &[0], size: 1 } }));
    assert!(refused(1, Page { rows: 2, validity: Some(&[0b01]), values: Values::I64(&[1]) }));
    assert!(!refused(1, Page { rows: 2, validity: Some(&[0b111]), values: Values::I64(&[1, 2]) }));

    let one = |spec: ColumnSpec, values: Values<'_>| {
        let mut writer = Writer::new(WriterOptions::default());
        let column = writer.add_column(spec);
        code(writer.page(column, Page { rows: 1, validity: None, values }))
    };
    let narrow = || ColumnSpec { precision: Some(8), ..spec("x", DataType::Bigint) };
    assert_eq!(one(narrow(), Values::I64(&[127])), "");
    assert_eq!(one(narrow(), Values::I64(&[128])), "parquet_page");
    assert_eq!(one(narrow(), Values::I64(&[-129])), "parquet_page");
    assert_eq!(one(spec("x", DataType::Date), Values::I64(&[1 << 40])), "parquet_page");
    let digits = || ColumnSpec { precision: Some(3), ..spec("x", DataType::Decimal) };
    assert_eq!(one(digits(), Values::I128(&[-999])), "");
    assert_eq!(one(digits(), Values::I128(&[1000])), "parquet_page");
    assert_eq!(one(digits(), Values::I128(&[i128::MIN])), "parquet_page");
    assert_eq!(
        one(spec("x", DataType::Text), Values::Bytes(ByteArrays { count: 1, plain: b"\x03\0\0\0ab" })),
        "parquet_page"
    );
    assert_eq!(one(spec("x", DataType::Text), Values::Indices { indices: &[1], size: 1 }), "parquet_page");
}

#[test]
fn rows_must_agree() {
    let mut out = Vec::new();
    let mut writer = two();
    writer.page(0, ints(&[1, 2])).unwrap();
    writer.page(1, ints(&[1])).unwrap();
    assert_eq!(code(writer.end_row_group(&mut out)), "parquet_rows");

    let mut writer = two();
    writer.page(0, ints(&[1])).unwrap();
    assert_eq!(code(writer.end_row_group(&mut out)), "parquet_rows");

    // A column that must have values cannot come late, be it in the open row group or after one.
    for ended in [false, true] {
        let mut writer = two();
        writer.page(0, ints(&[1])).unwrap();
        writer.page(1, ints(&[1])).unwrap();
        if ended {
            writer.end_row_group(&mut out).unwrap();
        }
        writer.add_column(ColumnSpec { nullable: false, ..spec("late", DataType::Bool) });
        assert_eq!(code(writer.finish(&mut out)), "parquet_rows");
    }
}

#[test]
fn a_column_without_pages_is_null() {
    let (mut writer, mut out) = (two(), Vec::new());
    writer.page(1, ints(&[5, 6])).unwrap();
    writer.finish(&mut out).unwrap();
    assert_eq!(rows_json(&[out], 0, 10).unwrap(), [r#"{"may":null,"must":5}"#, r#"{"may":null,"must":6}"#]);
}

#[test]
fn indices_need_their_dictionary() {
    let (mut writer, mut out) = (Writer::new(WriterOptions::default()), Vec::new());
    let column = writer.add_column(spec("x", DataType::Text));
    let page = || Page { rows: 2, validity: None, values: Values::Indices { indices: &[1, 0], size: 2 } };
    writer.page(column, page()).unwrap();
    writer.dictionary(column, ByteArrays { count: 2, plain: &texts(&["a", "b"]) }).unwrap();
    assert_eq!(code(writer.dictionary(column, ByteArrays { count: 2, plain: &texts(&["a", "b"]) })), "parquet_page");
    writer.end_row_group(&mut out).unwrap();
    // The next row group has one of its own.
    writer.page(column, page()).unwrap();
    writer.dictionary(column, ByteArrays { count: 1, plain: &texts(&["c"]) }).unwrap();
    assert_eq!(code(writer.end_row_group(&mut out)), "parquet_dictionary");
}

#[test]
fn what_is_no_file_of_ours_is_an_error() {
    let bytes = every_type(1, vec![vec![10]], false).write(WriterOptions::default()).unwrap();
    assert_eq!(code(Reader::open(b"")), "parquet_read");
    assert_eq!(code(Reader::open(b"PAR1PAR1PAR1")), "parquet_read");
    assert_eq!(code(Reader::open(&bytes[..bytes.len() - 1])), "parquet_read");
    assert_eq!(code(Reader::open(&bytes[1000..])), "parquet_read");
    let reader = Reader::open(&bytes).unwrap();
    assert_eq!(code(reader.read(1)), "parquet_read");
}

/// Damage may go unnoticed, as there is no checksum in the file; but it is an error or other values, never a panic.
#[test]
fn damaged_files_are_errors_or_other_values() {
    let mut random = Choices::Seed(11);
    for (late, options) in [(false, WriterOptions::default()), (true, WriterOptions::default()), (true, plain())] {
        let good = every_type(1, vec![vec![60, 70], vec![150]], late).write(options).unwrap();
        read_all(&good).unwrap();
        let footer = good.len() - 8 - u32::from_le_bytes(good[good.len() - 8..][..4].try_into().unwrap()) as usize;
        let mut refused = [0; 4];
        for turn in 0..3000 {
            let mut bytes = good.clone();
            // The footer is most of so small a file: half of the damage is for the pages.
            let at = random.below(if turn / 4 % 2 == 0 { footer } else { good.len() } as u64) as usize;
            match turn % 4 {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = random.pick(&[0, 0x7F, 0x80, 0xFF]),
                2 => drop(bytes.drain(at..(at + 1 + random.below(40) as usize).min(good.len()))),
                _ => bytes.truncate(at),
            }
            match read_all(&bytes) {
                Ok(()) => (),
                Err(error) => {
                    assert_eq!(error.code(), "parquet_read");
                    refused[turn % 4] += 1;
                }
            }
        }
        assert_eq!(refused[3], 750);
        assert!(refused[..3].iter().all(|refused| *refused > 100), "{refused:?}");
    }
}

/// The file with its first page's header and the footer changed.
fn forged(
    bytes: &[u8],
    page: impl FnOnce(&mut thrift::PageHeader),
    file: impl FnOnce(&mut thrift::FileMetaData),
) -> Vec<u8> {
    use thrift::thrift::protocol::{TCompactInputProtocol, TCompactOutputProtocol};
    let mut footer = footer(bytes);
    let size = footer.row_groups[0].columns[0].meta_data.as_ref().unwrap().total_compressed_size as usize;
    let mut body = &bytes[4..4 + size];
    let mut header =
        thrift::PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut body, 1000)).unwrap();
    page(&mut header);
    let mut out = b"PAR1".to_vec();
    header.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut out)).unwrap();
    out.extend_from_slice(body);
    footer.row_groups[0].columns[0].meta_data.as_mut().unwrap().total_compressed_size = out.len() as i64 - 4;
    file(&mut footer);
    let end = out.len();
    footer.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut out)).unwrap();
    let length = (out.len() - end) as u32;
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(b"PAR1");
    out
}

/// What a damaged file claims to hold is not asked of the allocator.
#[test]
fn claims_of_gigabytes_are_refused() {
    let mut writer = Writer::new(plain());
    let column = writer.add_column(ColumnSpec { nullable: false, ..spec("x", DataType::Text) });
    let text = texts(&["a".repeat(1000).as_str()]);
    let values = Values::Bytes(ByteArrays { count: 1, plain: &text });
    writer.page(column, Page { rows: 1, validity: None, values }).unwrap();
    let mut bytes = Vec::new();
    writer.finish(&mut bytes).unwrap();
    assert_eq!(forged(&bytes, |_| (), |_| ()), bytes);
    let rows = |footer: &mut thrift::FileMetaData| {
        footer.num_rows = i32::MAX as i64;
        footer.row_groups[0].num_rows = i32::MAX as i64;
        footer.row_groups[0].columns[0].meta_data.as_mut().unwrap().num_values = i32::MAX as i64;
    };
    let values = |header: &mut thrift::PageHeader| header.data_page_header.as_mut().unwrap().num_values = i32::MAX;
    for forged in [
        forged(&bytes, |header| header.uncompressed_page_size = i32::MAX, |_| ()),
        forged(&bytes, |header| header.uncompressed_page_size = -1, |_| ()),
        forged(&bytes, |header| header.compressed_page_size = i32::MAX, |_| ()),
        forged(&bytes, |_| (), rows),
        forged(&bytes, values, |_| ()),
        forged(&bytes, values, rows),
    ] {
        assert_eq!(code(Reader::open(&forged).and_then(|reader| reader.read(0))), "parquet_read");
    }
    assert!(watched::largest() < 64 << 20, "{} bytes at once", watched::largest());
}

/// Nulls take no bytes, so nothing but this bounds what a reader has to make of them.
#[test]
fn a_row_group_has_so_many_rows_at_most() {
    let nulls = |rows: usize| {
        let (mut writer, mut out) = (Writer::new(WriterOptions::default()), Vec::new());
        let column = writer.add_column(spec("x", DataType::Bool));
        let validity = vec![0; rows.div_ceil(8)];
        writer.page(column, Page { rows, validity: Some(&validity), values: Values::Bool(&[]) })?;
        writer.finish(&mut out).map(|_| out)
    };
    assert_eq!(code(nulls(MAX_ROWS + 1)), "parquet_limit");
    let bytes = nulls(MAX_ROWS).unwrap();
    assert!(bytes.len() < 1000, "{} bytes", bytes.len());
    assert_eq!(Reader::open(&bytes).unwrap().read(0).unwrap().len(), 1);
    let more = |meta: &mut thrift::FileMetaData| {
        meta.num_rows += 1;
        meta.row_groups[0].num_rows += 1;
    };
    assert_eq!(code(Reader::open(&forged(&bytes, |_| (), more))), "parquet_read");
}

#[test]
fn rows_as_json() {
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |spec: ColumnSpec, cells: [Cell; 4]| {
        columns.push(Column { spec, cells: cells.to_vec(), from_page: 0, dictionary_pages: 0 });
    };
    let text = |text: &str| Cell::Text(text.as_bytes().to_vec());
    add(spec("t\"", DataType::Text), [text("a\"\n"), text(""), Cell::Null, text("ü")]);
    add(
        spec("i", DataType::Bigint),
        [Cell::Int(9007199254740991), Cell::Int(-9007199254740992), Cell::Int(0), Cell::Int(i64::MIN)],
    );
    add(
        spec("f", DataType::Double),
        [Cell::Double(0.1), Cell::Double(-2.5), Cell::Double(f64::NAN), Cell::Double(f64::NEG_INFINITY)],
    );
    add(spec("b", DataType::Bool), [Cell::Bool(true), Cell::Null, Cell::Bool(false), Cell::Null]);
    let moment = [0, 951_782_400_000_000, i64::MIN, i64::MAX].map(Cell::Int);
    add(spec("ts", DataType::Timestamp), moment.clone());
    add(ColumnSpec { timezone: false, ..spec("local", DataType::Timestamp) }, moment);
    add(spec("d", DataType::Date), [0, -1, -719_528, 2_932_897].map(Cell::Int));
    add(spec("tm", DataType::Time), [0, 86_399_999_999, 1, 3_600_000_000].map(Cell::Int));
    add(spec("dec", DataType::Decimal), [0, -1, 1_500_000_000, 10i128.pow(38) - 1].map(Cell::Decimal));
    add(spec("w", DataType::Wei), [0, -1, i128::MAX, i128::MIN].map(Cell::Decimal));
    add(spec("bin", DataType::Binary), [Cell::Text(vec![255, 0]), text(""), Cell::Null, text("abc")]);
    add(spec("j", DataType::Json), [text(r#"{"a":[1]}"#), text("null"), Cell::Null, text("not JSON")]);
    let table = Table { columns, pages: vec![vec![1, 1], vec![2]] };
    let bytes = table.write(WriterOptions::default()).unwrap();
    let expected = [
        r#"{"t\"":"a\"\n","i":9007199254740991,"f":0.1,"b":true,"ts":"1970-01-01T00:00:00.000000Z","local":"1970-01-01T00:00:00.000000","d":"1970-01-01","tm":"00:00:00.000000","dec":"0.000000000","w":"0","bin":"/wA=","j":{"a":[1]}}"#,
        r#"{"t\"":"","i":"-9007199254740992","f":-2.5,"b":null,"ts":"2000-02-29T00:00:00.000000Z","local":"2000-02-29T00:00:00.000000","d":"1969-12-31","tm":"23:59:59.999999","dec":"-0.000000001","w":"-1","bin":"","j":null}"#,
        r#"{"t\"":null,"i":0,"f":"NaN","b":false,"ts":"-290308-12-21T19:59:05.224192Z","local":"-290308-12-21T19:59:05.224192","d":"0000-01-01","tm":"00:00:00.000001","dec":"1.500000000","w":"170141183460469231731687303715884105727","bin":null,"j":null}"#,
        r#"{"t\"":"ü","i":"-9223372036854775808","f":"-Infinity","b":null,"ts":"+294247-01-10T04:00:54.775807Z","local":"+294247-01-10T04:00:54.775807","d":"+10000-01-01","tm":"01:00:00.000000","dec":"99999999999999999999999999999.999999999","w":"-170141183460469231731687303715884105728","bin":"YWJj","j":"not JSON"}"#,
    ];
    let files = [&bytes, &bytes];
    assert_eq!(rows_json(&files[..1], 0, 10).unwrap(), expected);
    let all: Vec<&str> = expected.iter().chain(&expected).copied().collect();
    for offset in 0..10 {
        for limit in 0..10 {
            let window: Vec<&str> = all.iter().skip(offset).take(limit).copied().collect();
            assert_eq!(rows_json(&files, offset as u64, limit).unwrap(), window, "offset {offset}, limit {limit}");
        }
    }
}

fn texts(texts: &[&str]) -> Vec<u8> {
    ByteArrays::plain(texts.iter().map(|text| text.as_bytes()))
}
