"""What can happen to the bytes of an answer: damage, and changes that leave its meaning as it is."""

import copy
import gzip
import itertools
import json
import random
import zlib

from scripted_server import after, answer, chunked, hang_up

#: Texts that become something else than text when they are written.
_RAW = {
    "@raw:nan@": "NaN",
    "@raw:infinite@": "1e999",
    "@raw:long@": "9" * 5000,
    "@raw:deep@": "[" * 200_000 + "]" * 200_000,
    "@raw:deep enough@": "[" * 300 + "]" * 300,
    "@raw:huge@": "1" + "0" * 30,
}
_AGAIN = "@again@"
#: What stands in the place of a value.
STRANGE = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        2**63,
        2**64,
        -(2**63) - 1,
        1e308,
        "",
        " ",
        "x",
        "0",
        "true",
    ),
    *("\ud800", "a\x00b", "=1+1", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "-1"),
    *([], {}, [None], [[]], [1, "a"], {"a": [1, None]}, {"": ""}, {"id": {"id": None}}),
    *_RAW,
)
_KEYS = (
    "",
    "id",
    "name",
    "records",
    "pageInfo",
    "nextCursor",
    "brandNew",
    "\ud800",
    "a.b",
    "extra",
)


def bytes_of(body: bytes, chance: random.Random) -> bytes:
    """Return a body with bytes flipped, cut off, cut out, put in, doubled or moved."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        start = chance.randrange(len(body) + 1)
        end = min(len(body), start + chance.choice((1, 2, 8, 50, len(body))))
        before, piece, behind = body[:start], body[start:end], body[end:]
        way = chance.choice(("flip", "cut off", "cut out", "put in", "double", "move"))
        if way == "flip":
            body = before + _flipped(piece, chance) + behind
        elif way == "cut off":
            body = before
        elif way == "cut out":
            body = before + behind
        elif way == "put in":
            body = before + chance.randbytes(chance.choice((1, 4, 40))) + piece + behind
        elif way == "double":
            body = before + piece + piece + behind
        else:
            body = behind + piece + before
    return body


def _flipped(piece: bytes, chance: random.Random) -> bytes:
    if not piece:
        return piece
    place = chance.randrange(len(piece))
    changed = bytearray(piece)
    changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def json_of(content: object, chance: random.Random) -> bytes:
    """Return JSON in which keys or values are replaced, missing, renamed, doubled or more."""
    content = json.loads(json.dumps(content))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        content = _changed(content, chance)
    return written(content)


def _changed(content: object, chance: random.Random) -> object:
    places = list(_places(content))
    # What stands near the top is as likely as all that is below it.
    if chance.random() < 0.5:
        places = [one for one in places if len(one) <= 2]
    place = chance.choice(places)
    if not place:
        return _strange(chance)
    above = content
    for step in place[:-1]:
        above = above[step]
    last = place[-1]
    held = copy.deepcopy(above[last])  # or it would stand in itself
    kind = chance.choice(("replace", "replace", "remove", "rename", "double", "more"))
    if kind == "replace":
        above[last] = _strange(chance)
    elif kind == "remove":
        del above[last]
    elif isinstance(above, list):
        above.insert(
            chance.randrange(len(above) + 1), held if kind == "double" else _strange(chance)
        )
    elif kind == "rename":
        above[chance.choice((*_KEYS, last.upper(), last + " "))] = above.pop(last)
    elif kind == "double":
        above[_AGAIN + last] = chance.choice((held, _strange(chance)))
    else:
        above[chance.choice(_KEYS)] = _strange(chance)
    return content


def _strange(chance: random.Random) -> object:
    """Return one of them, which is changed by nobody else."""
    return copy.deepcopy(chance.choice(STRANGE))


def _places(content: object, at: tuple = ()):
    """Yield where all values are, the content itself among them."""
    yield at
    if isinstance(content, dict):
        for key in content:
            yield from _places(content[key], (*at, key))
    elif isinstance(content, list):
        for place, one in enumerate(content):
            yield from _places(one, (*at, place))


def written(content: object, **how) -> bytes:
    """Write JSON, also such as Python does not write."""
    text = json.dumps(content, **how).replace(f'"{_AGAIN}', '"')
    for name, raw in _RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text.encode()


def written_otherwise(content: object, chance: random.Random) -> bytes:
    """Write the same JSON in another way: blanks, the order of keys, letters as they are or escaped."""
    return written(
        _in_other_order(content, chance) if chance.random() < 0.5 else content,
        indent=chance.choice((None, 0, 3)),
        separators=chance.choice((None, (",", ":"), (" ,\t", "  :\r\n"))),
        ensure_ascii=chance.random() < 0.5,
    )


def _in_other_order(content: object, chance: random.Random) -> object:
    if isinstance(content, dict):
        keys = sorted(content)
        chance.shuffle(keys)
        return {key: _in_other_order(content[key], chance) for key in keys}
    if isinstance(content, list):
        return [_in_other_order(one, chance) for one in content]
    return content


def pieces_of(body: bytes, chance: random.Random) -> list[bytes]:
    """Return a body cut anywhere, sometimes into single bytes."""
    if chance.random() < 0.1 and len(body) < 2000:
        return [body[place : place + 1] for place in range(len(body))]
    cuts = sorted(
        {0, len(body), *(chance.randrange(len(body) + 1) for _ in range(chance.randrange(1, 9)))}
    )
    return [body[start:end] for start, end in itertools.pairwise(cuts)]


def soundly_sent(body: bytes, chance: random.Random, content_type: str) -> bytes:
    """Return an HTTP answer that says all of a body, in one of the ways there are."""
    way = chance.choice(("length", "chunks", "gzip"))
    if way == "chunks" and body:
        return chunked(*pieces_of(body, chance), content_type=content_type)
    if way == "gzip":
        return answer(
            gzip.compress(body, mtime=0), content_type=content_type, Content_Encoding="gzip"
        )
    return answer(body, content_type=content_type)


def unsoundly_sent(body: bytes, chance: random.Random, content_type: str):
    """Return an HTTP answer that breaks off or is damaged on the way, and the body that it still says, or None where it says nothing."""
    cut = body[: chance.randrange(len(body))] if body else b""
    way = chance.choice(("short", "no last chunk", "gzip cut", "gzip damaged"))
    if way == "short":
        whole = answer(body, content_type=content_type)
        return after(whole[: len(whole) - len(body) + len(cut)], hang_up), cut
    if way == "no last chunk":
        return after(
            chunked(*filter(None, [cut]), end=False, content_type=content_type), hang_up
        ), cut
    packed = gzip.compress(body, mtime=0)
    packed = (
        packed[: chance.randrange(1, len(packed))]
        if way == "gzip cut"
        else bytes_of(packed, chance)
    )
    # What is packed may be whole where only its checksum is cut, or something stands behind it.
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(packed)
    except zlib.error:
        unpacked = None
    return answer(packed, content_type=content_type, Content_Encoding="gzip"), unpacked


def strictly_parsed(body: bytes) -> object:
    """Parse JSON as the standard has it, by Python's own parser; raises ValueError or RecursionError."""
    return json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)


def _refuse(name: str):
    raise ValueError(name)


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise ValueError(text)
    return value
