#!/usr/bin/env python3
"""Writes cases of random documents for generate.py to ask dlt about: see README.md.

    python documents.py FOLDER COUNT [SEED [FAMILY]]

The same count and seed write the same cases. Each case leans towards one family of rules, named by its file: `x_nest_0007.json`; with a
FAMILY, all of them towards that one.
"""
import json
import pathlib
import random
import sys

PLAIN = ["id", "a", "b", "c", "name", "v", "w", "kids", "items", "tags", "value", "list", "home", "limits"]
ODD = [
    "userName", "user_name", "UserName", "user-name", "HTTPServer", "userID", "IDs", "2FA", "1st", "a b", " a ", "a.b", "a__b", "__a",
    "a__", "_a", "a_", "_", "__", "____", "", " ", "\t", "größe", "日本", "名前", "é", "x²", "٣abc", "@type", "a+b", "a|b", "%", "a-b", "a/b",
    "$ref", "emoji😀", "A", "B", "Id", "ID", "iOSVersion", "a" * 70, "averyLongKeyName" * 5, "key with spaces and more words than one",
    "a\"b", "a\\b", "line\nbreak", "İx", "ß", "NaN", "null", "true", "select", "group", "x__v_text", "a__v_text", "a__v_bigint",
]
# None that names another row: oracle.py would say which, and there is none.
OWN = ["_dlt_id", "_dlt_load_id", "_dlt_list_idx", "_dlt_x", "_dltId", "dlt_id"]
DATED = ["createdAt", "updated_at", "date", "time", "at"]


