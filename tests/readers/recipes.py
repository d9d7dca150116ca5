"""Runs the blocks of docs/destinations.md that need nothing but a lake, on the one of `cargo test --test delta`.

    python tests/readers/recipes.py [FOLDER]        (requirements.txt beside this script; FOLDER: target/delta/dispositions)

Blocks follow one another and share their names, as they do for a reader. Those with a `…` need a service and are left out. Whatever
a block calls `users` is compared with the files that the manifest names. The exit code is 1 if anything differs.
"""

import pathlib
import re
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/delta/dispositions")
page = pathlib.Path("docs/destinations.md").read_text()
names = {"lake": f"{folder}/"}
counts = {"blocks": 0, "tables": 0}


def rows(frame):
    """A data frame's or a table's rows, whatever made it."""
    if hasattr(frame, "to_arrow"):
        frame = frame.to_arrow()
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    return sorted((row["id"], row["name"], row["_dlt_id"], row["value"]) for row in table.to_pylist())


def expected(manifest, name="users"):
    files = next(table for table in manifest["tables"] if table["name"] == name)["files"]
    return rows(pa.concat_tables([pq.read_table(folder / file["path"]) for file in files], promote_options="default"))


def check(block, found):
    snapshot = names["manifest"]
    if "version=0" in block:
        first = min((folder / "snapshots").iterdir())
        snapshot = __import__("json").loads(first.read_text())
    wanted = expected(snapshot)
    if "> 3" in block:
        wanted = [row for row in wanted if row[0] > 3]
    assert found == wanted and wanted, f"{len(found)} rows, not the {len(wanted)} expected, of\n{block}"
    counts["tables"] += 1


for language, block in re.findall(r"```(python|sql)\n(.*?)```", page, re.DOTALL):
    if "…" in block:
        continue
    counts["blocks"] += 1
    if language == "sql":
        database = duckdb.connect()
        *settings, query = block.replace("$LAKE", names["lake"]).strip().removesuffix(";").split(";\n")
        for setting in settings:
            database.sql(setting)
        check(block, rows(database.sql(query.split(";  --")[0]).to_arrow_table()))
        continue
    names.pop("users", None)
    exec(compile(block, "docs/destinations.md", "exec"), names)
    if "users" in names:
        check(block, rows(names["users"]))

# Each file of the table once, with its size, and as many columns as it has.
for table, base in (("users", "s3://my-copy/sftp/"), ("events", "s3://other/")):
    files = {base + file["path"]: file for file in names["tables"][table]["files"]}
    for columns, manifest in names["redshift"](table, base):
        for entry in manifest["entries"]:
            file = files.pop(entry["url"])
            assert entry["meta"]["content_length"] == (folder / file["path"]).stat().st_size
            assert columns == pq.read_schema(folder / file["path"]).names
    assert not files, files
print(", ".join(f"{count} {what}" for what, count in counts.items()))
sys.exit(0 if counts["tables"] >= 8 else 1)
