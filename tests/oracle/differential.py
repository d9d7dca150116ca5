#!/usr/bin/env python3
"""The engine against dlt on random documents, in one command: see README.md.

    python differential.py --documents 2000 --seed 1

Writes the cases (documents.py), asks dlt about those that have no answer yet, lets the engine be judged (`cargo test --release
--test oracle`) and prints what came of it: a table by family of rules, and the differences by class. What dlt answered stays
in the folder, so a run that was broken off goes on where it was.

Of dlt's steps only extract and normalize are run, with the file system as the destination and Parquet as the format: the
package that they leave holds the tables that would be loaded, and to load them changes nothing about them but takes most of
the time. `--against FOLDER` compares these answers with stored ones of oracle.py, which loads into DuckDB.
"""
import argparse
import collections
import functools
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import documents

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]


class Files:
    """The Parquet files of all loads, behind the few calls that oracle.py's `dump` makes to a database."""

    def __init__(self, tables):
        self.tables, self.description, self.found = tables, [], []

    def execute(self, query):
        import pyarrow.parquet

        table = re.match(r'select \* from ds\."(.*)" order by rowid$', query)
        if table:
            files = [pyarrow.parquet.read_table(file) for file in self.tables[table[1]]]
            names = dict.fromkeys(name for file in files for name in file.column_names)
            self.description = [(name,) for name in names]
            self.found = [tuple(row.get(name) for name in names) for file in files for row in file.to_pylist()]
        else:
            self.found = [(name,) for name in self.tables]
        return self

    def fetchall(self):
        return self.found

    def close(self):
        pass


@functools.cache
def oracle():
    os.nice(19)
    here = os.getcwd()
    import oracle

    os.chdir(here)
    return oracle


def ask(case):
    """dlt's answer, in the form of oracle.py's `run`."""
    import dlt
    import pyarrow.parquet

    ask = oracle()
    table, options = case["table"], case.get("options") or {}
    ask.with_env(options)
    answer = {"dlt_version": dlt.__version__, "error": None, "loads": []}
    work = pathlib.Path(tempfile.mkdtemp(dir=ask._scratch))
    limit = {"max_identifier_length": options["max_identifier_length"]} if options.get("max_identifier_length") else {}
    destination = dlt.destinations.filesystem(bucket_url=f"file://{work}/bucket", **limit)
    pipeline = dlt.pipeline("oracle", destination=destination, dataset_name="ds", pipelines_dir=str(work / "pipelines"))
    load_ids, tables, last = [], {}, {}
    try:
        for ordinal, load in enumerate(case["loads"]):
            rows, own = (load, options) if isinstance(load, list) else (load["rows"], {**options, **load.get("options", {})})
            step = {"ordinal": ordinal, "status": "loaded"}
            answer["loads"].append(step)
            try:
                pipeline.extract(ask.make_source(rows, table, own), loader_file_format="parquet")
                counts = pipeline.normalize().row_counts
            except Exception as error:
                chain = ask.err_chain(error)
                step |= {"status": "failed", "step": getattr(error, "step", None), "error": chain}
                answer["error"] = answer["error"] or {"load": ordinal, "step": step["step"], "type": chain[-1]["type"]}
                pipeline.abort_packages()
                continue
            step["rows"] = {name: count for name, count in sorted(counts.items()) if not name.startswith("_dlt")}
            if own.get("write_disposition") == "replace":
                tables = {name: [] for name in tables}
            packages = work / "pipelines/oracle/load/normalized"
            load_ids += sorted(package.name for package in packages.iterdir())
            for file in sorted(packages.glob("*/new_jobs/*.parquet")):
                name = file.name.rsplit(".", 3)[0]
                kept = shutil.move(file, work / f"{len(last)}-{ordinal}-{file.name.rsplit('.', 3)[1]}.parquet")
                tables.setdefault(name, []).append(kept)
                last[name] = kept
            # As if it were loaded: to abort it would take back what it did to the schema.
            shutil.rmtree(packages)
            packages.mkdir()
        ask.duckdb.connect = lambda *_, **__: Files(tables)
        answer |= ask.dump(pipeline, str(work), load_ids, options)
        # Where a convention takes their underscore away, dlt's own tables look like data.
        for found in [answer["tables"], last, *(load["rows"] for load in answer["loads"] if "rows" in load)]:
            [found.pop(name) for name in list(found) if name.startswith("dlt_")]
        arrow = {name: pyarrow.parquet.ParquetFile(file).schema_arrow for name, file in sorted(last.items())}
        answer["parquet"] = {"tables": {n: [[x.name, str(x.type), x.nullable] for x in schema] for n, schema in arrow.items()}}
    finally:
        pipeline.deactivate()
        shutil.rmtree(work, ignore_errors=True)
    return answer


