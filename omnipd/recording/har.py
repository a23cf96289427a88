"""A recording as a file: HTTP Archive 1.2, with what HAR has no word for under names that begin with ``_``."""

from __future__ import annotations

import urllib.parse
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from omnipd.client.recorder import Exchange
from omnipd.recording.redaction import ORIGIN, Redaction
from omnipd.version import __version__

FORMAT = 1
_TEXTS = ("json", "text/", "html", "xml", "javascript")


def har(exchanges: Sequence[Exchange], redaction: Redaction, *, results: bool) -> dict[str, Any]:
    """Return a recording as HAR.

    Parameters
    ----------
    exchanges : sequence of Exchange
        In the order in which they began.
    redaction : Redaction
    results : bool
        Whether the numbers of results are those of Omni.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "omnipd", "version": __version__},
            "_recording": {"format": FORMAT, "results": results},
            "entries": [_entry(one, redaction) for one in exchanges],
        }
    }


def _entry(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "startedDateTime": datetime.fromtimestamp(exchange.began, UTC).isoformat("T", "seconds"),
        "time": 0,
        "request": _request(exchange, redaction),
        "response": _response(exchange, redaction),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }
    if exchange.failure is not None:
        entry["_failure"] = exchange.failure
    return entry


def _request(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    path, _, query = exchange.path.partition("?")
    params = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    replaced = redaction.params(params | dict(exchange.params))
    url = ORIGIN + redaction.path(path)
    if replaced:
        url += "?" + urllib.parse.urlencode(replaced)
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in replaced.items()],
        "headersSize": -1,
        "bodySize": -1,
    }
    if exchange.body is not None:
        text = redaction.body(exchange.body, lines=False)
        request["postData"] = {"mimeType": "application/json", "text": text}
    return request


def _response(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    headers = redaction.headers(exchange)
    kind = headers.get("content-type", "")
    body = b"".join(exchange.pieces)
    content: dict[str, Any] = {"size": len(body), "mimeType": kind}
    if body and kind and not any(one in kind.lower() for one in _TEXTS):
        content["_leftOut"] = "no text"
    else:
        # What is no UTF-8 may be what is wrong with an answer; its bytes come back by the same door.
        text = redaction.body(body.decode("utf-8", "surrogateescape"), lines="ndjson" in kind)
        content["text"] = text
        try:
            text.encode()
        except UnicodeEncodeError:
            content["text"] = text.encode("utf-8", "surrogateescape").decode("latin-1")
            content["_encoding"] = "latin-1"
    status = exchange.status
    return {
        "status": status,
        "statusText": HTTPStatus(status).phrase if status in set(HTTPStatus) else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "content": content,
        "redirectURL": headers.get("location", ""),
        "headersSize": -1,
        "bodySize": -1,
    }
