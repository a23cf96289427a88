"""When omnipd warns, and how often."""

import subprocess
import sys

from scripted_server import answer

import omnipd

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


def test_off_is_no_cache_in_python_too(scripted):
    assert omnipd.connect(scripted.url, "key", cache="off").cache is None