class Maker:
    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.keys = PLAIN
        self.depth = 4
        # What scalars are made of, by weight.
        self.kinds = {"int": 6, "float": 3, "text": 6, "bool": 2, "null": 3, "instant": 1}
        self.lists, self.dicts = 2, 3

    def one_in(self, n):
        return self.chance.randrange(n) == 0

    def digits(self, n):
        return "".join(self.chance.choice("0123456789") for _ in range(n))

    # Scalars

    def int(self):
        c = self.chance
        return c.choice([0, 1, -1, 2, c.randint(-9, 99), c.randint(-(10**9), 10**12), 2**53 + c.randint(-2, 2), 2**63 - 1, -(2**63), 1700000000])

    def big(self):
        c = self.chance
        return c.choice([2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**37, 10**38, -(10**40), 2**255, c.randint(2**63, 2**70)])

    def float(self):
        c = self.chance
        return c.choice([
            0.0, -0.0, 1.0, 2.0, 2.5, -1.5, 0.1, 1e22, 1e16, 1e15, 123456789012345680.0, 1e-7, 1e-5, 0.0001, 5e-324, 1.7976931348623157e308,
            c.uniform(-1000, 1000), round(c.uniform(0, 100), 2), float(c.randint(-5, 5)), 1.1, 9007199254740993.0, 9.3e18, -9.3e18, 1700000000.5,
        ])

    def text(self):
        c = self.chance
        return c.choice([
            "", " ", "x", "abc", "日本支社 受信", "größe", "O'Brien", "line\nbreak", "tab\t", "quote\"s", "back\\slash", "😀", "\u0000", "null",
            "None", "n/a", "true", "True", "FALSE", "yes", "no", "t", "1", "0", "-0", " 5 ", "5 ", "007", "1.0", "1.5", "1e3", "1_000", "0x1f", "+7",
            "9223372036854775807", "9223372036854775808", "inf", "nan", "-Infinity", "٣٤", "{}", "[]", "{\"a\": 1}", "[1, 2]", "\"s\"", "{broken",
            "aGVsbG8=", "long " * 60, "a\u2028b", "\u200b", "e\u0301",
        ])

    def epoch(self):
        c = self.chance
        return c.choice([c.randint(1_650_000_000, 1_850_000_000), c.uniform(1.65e9, 1.85e9), 1_000_000_000, 1_400_000_000.5, 2_100_000_000, 1.7e12])

    def near_instant(self):
        c = self.chance
        two = lambda low, high: str(c.randint(low, high)).zfill(2)
        date = c.choice([
            f"20{two(0, 99)}-{two(1, 12)}-{two(1, 28)}", f"20{two(0, 99)}{two(1, 12)}{two(1, 28)}", f"2024-{two(1, 12)}-{two(1, 31)}", "1969-12-31",
            "0001-01-01", "9999-12-31", "2024-02-29", "2023-02-29", f"2024-W{two(1, 53)}-{c.randint(1, 7)}", f"2024-{c.randint(1, 366):03}",
            f"2024/{two(1, 12)}/{two(1, 28)}", f"2024-{two(1, 12)}", "2024", f"{c.randint(1, 9)}/3/2024", f"2024-{c.randint(1, 9)}-{c.randint(1, 9)}",
        ])
        clock = c.choice([
            f"{two(0, 23)}:{two(0, 59)}:{two(0, 59)}", f"{two(0, 23)}:{two(0, 59)}", f"{two(0, 23)}{two(0, 59)}{two(0, 59)}", two(0, 23), "24:00:00",
            f"{two(0, 23)}:{two(0, 59)}:{two(0, 59)}.{self.digits(c.randint(1, 9))}", f"{two(0, 23)}:{two(0, 59)}:{two(0, 59)},{self.digits(3)}", "23:59:60",
            f"{two(0, 23)}:{two(0, 59)}:{two(0, 59)}.{self.digits(3)}", "00:00:00",
        ])
        zone = c.choice(["", "", "Z", "Z", "z", "+00:00", "-08:00", "+0530", "+14", "+01:30", "-23:59", " UTC", "[UTC]", " +01:00", "-00:00"])
        other = ["P1D", "PT5M", "P3Y6M4DT12H30M5S", "5 days", "Tue, 02 Jan 2024 03:04:05 GMT", "Jan 2 2024", "12:30", "T12:30", "1700000000", "1700000000.5"]
        return c.choice([
            date + c.choice(["T", "T", "T", " ", "t", "_"]) + clock + zone, date, clock, c.choice(other), f"{date}/{date}", f" {date}T{clock}Z",
        ])

    def scalar(self):
        c = self.chance
        kind = c.choices(list(self.kinds), list(self.kinds.values()))[0]
        match kind:
            case "int" | "big" | "float" | "text" | "near_instant" | "epoch":
                return getattr(self, kind)()
            case "bool":
                return c.choice([True, False])
            case "null":
                return None
            case "instant":
                return f"2024-{c.randint(1, 12):02}-{c.randint(1, 28):02}T{c.randint(0, 23):02}:00:{c.randint(0, 59):02}Z"

    # Documents

    def value(self, depth):
        shape = self.chance.choices(["scalar", "dict", "list"], [6, self.dicts, self.lists])[0] if depth < self.depth else "scalar"
        if shape == "scalar":
            return self.scalar()
        if shape == "dict":
            return self.dict(depth + 1)
        same = self.chance.choice([None, None, self.dict, lambda depth: self.scalar(), lambda depth: self.list(depth)])
        return self.list(depth + 1, same)

    def list(self, depth, make=None):
        if depth > self.depth:
            return []
        return [(make or self.value)(depth + 1) for _ in range(self.chance.choice([0, 1, 1, 2, 2, 3]))]

    def dict(self, depth=0):
        count = self.chance.choice([0, 1, 2, 2, 3, 3, 4, 6])
        return {key: self.value(depth) for key in self.chance.sample(self.keys, min(count, len(self.keys)))}

    def changed(self, value, rate=5):
        """The same document a little later: some values other ones, some keys gone, some new."""
        if self.one_in(rate):
            return self.value(self.depth - 1)
        if isinstance(value, dict):
            out = {key: self.changed(inner, rate) for key, inner in value.items() if not self.one_in(rate * 2)}
            if self.one_in(rate):
                out[self.chance.choice(self.keys)] = self.value(self.depth - 1)
            return out
        if isinstance(value, list):
            return [self.changed(inner, rate) for inner in value]
        return value if self.one_in(2) else type(value)() if value is not None else None

    def rows(self, count):
        shapes = [self.dict() for _ in range(self.chance.choice([1, 2, 3]))]
        return [row if isinstance(row := self.changed(self.chance.choice(shapes), 6), dict) else {"v": row} for _ in range(count)]

    def loads(self, most, rows=4):
        return [self.rows(self.chance.randint(1, rows)) for _ in range(self.chance.randint(2, max(2, most)))]


def identifiers(m, odd=ODD):
    m.keys = m.chance.sample(odd, 12) + m.chance.sample(PLAIN, 4)
    m.depth = m.chance.choice([1, 2, 3])
    options = {}
    if m.one_in(3):
        options["max_identifier_length"] = m.chance.choice([16, 24, 30, 63])
    return options, m.loads(2)


