"""Pages whose records are decoded into a shape: nothing shows whether they were."""

import gc
import json
import random
import warnings

import msgspec
import pytest
from lists.random_pages import DAMAGED, LABELS, LONE_SURROGATES, TEXTS, RandomPages

from omnipd.client import strict_json
from omnipd.errors import OmniError
from omnipd.frames.columns import TEXT, Column, text
from omnipd.frames.records import TableBuilder
from omnipd.lists.collect_pages import PageCollector
from omnipd.lists.paging import rows_of
from omnipd.lists.parse_pages import PageParser
from omnipd.readers.content import CONTENT


def collector(max_rows=None):
    return PageCollector(
        CONTENT.columns,
        key=CONTENT.key,
        keyless=CONTENT.keyless,
        unfold=CONTENT.unfold,
        exhaustive=CONTENT.exhaustive,
        max_rows=max_rows,
    )


def read(bodies, parse, max_rows=None):
    """Return all that can be told of a list that is read from these bodies."""
    collected = collector(max_rows)
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
                    told.append(json.dumps(beside, sort_keys=True))
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


@pytest.mark.parametrize("seed", range(4))
def test_what_is_read_does_not_depend_on_how_pages_are_parsed(seed):
    for number in range(100):
        chance = random.Random(f"{seed} {number}")
        assert_the_same(RandomPages(chance).pages(), chance.choice([None, None, 5]))


def page(*records, **beside):
    info = {"hasNextPage": True, "nextCursor": "c"}
    return json.dumps({"records": records, "pageInfo": info} | beside).encode()


def shapes(*bodies):
    """Return of each page with records whether they are of a shape."""
    parser = PageParser(CONTENT.columns, ("records",))
    pages = [parser.parse(body)[0]["records"] for body in bodies]
    return [isinstance(records[0], msgspec.Struct) for records in pages if records]


def test_pages_like_the_ones_before_are_decoded_into_a_shape():
    record = {"identifier": "d", "owner": {"id": "m"}, "labels": [{"name": "a"}], "pinned": True}
    assert shapes(*[page(record)] * 3) == [False, True, True]
    assert shapes(page(record), page(record | {"new": 1}), page(record, record | {"new": 1})) == [
        *(False, False, True)
    ]
    assert shapes(page(), page(record), page(record, total=1), page(record)) == [False, False, True]


def test_a_list_that_never_looks_the_same_is_parsed_twice_on_few_pages_only():
    bodies = [page({"identifier": f"d{n}", f"new{n}": n}) for n in range(20)]
    assert not any(shapes(*bodies))
    assert_the_same(bodies)
    # It has been given up by then.
    assert not any(shapes(*bodies, bodies[-1], bodies[-1]))


def test_many_rows_are_no_work_for_the_collector_of_garbage():
    bodies = [
        page(*[{"identifier": f"{start + n}", "owner": {"id": "m"}} for n in range(100)])
        for start in range(0, 3000, 100)
    ]
    parser = PageParser(CONTENT.columns, ("records",))
    pages = [parser.parse(body)[0]["records"] for body in bodies]
    collected = collector()
    runs = []
    before = gc.get_threshold()
    gc.collect(0)
    gc.callbacks.append(note := lambda phase, info: runs.append(phase))
    try:
        gc.set_threshold(700, 10, 10)
        for records in pages:
            collected.add(records)
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(note)
    assert collected.rows == 3000
    assert runs == []


DOCUMENT, FOLDER, BOTH = {"identifier": "a"}, {"id": "a"}, {"identifier": "a", "id": "a"}


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")  # a number where text is documented
@pytest.mark.parametrize("again", [DOCUMENT, FOLDER, BOTH])
@pytest.mark.parametrize(
    "beside", [[], [{"identifier": "b"}], [{"id": "b"}], [{"identifier": 5}], [{"identifier": ""}]]
)
def test_a_key_of_two_columns_is_known_again_whatever_else_is_on_its_page(beside, again):
    collected = collector()
    for records in ([DOCUMENT], [FOLDER], [BOTH], [*beside, again], [*beside, DOCUMENT, FOLDER]):
        collected.add(records)
    assert (collected.rows, collected.repeated) == (3 + len(beside), 3 + len(beside))
    table = collected.finish()
    assert table["document_identifier"].to_pylist()[:3] == ["a", None, "a"]
    assert table["id"].to_pylist()[:3] == [None, "a", "a"]


def test_a_page_that_is_not_whole_is_one_in_either_way():
    whole = page({"identifier": "d", "name": "a"})
    for place in range(0, len(whole), 7):
        assert_the_same([whole, whole, whole[:place], whole])
        assert_the_same([whole, whole, whole[:place] + b"\xff" + whole[place + 1 :], whole])
    deep = whole.replace(b'"a"', b"[" * 5000 + b"]" * 5000)
    parser = PageParser(CONTENT.columns, ("records",))
    assert [parser.parse(body)[1] for body in (whole, whole, deep)] == [
        strict_json.parse(body)[1] for body in (whole, whole, deep)
    ]


def test_equal_text_is_converted_once():
    converted = []

    def told(value):
        converted.append(value)
        return json.dumps(value)

    columns = {"id": text("id", doc=""), "tags": Column(TEXT, ("tags",), "", told)}
    parser, builder = PageParser(columns, ("records",)), TableBuilder(columns)
    values = [["a"], True, 1, ["a", "b"], None, 1.0, {}]
    for number in range(3):
        records = [{"id": f"{number} {n}", "tags": values[n % 7]} for n in range(70)]
        builder.add(parser.parse(page(*records))[0]["records"])
    assert builder.finish()["tags"].to_pylist()[140:147] == [
        *('["a"]', "true", "1", '["a", "b"]', None, "1.0", "{}")
    ]
    # The first page is parsed into dictionaries, with ten of each; the two after it into a shape.
    assert [converted.count(one) for one in (["a"], ["a", "b"], {})] == [11, 11, 11]


@pytest.mark.parametrize("held", LABELS + LONE_SURROGATES + DAMAGED + TEXTS + ["1", "true", "1e1"])
def test_labels_are_the_same_in_whatever_way_they_come_again(held):
    def body(number, *labels):
        written = [
            f'{{"identifier":"{number}-{n}","labels":{one}}}' for n, one in enumerate(labels)
        ]
        return page().replace(b"[]", f"[{','.join(written)}]".encode())

    usual, spelled = '["a"]', f" {held} "
    bodies = [body(1, usual, held), body(2, held, usual), body(3, usual, spelled, held, usual)]
    assert_the_same(bodies)
    assert_the_same([body(0, usual), body(4, usual, usual), *bodies])
    assert_the_same([body(0, usual), *[one.replace(b'"a"', b'"\xff"') for one in bodies]])


def test_more_combinations_of_labels_than_are_known_again():
    records = [{"identifier": f"d{n}", "labels": [f"l{n % 700}", f"{n}"]} for n in range(2000)]
    assert_the_same([page(*records[start : start + 100]) for start in range(0, 2000, 100)])
