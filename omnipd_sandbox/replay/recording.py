"""A recording in the format HAR 1.2: which request is answered by what, in which order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from omnipd_sandbox.http.reply import Broken, Document, Reply

_FORMATS = {1}
_WITHOUT_A_BODY = {204, 304}
# What the sandbox says itself of every answer.
_OWN_HEADERS = {"content-type", "content-length", "content-encoding", "transfer-encoding"}

#: Method, path, parameters in order, and the body; None without one.
Question = tuple[str, str, tuple[tuple[str, str], ...], str | None]


class BadRecording(ValueError):
    """Say why a file is no recording that can be answered."""


@dataclass(frozen=True)
class Recording:
    """What was asked and answered.

    Attributes
    ----------
    answers : mapping
        The answers to each question, in their order.
    origin : str
        What stands in it for the address of the Omni.
    """

    answers: Mapping[Question, list[Reply]]
    origin: str


def question(method: str, path: str, query: list[tuple[str, str]], body: str) -> Question:
    """Return what makes two requests the same: the parameters in any order, and the JSON, not its spelling."""
    asked: str | None = None
    if body:
        try:
            asked = json.dumps(json.loads(body), sort_keys=True)
        except ValueError:
            asked = body
    return method.upper(), unquote(path), tuple(sorted(query)), asked


def read_recording(file: Path) -> Recording:
    """Read a recording.

    Raises
    ------
    BadRecording
        If it is none; the message says what is wrong where.
    """
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRecording(f"{file} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise BadRecording(f"{file} is no recording: it is not JSON") from None
    log = said.get("log") if isinstance(said, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(log, dict) or not isinstance(entries, list):
        raise BadRecording(f"{file} is no recording: it has no log with entries, as HAR has it")
    own = log.get("_recording")
    known = own.get("format") if isinstance(own, dict) else 1
    if known not in _FORMATS:
        raise BadRecording(f"{file} has the format {known!r}, and this sandbox knows {_FORMATS}")
    answers: dict[Question, list[Reply]] = {}
    origin = ""
    for number, entry in enumerate(entries):
        try:
            asked, reply, origin = _entry(entry)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            where = f"{file}: entries[{number}]"
            raise BadRecording(
                f"{where} cannot be read ({type(error).__name__}: {error})"
            ) from None
        answers.setdefault(asked, []).append(reply)
    return Recording(answers, origin)


def _entry(entry: Mapping[str, Any]) -> tuple[Question, Reply, str]:
    request, response = entry["request"], entry["response"]
    address = urlsplit(request["url"])
    query = [(one["name"], one["value"]) for one in request["queryString"]]
    if not query:
        query = parse_qsl(address.query, keep_blank_values=True)
    body = request.get("postData", {}).get("text", "")
    asked = question(request["method"], address.path, query, body)
    return asked, _reply(entry, response), f"{address.scheme}://{address.netloc}"


def _reply(entry: Mapping[str, Any], response: Mapping[str, Any]) -> Reply:
    status, content = int(response["status"]), response["content"]
    if not status:
        return Broken(None)
    encoding = content.get("_encoding", "utf-8")
    document = Document(
        b"" if status in _WITHOUT_A_BODY else content.get("text", "").encode(encoding),
        status,
        content.get("mimeType") or "application/json",
        {
            one["name"]: one["value"]
            for one in response["headers"]
            if one["name"].lower() not in _OWN_HEADERS
        },
    )
    if entry.get("_failure") is None:
        return document
    # Half of this is what came.
    return Broken(
        Document(document.body * 2 or b"  ", status, document.content_type, document.headers),
        status,
    )
