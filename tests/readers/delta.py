"""Reads the lakes of `cargo test --test delta` with deltalake and polars, and compares every cell of every version.

    python tests/readers/delta.py [FOLDER]        (requirements.txt beside this script; FOLDER: target)

What a version should hold is what the manifest of its snapshot names: those files, read with pyarrow, without any log. Columns
that Delta has no place for are known here by Delta's own rules. The last line says how much was compared; the exit code is 1 if
anything differs.
"""

import functools
import json
import pathlib
import shutil
import sys
import tempfile

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

counts = {"lakes": 0, "tables": 0, "versions": 0, "cells": 0, "bounds": 0, "filters": 0, "checkpoints": 0}
differences = []


def same(place, got, expected):
    if got != expected:
        differences.append(place)
        if len(differences) <= 20:
            print(f"{place}: {str(got)[:400]}, expected {str(expected)[:400]}")


def rows(table):
    """Rows in an order of their own: Delta has none."""
    return sorted(table.to_pylist(), key=repr)


def seen_by_delta(columns):
    """Names of the columns that a Delta table can have."""
    names, seen = [], set()
    for column in columns:
        name, kind = column["name"], column.get("data_type")
        if kind is None or any(character in name for character in " ,;{}()\n\t="):
            continue
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        if kind not in ("time", "wei"):
            names.append(name)
    return names


class Lake:
    def __init__(self, folder):
        self.folder = folder
        manifests = (json.loads(path.read_text()) for path in sorted((folder / "snapshots").iterdir()))
        self.manifests = {manifest["snapshot"]: manifest for manifest in manifests}

    @functools.cache
    def file(self, path):
        return pq.read_table(self.folder / path)

    def table(self, snapshot, name):
        """A table of a snapshot as its manifest has it: what Delta should show of it."""
        for table in self.manifests[snapshot]["tables"]:
            if table["name"] == name:
                columns = seen_by_delta(table["columns"])
                parts = [self.file(file["path"]) for file in table["files"]]
                whole = pa.concat_tables(parts, promote_options="default")
                return whole.select([column for column in columns if column in whole.column_names]), table
        return None, None


def versions(log):
    """The snapshot that each version's commit names."""
    named = {}
    for commit in sorted(log.glob("*.json")):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        named[int(commit.stem)] = next(action["commitInfo"]["userMetadata"] for action in actions if "commitInfo" in action)
    return named


def compare(lake, name, folder, version, snapshot):
    place = f"{folder} version {version}"
    expected, described = lake.table(snapshot, name)
    wanted = rows(expected)
    log = DeltaTable(folder, version=version)
    same(f"{place} columns", [field.name for field in log.schema().fields], expected.column_names)
    for reader, table in [("deltalake", log.to_pyarrow_table()), ("polars", pl.read_delta(str(folder), version=version).to_arrow())]:
        same(f"{place} by {reader}", rows(table), wanted)
        same(f"{place} types by {reader}", plain(table.schema), plain(expected.schema))
    files = sorted(pathlib.PurePosixPath(path).name for path in log.file_uris())
    same(f"{place} files", files, sorted(pathlib.PurePosixPath(file["path"]).name for file in described["files"]))
    counts["versions"] += 1
    counts["cells"] += 2 * expected.num_rows * expected.num_columns
    return log, expected


def plain(schema):
    """Types without what readers choose for themselves: offsets of 32 or 64 bits, views."""
    texts = {"large_string": "string", "string_view": "string", "large_binary": "binary", "binary_view": "binary"}
    return [texts.get(str(field.type), str(field.type)) for field in schema]


def statistics(lake, place, log):
    """What the log says of files is true of them."""
    actions = pa.table(log.get_add_actions(flatten=True)).to_pylist()
    for action in actions:
        table = next(table for path, table in lake.parts.items() if path.endswith(action["path"]))
        same(f"{place} rows", action["num_records"], table.num_rows)
        for column in table.column_names:
            data = table.column(column)
            if f"null_count.{column}" in action and action[f"null_count.{column}"] is not None:
                same(f"{place} nulls of {column}", action[f"null_count.{column}"], data.null_count)
            least, most = action.get(f"min.{column}"), action.get(f"max.{column}")
            if least is None or most is None:
                continue
            true = pc.min_max(data).as_py()
            if pa.types.is_timestamp(data.type):
                # Delta's timestamps end at milliseconds.
                least, most = ((moment.replace(tzinfo=true["min"].tzinfo)) for moment in (least, most))
                same(f"{place} bounds of {column}", least <= true["min"] and true["max"] <= most, True)
                same(f"{place} width of {column}", ((true["min"] - least) + (most - true["max"])).total_seconds() < 0.002, True)
            else:
                same(f"{place} bounds of {column}", [least, most], [true["min"], true["max"]])
            counts["bounds"] += 1


def filters(place, folder, expected):
    """A reader that leaves out files by their bounds leaves out no row."""
    for column in expected.column_names:
        kind = expected.schema.field(column).type
        if pa.types.is_binary(kind) or pa.types.is_boolean(kind):
            continue
        for value in expected.column(column).drop_null().unique().to_pylist()[:3]:
            wanted = expected.filter(pc.equal(expected.column(column), pa.scalar(value, kind)))
            found = pl.scan_delta(str(folder)).filter(pl.col(column) == pl.lit(value)).collect()
            same(f"{place} where {column} = {value}", rows(found.to_arrow()), rows(wanted))
            scanned = DeltaTable(folder).to_pyarrow_table(filters=[(column, "=", value)])
            same(f"{place} where {column} = {value} by deltalake", rows(scanned), rows(wanted))
            counts["filters"] += 2
        without = expected.filter(pc.is_null(expected.column(column)))
        scanned = DeltaTable(folder).to_pyarrow_dataset().to_table(filter=pc.field(column).is_null())
        same(f"{place} where {column} is null by deltalake", rows(scanned), rows(without))
        found = pl.scan_delta(str(folder)).filter(pl.col(column).is_null()).collect()
        same(f"{place} where {column} is null", rows(found.to_arrow()), rows(without))
        counts["filters"] += 2