def conventions(m):
    # Names with slashes are names of files to dlt, which it cannot make.
    options, loads = identifiers(m, [key for key in ODD if "/" not in key and "\\" not in key])
    options["naming"] = m.chance.choice(["direct", "sql_ci_v1", "sql_cs_v1", "duck_case", "s3_tables", "snake_case"])
    # dlt refuses this convention without a limit.
    if options["naming"] == "s3_tables":
        options.setdefault("max_identifier_length", 255)
    return options, loads


def nesting(m):
    m.depth, m.lists, m.dicts = m.chance.choice([3, 5, 7]), 4, 4
    if m.one_in(3):
        m.keys = m.chance.sample(PLAIN, 4)
    loads = m.loads(3, 3)
    if m.one_in(3):
        loads[0] += [m.scalar(), None, m.list(1), [m.dict(), [m.dict()]]]
    return {}, loads


def limited(m):
    options, loads = nesting(m)
    return options | {"max_table_nesting": m.chance.choice([0, 1, 1, 2, 2, 3, 4])}, loads


def evolution(m):
    m.keys, m.depth = m.chance.sample(PLAIN, 5), 3
    options = {}
    if m.one_in(4):
        options["write_disposition"] = "replace"
    loads = m.loads(5)
    if m.one_in(4):
        loads.insert(m.chance.randint(0, len(loads)), [])
    return options, loads


def types(m):
    m.keys, m.depth, m.lists, m.dicts = m.chance.sample(PLAIN, 4), 2, 1, 1
    m.kinds = m.kinds | {"text": 9, "near_instant": 4, "float": 5}
    return {}, m.loads(4, 6)


def instants(m):
    m.keys, m.depth, m.lists, m.dicts = DATED, 2, 1, 1
    m.kinds = {"near_instant": 12, "null": 1, "int": 1, "instant": 3}
    return {}, m.loads(3, 6)


def beyond(m):
    m.keys, m.depth = m.chance.sample(PLAIN, 4), 2
    m.kinds = m.kinds | {"big": 3}
    return {}, m.loads(2)


def own(m):
    m.keys = m.chance.sample(OWN, 3) + m.chance.sample(PLAIN, 4)
    return {}, m.loads(2)


def keyed(m):
    m.keys, m.depth = PLAIN, 3
    loads = m.loads(3)
    for number, row in enumerate(row for load in loads for row in load):
        place = m.chance.randint(0, len(row))
        members = [(key, value) for key, value in row.items() if key not in ("id", "userName")]
        members[place:place] = [("id", number), ("userName", f"user{number}")]
        row.clear()
        row.update(members)
    key = m.chance.choice(["id", ["id"], ["userName"], "user_name", ["userName", "id"], ["id", "userName"]])
    return {"primary_key": key}, loads


def hinted(m):
    m.keys, m.depth = m.chance.sample(PLAIN, 5), 2
    m.kinds = m.kinds | {"near_instant": 4, "text": 9}
    columns = {}
    for key in m.chance.sample(m.keys, m.chance.randint(1, 3)):
        hint = {}
        if not m.one_in(5):
            hint["data_type"] = m.chance.choice(["text", "bigint", "double", "bool", "timestamp", "date", "time", "decimal", "wei", "binary", "json"])
        if hint.get("data_type") == "decimal" and m.one_in(2):
            hint |= {"precision": 12, "scale": 4}
        if hint.get("data_type") == "timestamp" and m.one_in(2):
            hint["timezone"] = False
        if hint.get("data_type") == "bigint" and m.one_in(3):
            hint["precision"] = 32
        if m.one_in(4):
            hint[m.chance.choice(["unique", "sort", "merge_key", "partition", "cluster", "hard_delete"])] = True
        if m.one_in(8):
            hint["dedup_sort"] = m.chance.choice(["asc", "desc"])
        if m.one_in(8):
            hint["nullable"] = m.chance.choice([True, False])
        columns[key] = hint
    listed = [{"name": name} | hint for name, hint in columns.items()]
    return {"columns": m.chance.choice([columns, columns, listed])}, m.loads(3)


