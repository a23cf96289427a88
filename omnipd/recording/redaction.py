"""What of a request and an answer stays in a recording, and what is replaced."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping

from omnipd.client.recorder import Exchange
from omnipd.recording import api_words as words
from omnipd.recording.json_texts import Place, rewrite
from omnipd.recording.replacement import Replacement
from omnipd.recording.results import ResultTexts

#: What stands in a recording for the address of the Omni that was asked.
ORIGIN = "https://omni.example"
#: Headers of answers that a client looks at; no other one is kept.
_HEADERS = ("content-type", "date", "location", "retry-after", "x-trace-id")
# An error may name the parameter that it is about.
_PROSE = words.PROSE | {one.lower() for one in words.KEYS if one.lower() != one}
_PAGE = _PROSE | words.HTML
_TIMEFRAME = re.compile(rf"\[(?:{'|'.join(sorted(words.TIMEFRAMES))})\]")
_FORMAT = re.compile(
    r"(?:(?:BIG)?(?:USD|EUR|GBP|AUD|JPY|BRL)?(?:CURRENCY|ACCOUNTING|FINANCIAL)|"
    r"USD|EUR|GBP|AUD|JPY|BRL|NUMBER|PERCENT|ID|BIG|BIGNUMBER|BILLIONS|MILLIONS|THOUSANDS)(?:_\d)?|(?:%[A-Za-z][ :/,.-]*)+",
    re.IGNORECASE,
)
_CRON = re.compile(r"(?:cron)?\(?[\d*?/,LW# -]+(?:[A-Z]{3}[\d*?/,LW# -]*)*\)?")
_TOTAL = "::total::"
_EVERYTHING = {"*", "all_views.*", _TOTAL}
_LITERAL = {"true", "false", "null"}


class Redaction:
    """Replaces what is told of an organization.

    Parameters
    ----------
    replaced : Replacement
    results : bool
        Whether the numbers of results stay.
    """

    def __init__(self, replaced: Replacement, *, results: bool) -> None:
        self._replaced = replaced
        self._results = ResultTexts(replaced, self._text, numbers=results)

    def path(self, path: str) -> str:
        """Return a path with the ids and names in it replaced."""
        written, before = [], ""
        for part in path.strip("/").split("/"):
            if f"{before}/{part}" in words.PATH_STEPS:
                before = part
                written.append(part)
            else:
                before = "*"
                plain = self._text(urllib.parse.unquote(part))
                written.append(urllib.parse.quote(plain, safe=""))
        return "/" + "/".join(written)

    def params(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return query parameters with their values replaced."""
        return {self._key(name): self._param(name, value) for name, value in params.items()}

    def body(self, body: str, *, lines: bool) -> str:
        """Return a body with its texts replaced; each line by itself where it has a JSON document in each."""
        if lines:
            return "\n".join(self._json(line) for line in body.split("\n"))
        return self._json(body)

    def headers(self, exchange: Exchange) -> dict[str, str]:
        """Return what is kept of the headers of an answer."""
        came = {name.lower(): value for name, value in exchange.headers.items()}
        kept = {name: came[name] for name in _HEADERS if name in came}
        if (trace_id := kept.get("x-trace-id")) is not None:
            kept["x-trace-id"] = self._text(trace_id)
        if (location := kept.get("location")) is not None:
            kept["location"] = self._location(location, exchange.origin)
        return kept

    def _location(self, location: str, origin: str) -> str:
        inside = location.removeprefix(origin)
        if inside == location and not location.startswith("/"):
            return self._replaced.text(location, {"http", "https"})
        path, mark, query = inside.partition("?")
        params = self.params(dict(urllib.parse.parse_qsl(query, keep_blank_values=True)))
        start = ORIGIN if inside != location else ""
        return start + self.path(path) + mark + urllib.parse.urlencode(params)

    def _json(self, body: str) -> str:
        if body.lstrip("\ufeff \t\r\n")[:1] not in {"{", "[", '"'}:
            return self._replaced.text(body, _PAGE)
        return rewrite(body, self._at, self._number_at)

    def _param(self, name: str, value: str) -> str:
        if name in words.NUMBERS_OF_PARAMETERS and value.isdecimal():
            return value
        if name == "filter":
            return self._replaced.text(value, words.SCIM | {one.lower() for one in words.KEYS})
        return ",".join(self._at(one, Place([name])) for one in value.split(","))

    def _at(self, text: str, place: Place) -> str:
        """Return what a text becomes where it stands."""
        if place.is_key:
            is_name = place.container in words.NAMED_BY_OTHERS or text not in words.KEYS
            return self._text(text) if is_name and not _is_of_api(text) else text
        key = place.key
        if key == "result" and len(place.keys) == 1 and len(text) > 200:
            result = self._results.in_base64(text)
            if result is not None:
                return result
        if _is_of_api(text) or text in _LITERAL or key in words.PLAIN_KEYS:
            return text
        if self._is_word_of_api(text, place):
            return text
        if key in words.PROSE_KEYS:
            return self._replaced.text(text, _PROSE)
        return self._text(text)

    @staticmethod
    def _is_word_of_api(text: str, place: Place) -> bool:
        key = place.key
        if place.is_named_by_others(words.NAMED_BY_OTHERS):
            # The name is somebody's own; what stands right at it is a text of theirs.
            return False
        if key == "format" and _FORMAT.fullmatch(text):
            return True
        if key in {"schedule", "cron"} and _CRON.fullmatch(text):
            return True
        if key in words.PARAMETERS_OF_KEYS and text in words.KEYS:
            return True
        return key in words.KEYS_OF_VALUES and text in words.VALUES

    def _number_at(self, number: str, place: Place) -> str:
        stays = place.key in words.KEYS and place.key not in words.NUMBERS_OF_OTHERS
        if place.key.lower().endswith("id") or place.is_named_by_others(words.NAMED_BY_OTHERS):
            stays = False
        return number if stays else self._replaced.number(number)

    def _key(self, key: str) -> str:
        return key if key in words.KEYS else self._text(key)

    def _text(self, text: str) -> str:
        """Return a text replaced; in the name of a field, what cuts its time stays."""
        written, end = [], 0
        for found in _TIMEFRAME.finditer(text):
            written += [self._replaced.text(text[end : found.start()]), found[0]]
            end = found.end()
        return "".join([*written, self._replaced.text(text[end:], {"http", "https"})])


def _is_of_api(text: str) -> bool:
    return (
        text.startswith(("$omni", "urn:ietf:params:scim:", "urn:omni:params:"))
        or text in _EVERYTHING
    )
