"""When omnipd warns, and how often."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from scripted_server import answer

import omnipd
from omnipd.errors import OmniWarning

LOOP = """
from omnipd.errors import warn
for text in ["cut", "cut"]:
    warn(text)
"""


def said(code, *options):
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=False
    )
    return done.stderr.count("OmniWarning: cut")


def test_a_warning_is_shown_each_time():
    assert said(LOOP) == 2


def test_the_filters_of_the_user_win():
    assert said(LOOP, "-W", "ignore") == 0
    assert said(LOOP, "-W", "error") == 1
    assert said("import omnipd, warnings; warnings.simplefilter('once')" + LOOP) == 1


def test_what_every_parent_says_is_warned_of_once(scripted, recwarn):
    page = {"topics": [{"name": "t", "new_key": 1}]}
    scripted.by_target = lambda target: answer(page)
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    parents = [f"0000000{number}-0000-4000-8000-000000000000" for number in range(3)]
    assert len(omnipd.read_topics(parents, client=client)) == 3
    [one] = [warning for warning in recwarn if "new_key" in str(warning.message)]
    assert one.filename == __file__


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("/x/omnipd_tools/report.py", "omnipd_tools.report"),
        (f"{Path(omnipd.__file__).parent}_nightly/report.py", "omnipd_nightly.report"),
        (f"{Path(omnipd.__file__).parent}-nightly/report.py", "__main__"),
        ("<frozen report>", "report"),
        ("<string>", None),
    ],
)
def test_a_warning_points_at_the_callers_line_wherever_that_is(scripted, file, module):
    scripted.by_target = lambda target: answer({"topics": [{"name": "t", "new_key": 1}]})
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    code = compile("\nread('00000000-0000-4000-8000-000000000000', client=client)", file, "exec")
    told = {"__name__": module} if module else {}
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", OmniWarning)
        exec(code, {"read": omnipd.read_topics, "client": client, **told})
    assert [(one.filename, one.lineno) for one in seen] == [(file, 2)]


def test_what_of_python_calls_omnipd_for_the_caller_is_not_pointed_at(scripted, recwarn):
    model = {"id": "00000000-0000-4000-8000-000000000000", "name": "Sales", "new_key": 1}
    page = {"hasNextPage": False, "nextCursor": None, "pageSize": 100, "totalRecords": 1}
    scripted.by_target = lambda target: answer({"pageInfo": page, "records": [model]})
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    assert client.models.get("Sales") == model["id"]
    [one] = [warning for warning in recwarn if "new_key" in str(warning.message)]
    assert one.filename == __file__


def test_off_is_no_cache_in_python_too(scripted):
    assert omnipd.connect(scripted.url, "key", cache="off").cache is None
