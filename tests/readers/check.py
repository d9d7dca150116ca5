"""Reads the files of `cargo test --test parquet` with pyarrow and compares every cell, type, row group and bound.

    python tests/readers/check.py [FOLDER]        (requirements.txt beside this script; FOLDER: target/readers)

What a file should hold stands beside it as JSON lines, written by the test from its own values, not from the file. The last line
says how much was compared; the exit code is 1 if anything differs.
"""

import json
import pathlib
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

differences = []
counts = {"files": 0, "cells": 0, "bounds": 0}


def differ(place, got, expected):
    differences.append(place)
    if len(differences) <= 20:
        print(f"{place}: {got!r}, expected {expected!r}")


def same(place, got, expected):
    if got != expected:
        differ(place, got, expected)


def value(text, kind):
    """The description's text as a value that compares as the column's values should."""
    if text is None:
        return None
    if kind == "bool":
        return text == "true"
    if kind == "double":
        return struct.unpack(">d", bytes.fromhex(text))[0]
    if kind in ("text", "json"):
        return text
    if kind == "binary":
        return bytes.fromhex(text)
    return int(text)


def described(text, kind):
    """As `plain` of the test writes it, from what a reader gave (see `integers`)."""
    if text is None:
        return None
    if kind == "bool":
        return "true" if text else "false"
    if kind == "double":
        return struct.pack(">d", text).hex()
    if kind == "binary":
        return bytes(text).hex()
    return str(text)


def integers(array):
    """Times and decimals as the integers under them."""
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_time64(kind):
        return array.cast(pa.int64()).to_pylist()
    if pa.types.is_date32(kind):
        return array.cast(pa.int32()).to_pylist()
    if pa.types.is_decimal(kind):
        return [None if number is None else unscaled(number, kind.scale) for number in array.to_pylist()]
    return array.to_pylist()


def unscaled(number, scale):
    sign, digits, exponent = number.as_tuple()
    whole = int("".join(map(str, digits))) * 10 ** (exponent + scale)
    return -whole if sign else whole


def with_pyarrow(path, head, rows):
    file = pq.ParquetFile(path)
    same(f"{path} row groups", [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)], head["row_groups"])
    fields = [[field.name, str(field.type), field.nullable] for field in file.schema_arrow]
    same(f"{path} schema", fields, [[column["name"], column["arrow"], column["nullable"]] for column in head["columns"]])
    table = file.read()
    same(f"{path} rows", table.num_rows, len(rows))
    for number, column in enumerate(head["columns"]):
        kind = column["type"]
        cells = integers(table.column(number).combine_chunks())
        for row, (cell, expected) in enumerate(zip(cells, rows)):
            same(f"pyarrow {path} {column['name']}[{row}]", described(cell, kind), expected[number])
        counts["cells"] += len(cells)
        start = 0
        for group, size in enumerate(head["row_groups"]):
            chunk = [value(row[number], kind) for row in rows[start : start + size]]
            bounds(f"{path} {column['name']} row group {group}", file.metadata.row_group(group).column(number), chunk, kind)
            start += size


def bounds(place, chunk, cells, kind):
    """What a reader believes about a chunk must be true of it, and be there where it pays."""
    statistics = chunk.statistics
    present = [cell for cell in cells if cell is not None]
    same(f"{place} nulls", statistics.null_count, len(cells) - len(present))
    if not statistics.has_min_max:
        if present and kind in ("bigint", "double", "timestamp", "date", "time"):
            differ(f"{place} bounds", None, "bounds")
        return
    ends = []
    for end in (statistics.min, statistics.max):
        if kind in ("decimal", "wei"):
            ends.append(unscaled(end, chunk.statistics.logical_type and json.loads(statistics.logical_type.to_json())["scale"]))
        else:
            # pyarrow gives times and dates as Python's; the integers are compared.
            ends.append(integers(pa.array([end], type=arrow(kind, end)))[0] if kind in ("timestamp", "date", "time") else end)
    same(f"{place} bounds", ends, [min(present), max(present)])
    counts["bounds"] += 1


def arrow(kind, end):
    if kind == "timestamp":
        return pa.timestamp("us", tz=end.tzinfo and "UTC")
    return pa.date32() if kind == "date" else pa.time64("us")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/readers")
    for description in sorted(folder.glob("*.jsonl")):
        head, *rows = (json.loads(line) for line in description.read_text(encoding="utf-8").rstrip("\n").split("\n"))
        for path in sorted(folder.glob(f"{description.stem}.*parquet")):
            counts["files"] += 1
            with_pyarrow(path, head, rows)
    print(", ".join(f"{count} {name}" for name, count in counts.items()) + f", {len(differences)} differences")
    sys.exit(1 if differences or not counts["files"] else 0)


main()
