"""What a scale-out kit says of files that it cannot read: one sentence with the file, the place and what to do.

    python3 refusals.py train.py

Needs PyTorch, NumPy and PyArrow. The kit is any that `lab kit` wrote, or the template itself.
"""

import gzip
import pathlib
import sys
import tempfile

import pyarrow.csv
import pyarrow.parquet
from golden import load_kit

HEADER = "user,time,segment,price,click,buy"
ROWS = [f"u{n % 7},{n},s{n % 3},{n}.5,{n % 2},{int(n % 8 == 1)}" for n in range(1, 101)]
ROLES = {
    "click": "click",
    "conversion": "buy",
    "user": "user",
    "time": "time",
    "conversion_time": None,
    "features": [
        {"name": "segment", "kind": "categorical", "group": "user"},
        {"name": "price", "kind": "numerical", "group": "item"},
    ],
}


def text(changed=None, header=HEADER):
    """The log, with other rows in the place of some: by line, the header's being 1."""
    rows = [(changed or {}).get(line, row) for line, row in enumerate(ROWS, 2)]
    return "\n".join([header, *rows]) + "\n"


def files(folder):
    """Every file with the words that its refusal must have."""
    good = text()
    (folder / "good.csv").write_text(good)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(folder / "good.csv"), folder / "good.parquet")
    parquet = (folder / "good.parquet").read_bytes()
    late = {**ROLES, "conversion_time": "buy", "conversion": None}
    cases = [
        ("missing.csv", None, ["is not there", "--log"]),
        ("empty.csv", b"", ["is empty", "first line"]),
        ("header.csv", HEADER.encode(), ["no row below the header"]),
        ("header_and_line_end.csv", f"{HEADER}\n".encode(), ["no row below the header"]),
        ("header_of_a_log_with_times.csv", f"{HEADER}\n".encode(), ["no row below the header"], late),
        ("short.csv", text({40: "u1,5,s1"}).encode(), ["line 40", "3 of 6 columns", "take it out"]),
        ("long.csv", text({40: "u1,5,s1,2,0,0,9"}).encode(), ["line 40", "7 of 6 columns", "take it out"]),
        ("after_a_cell_of_two_lines.csv", text({9: '"u\n1",5,s1,2,0,0', 40: "u1,5"}).encode(), ["line 41", "2 of 6"]),
        ("cut_off.csv", good[:-9].encode(), ["line 101", "cut off", "copy it again"]),
        ("latin_1.csv", text({40: "u1,5,s\u00e9,2,0,0"}).encode("latin-1"), ["line 40", "save the log as UTF-8"]),
        ("latin_1_header.csv", text(header=HEADER.replace("user", "us\u00e9r")).encode("latin-1"), ["line 1", "UTF-8"]),
        ("utf_16.csv", good.encode("utf-16"), ["line 1", "save the log as UTF-8"]),
        ("quote.csv", text({40: 'u1,5,"s1,2,0,0'}).encode(), ["line 40", "a quote is not closed"]),
        (
            "dates_in_digits.csv",
            text({line: f"u1,20240301{line % 24:02},s1,2,0,0" for line in range(2, 102)}).encode(),
            ["dates in digits", "seconds since 1970"],
        ),
        ("cut_off.csv.gz", gzip.compress(good.encode())[:-200], ["cut off", "copy it again"]),
        ("not_compressed.csv.gz", good.encode(), ["not compressed as its name says"]),
        ("text.parquet", good.encode(), ["no Parquet file", "write it again"]),
        ("cut_off.parquet", parquet[: len(parquet) // 2], ["cut off", "write it again"]),
        ("lacks.csv", text(header=HEADER.replace("price", "cost")).encode(), ['no column "price"', "it has user"]),
        (
            "no_weight.csv",
            text({40: "u1,5,s1,0,0,0"}).encode(),
            ['column "price"', "a weight", '"0"'],
            {**ROLES, "weight": "price", "features": ROLES["features"][:1]},
        ),
        ("word.csv", text({40: "u1,5,s1,2,maybe,0"}).encode(), ['column "click"', "expected 0 or 1", '"maybe"']),
    ]
    for name, content, *_ in cases:
        if content is not None:
            (folder / name).write_bytes(content)
    return cases


def refusal(kit, paths, roles):
    try:
        kit.survey(kit.Log(paths, roles), kit.with_defaults({"version": 1})["split"])
    except kit.Refused as refused:
        return str(refused)
    return None


def main(kit, folder):
    for name, content, words, *roles in files(folder):
        roles = roles[0] if roles else ROLES
        # Alone, and then after a file that can be read.
        for paths in ([folder / name], [folder / "good.csv", folder / name]):
            said = refusal(kit, paths, roles)
            if said is None and len(paths) == 2 and content.endswith(b"buy\n"):
                continue  # a file without rows beside one with rows is no trouble
            assert said is not None, f"{name} was read"
            assert "\n" not in said and all(word in said for word in [name, *words]), f"{name}: {said}"
        print(said or name)
    for name in ("good.csv", "good.parquet"):
        assert refusal(kit, [folder / name], ROLES) is None, name
    infinite = kit.numbers_of(pyarrow.array(["inf", "-Infinity", "1e999", "2", None]), "price")
    assert [value == value for value in infinite] == [False, False, False, True, False], "an infinity is no number"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(load_kit(sys.argv[1]), pathlib.Path(folder))
    print("the kit refuses what it cannot read")
