"""The result in a query's line is strict base64, wherever the bytes are cut."""

import pytest

from omnipd import ResponseError
from omnipd.queries.job.ndjson import LineReader, Result


def read(chunks):
    """Return the decoded result and the lines."""
    result, found = b"", []
    for one in LineReader(chunks):
        if isinstance(one, Result):
            result += b"".join(one.pieces)
        else:
            found.append(one)
    return result, found


def cuts(text):
    """Yield a text in one piece, in two at every place, and byte by byte."""
    yield [text]
    yield from ([text[:place], text[place:]] for place in range(1, len(text)))
    yield [text[place : place + 1] for place in range(len(text))]


def test_a_result_is_the_same_however_it_is_cut():
    for chunks in cuts(b'{"job_id":"j","result":"AAECAwQFAAE=","status":"COMPLETE"}\n'):
        result, (line,) = read(chunks)
        assert result == b"\x00\x01\x02\x03\x04\x05\x00\x01"
        assert line.content == {"job_id": "j", "status": "COMPLETE"}
        assert (line.has_result, line.terminated) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        "AAE=AAEC",  # two messages, of which a decoder may take both
        "AA==AAEC",
        "AAECAAE=AAECAAEC",
        "AAE=AAE=",
        "AAE=AAEC" * 3,
        "AA=A",
        "A=AA",
        "=AAE",
        "====",
        "AAE-",
        "AA E",
    ],
)
def test_what_comes_after_padding_is_no_base64_wherever_it_is_cut(text):
    for chunks in cuts(b'{"result":"%s"}\n' % text.encode()):
        with pytest.raises(ResponseError, match="not valid base64"):
            read(chunks)


@pytest.mark.parametrize("text", ["AAE", "A", "AAECA", "AAECAAE"])
def test_letters_that_are_left_over_are_a_cut_wherever_it_is_cut(text):
    for chunks in cuts(b'{"result":"%s"}\n' % text.encode()):
        with pytest.raises(ResponseError, match="is cut"):
            read(chunks)


@pytest.mark.parametrize("second", [b'"AAEC"', b"null", b"{}", b"[1]"])
def test_a_line_has_one_result(second):
    for chunks in cuts(b'{"result":"AAEC","result":%s}\n' % second):
        with pytest.raises(ResponseError, match="two results"):
            read(chunks)
