"""Pages whose records are decoded into a shape: nothing shows whether they were."""

import json
import random
import warnings

import msgspec
import pytest
from lists.random_pages import RandomPages

from omnipd.client import strict_json
from omnipd.errors import OmniError
from omnipd.lists.collect_pages import PageCollector
from omnipd.lists.parse_pages import PageParser
from omnipd.lists.paging import rows_of
from omnipd.readers.content import CONTENT


def read(bodies, parse, max_rows=None):
    """Return all that can be told of a list that is read from these bodies."""
    collected = PageCollector(
        CONTENT.columns,
        key=CONTENT.key,
        keyless=CONTENT.keyless,
        unfold=CONTENT.unfold,
        exhaustive=CONTENT.exhaustive,
        max_rows=max_rows,
    )
    told = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for body in bodies:
            content, wrong = parse(body)
            told.append(wrong)
            if wrong is None:
                try:
                    rows = rows_of(content, "records")
                    beside = {key: one for key, one in content.items() if key != "records"}
                    told.append(json.dumps(beside))
                    collected.add(rows)
                except OmniError as error:
                    told.append(str(error))
        table = collected.finish()
    told += [collected.records, collected.repeated, collected.unchecked, collected.page_sizes]
    return table, told, [str(one.message) for one in caught]


def assert_the_same(bodies, max_rows=None):
    parser = PageParser(CONTENT.columns, ("records",))
    table, told, said = read(bodies, parser.parse, max_rows)
    plain_table, plain_told, plain_said = read(bodies, strict_json.parse, max_rows)
    assert table.schema.equals(plain_table.schema)
    assert table.equals(plain_table), bodies
    assert told == plain_told
    assert said == plain_said


@pytest.mark.parametrize("seed", range(8))
def test_what_is_read_does_not_depend_on_how_pages_are_parsed(seed):
    for number in range(100):
        chance = random.Random(f"{seed} {number}")
        assert_the_same(RandomPages(chance).pages(), chance.choice([None, None, 5]))