def checkpoint(lake, name, folder, version, snapshot, place):
    """A reader needs nothing from before the checkpoint, and deltalake's own one at that version says the same."""
    with tempfile.TemporaryDirectory() as scratch:
        ours, theirs = pathlib.Path(scratch, "ours"), pathlib.Path(scratch, "theirs")
        for copy in (ours, theirs):
            shutil.copytree(folder, copy)
        for commit in (ours / "_delta_log").glob("*.json"):
            if int(commit.stem) <= version:
                commit.unlink()
        last = ours / "_delta_log" / "_last_checkpoint"
        hint = json.loads(last.read_text())
        if hint["version"] == version:
            compare(lake, name, ours, DeltaTable(ours).version(), versions(folder / "_delta_log")[DeltaTable(ours).version()])
        last.unlink()
        compare(lake, name, ours, version, snapshot)
        (theirs / "_delta_log" / "_last_checkpoint").unlink()
        for other in (theirs / "_delta_log").glob("*.checkpoint.parquet"):
            other.unlink()
        for commit in (theirs / "_delta_log").glob("*.json"):
            if int(commit.stem) > version:
                commit.unlink()
        DeltaTable(theirs).create_checkpoint()
        file = f"_delta_log/{version:020}.checkpoint.parquet"
        kept = {"add": ["path", "size", "modificationTime", "stats"], "txn": ["appId", "version"]}
        kept |= {"metaData": ["id", "name", "format", "schemaString", "partitionColumns", "configuration"], "protocol": ["minReaderVersion", "minWriterVersion"]}

        def actions(path):
            found = []
            for action in pq.read_table(path / file).to_pylist():
                kind, fields = next((kind, fields) for kind, fields in action.items() if fields is not None)
                if kind in kept:
                    found.append({kind: {field: told(field, fields[field]) for field in kept[kind]}})
            return sorted(found, key=repr)

        same(f"{place} checkpoint {version}", actions(ours), actions(theirs))
        # Theirs has the removed files of the last seven days by this machine's clock, ours by the commit's.
        listed = [action["remove"] for action in pq.read_table(ours / file).to_pylist() if action["remove"]]
        listed = [(one["path"], one["deletionTimestamp"]) for one in listed]
        same(f"{place} removed by {version}", sorted(listed), sorted(removed(folder / "_delta_log", version)))
        same(f"{place} hint", DeltaTable(folder).version() >= hint["version"], True)
        counts["checkpoints"] += 1


def removed(log, version):
    """What commits up to a version removed in the seven days before it."""
    actions = [
        json.loads(line)
        for commit in sorted(log.glob("*.json"))
        if int(commit.stem) <= version
        for line in commit.read_text().splitlines()
    ]
    end = [action["commitInfo"]["timestamp"] for action in actions if "commitInfo" in action][-1]
    found = [(action["remove"]["path"], action["remove"]["deletionTimestamp"]) for action in actions if "remove" in action]
    return [(path, at) for path, at in found if at > end - 7 * 86_400_000]


def told(field, value):
    """Statistics say the same in any order."""
    return json.loads(value) if field in ("stats", "schemaString") and value is not None else value


def nested(path):
    """A file of records with fields in fields; maps come as lists of pairs."""
    expected = json.loads(path.with_suffix(".json").read_text())
    table = pq.read_table(path)
    found = table.to_pylist()
    for row in found:
        if row["a"] and row["a"]["b"] and row["a"]["b"]["map"] is not None:
            row["a"]["b"]["map"] = dict(row["a"]["b"]["map"])
    same(str(path), found, expected)
    same(f"{path} by polars", pl.read_parquet(path).height, len(expected))
    counts["cells"] += table.num_rows * table.num_columns


target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target")
for path in (target / "nested").glob("*.parquet"):
    nested(path)
for folder in sorted((target / "delta").iterdir()):
    lake = Lake(folder)
    counts["lakes"] += 1
    for log in sorted(folder.glob("data/*/_delta_log")):
        name, place = log.parent.name, str(log.parent)
        counts["tables"] += 1
        named = versions(log)
        last = max(named)
        same(f"{place} versions", sorted(named), list(range(last + 1)))
        same(f"{place} version", DeltaTable(log.parent).version(), last)
        for version, snapshot in named.items():
            table, expected = compare(lake, name, log.parent, version, snapshot)
        # Snapshots that changed nothing have no version: each shows what the last one before it left.
        for snapshot in lake.manifests:
            before = [version for version, one in named.items() if one <= snapshot]
            if before and named[before[-1]] != snapshot:
                same(f"{place} in {snapshot}", rows(lake.table(snapshot, name)[0]), rows(lake.table(named[before[-1]], name)[0]))
        lake.parts = {path.name: pq.read_table(path) for path in log.parent.glob("*.parquet")}
        statistics(lake, place, table)
        filters(place, log.parent, expected)
        for path in log.glob("*.checkpoint.parquet"):
            version = int(path.name.split(".")[0])
            checkpoint(lake, name, log.parent, version, named[version], place)

counts["differences"] = len(differences)
print(", ".join(f"{count} {what}" for what, count in counts.items()))
sys.exit(1 if differences or not all(count for what, count in counts.items() if what != "differences") else 0)
