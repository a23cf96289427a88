"""An export of an organization whose names are formulas: no cell runs, and CSV is what Parquet is."""

import csv
import json
import re
import warnings

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

import omnipd
from omnipd_sandbox.server import Server

#: What spreadsheets run, what looks so, what looks guarded, and what looks like null or another type.
NAMES = [
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "＋1",
        "－1",
        "＠1",
        "=cmd|' /C calc'!A0",
    ),
    *("\n=1", " =1", ",=1", '"=1', "a\r\n=1", "a,=1", 'a"\n"=1'),
    *("'=1", "''-1", "'plain"),
    *("#N/A", "NA", "null", "TRUE", "0001", "1e5", "2024-01-01"),
]
#: Where they are.
HELD = {
    "content": "description",
    "documents": "name",
    "folders": "name",
    "labels": "label",
    "users": "display_name",
    "groups": "display_name",
    "group_members": "group_name",
    "schedules": "dashboard_name",
    "document_queries": "name",
    "user_groups": "group_name",
}
#: What a spreadsheet runs: https://owasp.org/www-community/attacks/CSV_Injection
RUNS = re.compile(r"[=+\-@\t\r＝＋－＠]")
GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")


def organization():
    people = [
        {"email": f"=u{place}@shop.example", "name": name} for place, name in enumerate(NAMES)
    ]
    return {
        "users": [
            {"email": "ann@shop.example", "name": "Ann", "organization_role": "ORG_ADMIN"},
            *people,
        ],
        "groups": [{"name": name, "members": ["=u0@shop.example"]} for name in NAMES],
        "labels": [{"name": name, "description": name} for name in NAMES],
        "folders": [
            {"path": f"f{place}", "name": name, "permits": [{"group": name, "role": "VIEWER"}]}
            for place, name in enumerate(NAMES)
        ],
        "documents": [
            {
                "identifier": f"-d{place}",
                "name": name,
                "description": name,
                "folder": f"f{place}",
                "labels": [name],
                "queries": [{"name": name, "query": {"table": "a", "fields": ["a.id"]}}],
            }
            for place, name in enumerate(NAMES)
        ],
        "schedules": [
            {
                "name": name,
                "document": f"-d{place}",
                "schedule": "0 8 ? * MON *",
                "members": ["=u0@shop.example"],
            }
            for place, name in enumerate(NAMES)
        ],
    }


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """The same export with CSV files and with a workbook."""
    top = tmp_path_factory.mktemp("formulas")
    (top / "org" / "data").mkdir(parents=True)
    (top / "org" / "data" / "a.csv").write_text("id\n1\n")
    (top / "org" / "models" / "m").mkdir(parents=True)
    (top / "org" / "models" / "m" / "a.topic").write_text("base_view: a\n")
    (top / "org" / "organization.json").write_text(json.dumps(organization()))
    made = {}
    with (
        Server(org=top / "org") as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False) as client,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", omnipd.OmniWarning)  # line ends that a cell cannot hold
        for format_ in ("csv", "xlsx"):
            made[format_] = omnipd.export_inventory(
                top / "omni",
                include=list(HELD),
                scope="organization",
                errors="collect",
                format=format_,
                client=client,
            )
    return made


def tables(export):
    return {one.stem: pyarrow.parquet.read_table(one) for one in sorted(export.glob("*.parquet"))}


def test_the_names_are_in_the_tables_as_they_are(exports):
    held = tables(exports["csv"])
    for name, column in HELD.items():
        assert set(NAMES) <= {*held[name].column(column).to_pylist()}, name
    assert "=u0@shop.example" in held["users"].column("email").to_pylist()
    assert "-d0" in held["documents"].column("document_identifier").to_pylist()


def test_no_cell_of_a_csv_file_runs(exports):
    guarded = 0
    for file in exports["csv"].glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as opened:
            for row in csv.reader(opened, strict=True):
                for cell in row:
                    assert not RUNS.match(cell), (file.name, cell)
                    guarded += bool(GUARDED.match(cell))
    assert guarded > len(NAMES) * len(HELD) // 2


def test_no_cell_of_a_workbook_runs(exports):
    book = openpyxl.load_workbook(exports["xlsx"] / "inventory.xlsx")
    texts = 0
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type not in ("f", "e"), (sheet.title, cell.coordinate, cell.value)
                if isinstance(cell.value, str) and RUNS.match(cell.value):
                    texts += 1
                    assert cell.data_type == "s"
                    assert cell.quotePrefix, (sheet.title, cell.coordinate, cell.value)
    assert texts > len(NAMES) * len(HELD) // 2


def test_csv_read_back_with_one_quote_taken_away_is_the_parquet_table(exports):
    held = tables(exports["csv"])
    assert set(held) == set(HELD)
    for name, expected in held.items():
        text = pyarrow.csv.read_csv(
            exports["csv"] / f"{name}.csv",
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(expected.column_names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        assert text.column_names == expected.column_names
        columns = [
            pc.replace_substring_regex(column, r"\A'('*[=+\-@\t\r＝＋－＠])", r"\1")
            for column in text.columns
        ]
        back = pa.table(columns, names=text.column_names).cast(expected.schema.remove_metadata())
        assert back.equals(expected.replace_schema_metadata()), name


def test_csv_read_by_plain_pandas_says_the_same(exports):
    for name, expected in tables(exports["csv"]).items():
        read = pd.read_csv(exports["csv"] / f"{name}.csv", dtype=str, keep_default_na=False)
        read = read.map(lambda text: re.sub(r"\A'('*[=+\-@\t\r＝＋－＠])", r"\1", text))
        for column in expected.schema:
            told = expected.column(column.name)
            if not pa.types.is_string(column.type):
                told = pa.chunked_array([pc.cast(told, pa.string()).combine_chunks()])
            if pa.types.is_timestamp(column.type):
                back = pd.to_datetime(read[column.name], utc=True, format="ISO8601").tolist()
                was = [None if one is None else pd.Timestamp(one) for one in told.to_pylist()]
                assert [None if pd.isna(one) else one for one in back] == was
                continue
            assert read[column.name].tolist() == [one or "" for one in told.to_pylist()], (
                name,
                column,
            )