def rehinted(m):
    """Hints that change from load to load, with keys beside them."""
    options, loads = hinted(m)
    out = [loads[0]]
    for rows in loads[1:]:
        kinds, keys = m.kinds, m.keys
        own = hinted(m)[0] if m.one_in(2) else {}
        m.kinds, m.keys = kinds, keys
        # A column keeps the type that its data has: to hint another one is asking for trouble, in dlt and here.
        hints = own.get("columns", {})
        for hint in hints.values() if isinstance(hints, dict) else hints:
            hint.pop("data_type", None)
            hint.pop("precision", None)
            hint.pop("scale", None)
            hint.pop("timezone", None)
            hint.pop("nullable", None)
        out.append({"rows": rows, "options": own} if own else rows)
    return options, out


def merge_keyed(m):
    """A key, a merge key and hints, some of them for the same columns."""
    options, loads = keyed(m)
    if m.one_in(2):
        options["merge_key"] = m.chance.choice(["userName", ["id"], ["userName", "id"]])
    if m.one_in(3):
        del options["primary_key"]
    if m.one_in(2):
        hints = {"userName": {"data_type": "text"}, "id": {"data_type": "bigint"}, "a": {}, "v": {"unique": True}, "user_name": {"sort": True}}
        options["columns"] = {name: hints[name] for name in m.chance.sample(list(hints), m.chance.randint(1, 4))}
    if m.one_in(3):
        options["write_disposition"] = "replace"
    return options, loads


def detected(m):
    """Detectors other than those that are on by default. The seconds lie well within, or outside of, five years from now."""
    m.keys, m.depth, m.lists, m.dicts = m.chance.sample(PLAIN, 4) + ["at"], 2, 1, 1
    m.kinds = m.kinds | {"near_instant": 6, "epoch": 5}
    options = {}
    detectors = ["timestamp", "iso_date", "large_integer", "hexbytes_to_text", "wei_to_double"]
    if chosen := m.chance.sample(detectors, m.chance.choice([0, 1, 1, 2, 3])):
        options["detections_add"] = chosen
    if not chosen or m.one_in(3):
        options["detections_remove"] = m.chance.choice([["iso_timestamp"], ["iso_timestamp"], ["iso_date"], ["timestamp", "iso_timestamp"]])
    if m.one_in(3):
        m.kinds["big"] = 1
    return options, m.loads(4)


def preferred(m):
    """Types by the look of a column's name."""
    m.keys, m.depth = m.chance.sample(PLAIN, 4) + m.chance.sample(["createdAt", "updated_at", "isActive", "flagCount"], 2), 3
    m.kinds = m.kinds | {"near_instant": 3, "text": 9}
    # None that fits the normalizer's own columns.
    patterns = ["re:_at$", "re:^is_", "re:^(a|b)$", "re:a$", "re:[vc]", "re:_{2}", "re:\\d", "re:^kids$", "re:^v__.*", "re:count|name", "re:^value$", "re:^[a-z]"]
    patterns += ["a", "name", "createdAt", "created_at", "re:^createdAt$", "home", "kids", "items", "home__a", "value", "list", "tags"]
    types = ["text", "bigint", "double", "bool", "timestamp", "date", "time", "decimal", "wei", "binary", "json", "json", "text"]
    chosen = {pattern: m.chance.choice(types) for pattern in m.chance.sample(patterns, m.chance.choice([1, 1, 2, 3]))}
    options = {"preferred_types": chosen}
    if m.one_in(4):
        options["columns"] = {m.chance.choice(m.keys): m.chance.choice([{}, {"data_type": "text"}, {"sort": True}])}
    return options, m.loads(3)


def gateway(m):
    """Users as a gateway's admin API gives them, whose shape drifts."""
    c = m.chance

    def folder(n):
        connection = {"id": n % 5, "provider": c.choice(["S3", "AZURE_BLOB", "GOOGLE_CLOUD_STORAGE"]), "region": c.choice([None, "us-east-1"]),
                      "encryption": {"level": c.choice(["NONE", "SSE_KMS"]), "kmsKeyArn": None}}
        return {"id": 1000 + n, "path": f"/users/u{n}", "parentId": c.choice([None, 1]), "cloudConnection": c.choice([None, connection, connection]),
                "permissions": c.sample(["READ", "WRITE", "LIST", "DELETE"], c.randint(0, 4))}

    def user(n):
        return {"username": f"u{n}", "enabled": c.choice([True, False]), "email": c.choice([None, f"u{n}@example.com"]), "folder": folder(n),
                "sshKeys": [{"name": f"key-{i}", "publicKey": "ssh-ed25519 AAAA", "createdAt": "2024-01-02T03:04:05.678Z"} for i in range(c.randint(0, 3))],
                "ipAllowList": [f"10.0.0.{i}/32" for i in range(c.randint(0, 2))], "createdAt": f"2024-0{c.randint(1, 9)}-01T00:00:00Z",
                "lastLogin": c.choice([None, "2025-01-19T12:45:43+00:00"]), "quotaBytes": c.choice([0, 10**12]), "usageRatio": c.choice([0, 0.5, 1]),
                "notes": c.choice([None, "日本支社", ""])}

    m.keys = ["username", "enabled", "folder", "sshKeys", "quotaBytes", "mfa", "groups", "expiresAt"]
    loads = []
    for load in range(c.randint(1, 3)):
        users = [user(n) for n in range(c.randint(1, 4))]
        loads.append([row if load and isinstance(row := m.changed(one, 9), dict) else one for one in users])
    options = {}
    if m.one_in(3):
        options["max_table_nesting"] = c.choice([0, 1, 2])
    if m.one_in(3):
        options["write_disposition"] = "replace"
    return options, loads