def answer(path):
    try:
        text = oracle().dumps(ask(oracle().load_case(path)))
    except Exception as error:
        return f"{path.name}: {error!r}"
    path.with_suffix(".expected.json").write_text(text + "\n", encoding="utf-8")


def inputs(folder):
    return sorted(path for path in folder.glob("*.json") if not path.name.endswith(".expected.json"))


def ask_all(folder, jobs):
    missing = [path for path in inputs(folder) if not path.with_suffix(".expected.json").exists()]
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=400) as pool:
        for number, broken in enumerate(pool.imap_unordered(answer, missing), 1):
            if broken:
                print("no answer:", broken, flush=True)
            if number % 200 == 0:
                print(f"dlt answered {number} of {len(missing)}", flush=True)


def judge(folder):
    environment = os.environ | {"ORACLE_CASES": str(folder)}
    command = ["cargo", "test", "--release", "--test", "oracle", "--", "--nocapture"]
    run = subprocess.run(command, cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE)
    report(run.stdout, inputs(folder))
    return run.returncode


def report(output, cases):
    verdicts, classes = {path.stem: "matched" for path in cases}, collections.defaultdict(list)
    loads = sum(len(json.loads(path.read_text(encoding="utf-8"))["loads"]) for path in cases)
    failed = None
    for line in output.splitlines():
        if match := re.match(r"(deviates|FAILED|skipped)\S* (.*)", line):
            verdict, (before, _, after) = match[1].lower(), match[2].partition(": ")
            names = after.split() if verdict == "skipped" else [before]
            verdicts |= {name: verdict for name in names}
            failed = before if verdict == "failed" else None
            if verdict != "failed":
                what = before if verdict == "skipped" else re.sub(r"carry .*;", "carry a value;", after)
                classes[f"{verdict}: {what}"] += names
        elif failed and line.startswith("    "):
            classes["failed: " + shape(line.strip())].append(failed)
            failed = None
    table = collections.defaultdict(collections.Counter)
    for name, verdict in verdicts.items():
        table[family(name)][verdict] += 1
    columns = ["matched", "deviates", "skipped", "failed"]
    print(f"\n{'family':12}" + "".join(f"{name:>10}" for name in columns))
    for name, row in sorted(table.items()):
        print(f"{name:12}" + "".join(f"{row[column]:10}" for column in columns))
    print(f"{'all':12}" + "".join(f"{sum(row[column] for row in table.values()):10}" for column in columns) + "\n")
    for name, named in sorted(classes.items(), key=lambda item: -len(item[1])):
        print(f"{len(named):6} {name}: {' '.join(named[:6])}")
    print(f"\n{len(cases)} documents, {loads} loads")
    print(next((line for line in output.splitlines() if line.startswith("oracle: ")), output[-2000:]))


def family(name):
    return name.split("_")[1] if name.startswith("x_") else name.split("_")[0]


def shape(difference):
    """A difference without what is the case's own: names, places, values."""
    path, _, what = difference.partition(": ")
    path = re.sub(r"\[\d+\]", "[]", re.sub(r"^/(tables|parquet)/[^/]*", r"/\1/TABLE", path))
    path = re.sub(r"(rows\[\]|rows)/.*", r"\1/COLUMN", path)
    return f"{path} {'is missing' if what.endswith('is missing') else re.sub(r'[{[].*', '…', what)[:90]}"


def against(folder, jobs):
    """Are the answers without a load the same as with one?"""
    with tempfile.TemporaryDirectory() as other:
        other = pathlib.Path(other)
        for path in inputs(folder):
            if "merge" not in path.read_text():
                shutil.copy(path, other)
        ask_all(other, jobs)
        for path in inputs(other):
            mine, stored = (json.loads((at / path.name).with_suffix(".expected.json").read_text()) for at in (other, folder))
            same = mine["tables"] == stored["tables"] and mine["parquet"]["tables"] == stored["parquet"]["tables"]
            loads = [[(load["status"], load.get("rows")) for load in answer["loads"]] for answer in (mine, stored)]
            print(path.stem, "same" if same and loads[0] == loads[1] else "DIFFERENT")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--documents", type=int, default=2000)
    options.add_argument("--seed", default="1")
    options.add_argument("--folder", type=pathlib.Path, help="default: target/differential/SEED")
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--no-engine", action="store_true", help="only ask dlt")
    options.add_argument("--no-dlt", action="store_true", help="only judge the engine, by the answers that are there")
    options.add_argument("--against", type=pathlib.Path, metavar="FOLDER")
    options = options.parse_args()
    if options.against:
        return against(options.against, options.jobs)
    folder = (options.folder or PROJECT / "target" / "differential" / options.seed).resolve()
    if not options.no_dlt:
        documents.main(folder, options.documents, options.seed)
        ask_all(folder, options.jobs)
    return 0 if options.no_engine else judge(folder)


if __name__ == "__main__":
    sys.exit(main())
