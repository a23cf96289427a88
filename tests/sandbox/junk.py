"""Values that are of the wrong kind wherever they stand, put in place of every part of a body."""

import json


def nested(levels):
    value = "x"
    for _ in range(levels):
        value = [value]
    return value


JUNK = {
    "null": None,
    "empty text": "",
    "text": "x",
    "zero": 0,
    "negative": -1,
    "huge": 2**70,
    "fraction": 1.5,
    "true": True,
    "no list": [],
    "no object": {},
    "list of null": [None],
    "list of number": [1],
    "list of list": [[]],
    "list of object": [{}],
    "object of number": {"a": 1},
    "object of list": {"a": ["x"]},
    "nested": nested(60),
    "nested deeply": nested(450),
    "long text": "x" * 5000,
    "surrogate": "\ud800",
    "surrogate as key": {"\ud800": {"query": {}}},
    "controls": "a\x00b\x0b",
    # Written as a number, see below.
    "beyond numbers": "1e999",
}


def places(value, above=()):
    """Give the path of every part of a value, the whole among them."""
    yield above
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*above, key))


def put(value, path, new):
    """Give a value with one part replaced."""
    if not path:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


def written(value):
    """Write as JSON, numbers that nobody can hold among it."""
    return json.dumps(value).replace('"1e999"', "1e999").encode()


def mutations(value, within=()):
    """Give, for every part of a value, the value with each kind of junk in its place."""
    for path in places(value):
        if path[: len(within)] == within:
            yield path, {name: put(value, path, junk) for name, junk in JUNK.items()}