def contracts(m):
    """Every entity with every mode, on roots and children, from load to load; the first load mostly makes the tables freely."""
    c = m.chance
    m.keys = c.sample(PLAIN, 4) + c.choice([[], [], ["a__v_text"], ["newCol", "new_col"], ["_dlt_x"]])
    m.depth = c.choice([1, 2, 3])
    m.kinds = {"int": 6, "text": 3, "null": 3, "float": 1, "bool": 1}
    # dlt breaks off at a float beyond 64 bits in a column of integers.
    m.float = lambda: c.choice([0.0, 1.0, 2.5, 1e-7, 1700000000.5])
    modes = ["freeze", "discard_row", "discard_value", "discard_row", "discard_value", "evolve"]

    def contract():
        if m.one_in(4):
            return c.choice(modes)
        return {entity: c.choice(modes) for entity in c.sample(["tables", "columns", "data_type"], c.randint(0 if m.one_in(8) else 1, 3))}

    shape = m.dict()
    rows = lambda rate: [row if isinstance(row := m.changed(shape, rate), dict) else {"v": row} for _ in range(c.randint(1, 5))]
    options, loads = {"schema_contract": contract()}, [rows(12)]
    if not m.one_in(4):
        loads[0] = {"rows": loads[0], "options": {"schema_contract": c.choice(["evolve", {}, {"tables": "evolve"}, {"data_type": c.choice(modes)}])}}
    for _ in range(c.randint(1, 3)):
        load = rows(4)
        if m.one_in(6):
            load.insert(c.randint(0, len(load)), c.choice([None, 5, "x", [1, {"a": 2}]]))
        if m.one_in(12):
            load = c.choice([[], [None]])
        loads.append({"rows": load, "options": {"schema_contract": contract()}} if m.one_in(4) else load)
    if m.one_in(8):
        # A contract that only one load names goes on with the table.
        loads[0] = {"rows": loads[0]["rows"] if isinstance(loads[0], dict) else loads[0], "options": options}
        options = {}
    if m.one_in(4):
        options["write_disposition"] = "replace"
    if m.one_in(5):
        options["max_table_nesting"] = c.choice([1, 1, 2, 3])
    if m.one_in(6):
        for number, row in enumerate(row for load in loads for row in (load["rows"] if isinstance(load, dict) else load) if isinstance(row, dict)):
            row["id"] = number
        for load in loads:
            items = load["rows"] if isinstance(load, dict) else load
            items[:] = [item for item in items if isinstance(item, dict)]
        options["primary_key"] = "id"
    return options, loads


FAMILIES = {
    "id": identifiers, "naming": conventions, "nest": nesting, "max": limited, "ev": evolution, "ty": types, "ts": instants, "big": beyond,
    "own": own, "pk": keyed, "hint": hinted, "gw": gateway, "ct": contracts, "rehint": rehinted, "mk": merge_keyed, "det": detected,
    "pref": preferred,
}


def main(folder, count, seed=1, only=None):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [only] if only else list(FAMILIES)
    for number in range(int(count)):
        family, index = names[number % len(names)], number // len(names)
        options, loads = FAMILIES[family](Maker(f"{seed} {family} {index}"))
        case = {"table": "users" if family == "gw" else "items", "options": options, "loads": loads}
        text = json.dumps(case, ensure_ascii=False, indent=1) + "\n"
        path = folder / f"x_{family}_{index:04}.json"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            path.with_suffix(".expected.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 2 else sys.exit(__doc__)
