#!/usr/bin/env python3
"""Asks dlt for expectations: see README.md. Nothing of dlt is here, it is only called."""
import datetime
import importlib
import json
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def cases(folder, mode):
    """Runs the cases of a folder through dlt's pipelines, by oracle.py in a process of its own."""
    flags = ["--regen", folder, "--missing"] if mode == "cases" else ["--check", folder]
    sys.exit(subprocess.run([sys.executable, HERE / "oracle.py", *flags]).returncode)


def write(name, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    (HERE / "golden" / f"{name}.json").write_text(f"[{lines}]\n", encoding="utf-8")


def naming_conventions():
    """Every convention on names that tell them apart, at three lengths."""
    names = [
        "userName", "User Name", "HTTPServer", "a-b", "1st", "٣abc", "größe", "日本", "a__b", "__x", "x__", " trail_ ", "a.b.c",
        "a▶b", "it's \"q\"", "line\nbreak", "line\r\nbreak", "a___b", "!_", "!!", "_", "____", "odata@x", "a+b", "ÄB", "_dlt_id",
        "a__ __b", "x²", "İx", "\u00a0x\u3000", "\u001fx", "x\u200b", "a__1b__C", "__ __", "a▶▶b", "▶",
    ]
    long_names = [
        "AVeryLongName_With-Parts", "abc__AVeryLongName_With-Parts  ", "日本語日本語日本語日本語日本語日本語", "exactly_sixteen_",
        "aaaaaaaa__bbbbbbbb__cccccccc", "1234567890123456", "É" * 17,
    ]
    fragments = ["a" * 20, "Bé", "", "c" * 15]
    for convention in ["snake_case", "direct", "sql_ci_v1", "sql_cs_v1", "duck_case", "s3_tables"]:
        make = importlib.import_module(f"dlt.common.normalizers.naming.{convention}").NamingConvention
        for length, inputs in [(None, names), (16, long_names), (7, long_names)]:
            naming = make(length)
            for name in inputs:
                yield {
                    "naming": convention, "max": length or 0, "in": name,
                    "path": naming.normalize_path(name), "tables_path": naming.normalize_tables_path(name),
                }
        yield {"naming": convention, "max": 30, "fragments": fragments, "out": make(30).shorten_fragments(*fragments)}


def text_readings(count=1200):
    """Texts near the edges of what reads as an instant or a number, and what dlt reads."""
    from dlt.common.data_types.type_helpers import coerce_value
    from dlt.common.schema.detections import is_iso_date, is_iso_timestamp
    from dlt.common.time import normalize_timezone

    chance = random.Random(1)
    digits = lambda n: "".join(chance.choice("0123456789") for _ in range(n))
    near = lambda low, high, width: str(chance.choices([low, high, chance.randint(low, high), high + 1], [4, 4, 12, 1])[0]).zfill(width)

    def date():
        year, dash = chance.choice(["2024", "2024", "2023", "1970", "0001", "9999", digits(4)]), chance.choice(["-", "-", "-", "", "/"])
        return chance.choice([
            year + dash + near(1, 12, 2) + dash + near(1, 31, 2), year + dash + near(1, 366, 3), year + dash + near(1, 12, 2),
            year + dash + "W" + near(1, 53, 2) + dash + near(1, 7, 1), year + dash + "W" + near(1, 53, 2), year,
        ])

    def clock(colon=":"):
        parts = [near(0, 23, 2), near(0, 59, 2), near(0, 59, 2)][: chance.randint(1, 3)]
        return colon.join(parts) + chance.choice(["", "", chance.choice(".,|") + digits(chance.randint(0, 11))])

    def moment():
        day = date()
        colon = chance.choice([":", "" if "-" not in day else ":"])
        return day + chance.choice(["T", "T", " ", " ", "t", ""]) + clock(colon) + zone()

    def zone():
        return chance.choice(["", "", "Z", "z", "+00:00", "-08:00", "+14", "+24:00", "+0130", "-" + digits(4), "+01:", "+1"])

    def number():
        sign = chance.choice(["", "", "+", "-", " ", "0x", "0x0x"])
        body = [digits(chance.randint(0, 22)), digits(2) + "." + digits(3), "." + digits(2), digits(2) + "e" + digits(2), "1_000", "1__0"]
        return sign + chance.choice(body + ["inf", "nan", "Infinity", "٣٤", "1f", "_1", "1_", "1_e5", ""]) + chance.choice(["", "", "\n", "x"])

    def mutated(text):
        if not text or chance.random() < 0.7:
            return text
        at = chance.randrange(len(text))
        return text[:at] + chance.choice(["", chance.choice("0123456789-:T Z+./W٣")]) + text[at + chance.randint(0, 1):]

    def attempt(function):
        try:
            return function()
        except Exception:
            return None

    def micros(instant):
        instant = normalize_timezone(instant, True) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return (instant.days * 86400 + instant.seconds) * 10**6 + instant.microseconds

    def time_of_day(value):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond

    seen = set()
    while len(seen) < count:
        shapes = [date, number, moment, lambda: clock() + zone(), lambda: "T" + clock("")]
        text = mutated(chance.choices(shapes, [1, 3, 9, 1, 1])[0]())
        # Python 3.11 reads a date from the first eight of ten characters; other versions do not, nor do we.
        if text in seen or len(text.encode()) == 10:
            continue
        seen.add(text)
        timestamp = attempt(lambda: micros(coerce_value("timestamp", "text", text)))
        yield {
            "in": text,
            "detected": timestamp if is_iso_timestamp(str, text) else None,
            "date_detected": is_iso_date(str, text) is not None,
            "timestamp": timestamp,
            "date": attempt(lambda: coerce_value("date", "text", text).toordinal() - datetime.date(1970, 1, 1).toordinal()),
            "time": attempt(lambda: time_of_day(coerce_value("time", "text", text))),
            "bigint": attempt(lambda: str(coerce_value("bigint", "text", text))),
            "double": attempt(lambda: repr(coerce_value("double", "text", text))),
            "binary": attempt(lambda: coerce_value("binary", "text", text).hex()),
        }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["cases" | "check" as mode, folder]:
            cases(folder, mode)
        case ["golden"]:
            write("naming_conventions", naming_conventions())
            write("text_readings", text_readings())
        case _:
            sys.exit(__doc__)
