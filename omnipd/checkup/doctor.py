"""Whether omnipd is well set up here, and whether this Omni still is as it expects."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator
from datetime import UTC, datetime

from omnipd.arguments import check_flag
from omnipd.call import one_call
from omnipd.checkup import register
from omnipd.checkup.findings import Checkup, Finding
from omnipd.checkup.local import look_around, versions
from omnipd.checkup.looks import LOOKS
from omnipd.checkup.query_check import run_tiny_query
from omnipd.checkup.questions import Heard, Questions, Stop
from omnipd.checkup.reader_checks import Seen, read_lists, words_in
from omnipd.checkup.specification import PATH, compare_specification
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.client.lanes import WHOAMI
from omnipd.display import counted
from omnipd.errors import SettingsError

_AREA = "connection"
#: Whoami, a page of each list, the register's questions, and the specification. A query is one more.
CALLS = 1 + len(LOOKS) + register.CALLS + 1
#: Omni's own; what else a server calls so is only counted.
_PERMISSIONS = {
    *("QUERY_FULL_MODEL", "QUERY_SQL", "QUERY_TOPICS", "RUN_CONTENT_QUERIES", "VIEW_SQL"),
    *("DOWNLOAD_CONTENT_QUERY", "SAVE_SPREADSHEETS", "SCHEDULE", "UPLOAD_CSV"),
    *("UPDATE", "UPDATE_RESTRICTED", "USE_AI", "USE_IDE", "USE_WORKBOOKS"),
}
#: Seconds by which a clock may be wrong.
_CLOCK = 60


def doctor(client: Client | None = None, *, query: bool = False) -> Checkup:
    """Say whether omnipd is well set up here, and whether this Omni is as omnipd expects.

    It sends at most 39 requests, all of them GETs, each a single time, and changes nothing; with `query`
    one query more. It looks at
    settings, caches and versions; at a page of most lists, whether it comes as it is declared; and asks
    what no source tells of Omni and reads alone can tell. The report holds no key, no name and no id,
    so that it can be sent to others.

    Parameters
    ----------
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
    query : bool, default False
        Run a query of one row too, since some of what differs is in results only.

    Returns
    -------
    Checkup
        ``findings`` with ``area``, ``check``, ``result`` (``ok``, ``note``, ``problem`` or ``unknown``),
        ``detail`` and ``what_to_do``; ``to_frame()``, ``to_json()`` and ``to_markdown()``. What is wrong with the
        settings, and what Omni refuses, are rows of it, not errors.

    Raises
    ------
    ArgumentError
        If `client` is none, or `query` is neither true nor false.

    See Also
    --------
    omnipd.whoami : Who the key is.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     report = omnipd.doctor()
    >>> report.calls <= report.allowed, [one.check for one in report.problems]
    (True, [])
    """
    check_flag("query", query)
    try:
        client = current_client(client)
    except SettingsError:
        return without_settings()
    findings = [versions()]
    findings += look_around(client)
    questions, seen = Questions(client, CALLS + query), Seen(words=set(words_in(client.base_url)))
    with one_call():
        try:
            for finding in _asked(questions, seen, query=query):
                findings.append(finding)
        except Stop as stop:
            findings.append(Finding(_AREA, stop.check, "problem", stop.why, stop.remedy))
        findings += register.told_by_answers(seen)
    return Checkup(findings, calls=questions.sent, allowed=questions.allowed)


def without_settings() -> Checkup:
    """Return the report where there is nobody to ask: an error of the settings may name an address."""
    finding = Finding(
        "local",
        "settings",
        "problem",
        "address or key is missing, or cannot be used",
        "omnipd whoami says which, and what to export.",
    )
    return Checkup([versions(), finding], calls=0, allowed=CALLS)


def _asked(questions: Questions, seen: Seen, *, query: bool) -> Iterator[Finding]:
    yield from _ask_who(questions, seen)
    yield from read_lists(questions, seen)
    yield from register.ask_register(questions, seen)
    yield from compare_specification(questions.ask(PATH))
    if query:
        yield from run_tiny_query(questions, seen)


def _ask_who(questions: Questions, seen: Seen) -> Iterator[Finding]:
    """Ask who the key is, and tell its kind and what it may do."""
    heard = questions.ask(WHOAMI)
    now = datetime.now(UTC)
    seen.keep("whoami", heard)
    yield Finding(_AREA, "address", "ok", f"it answers ({heard.status})")
    yield _clock(heard, now)
    content = heard.content if heard.is_good and isinstance(heard.content, dict) else None
    if content is None:
        yield Finding(_AREA, "key", "unknown", f"whoami: {heard.said}")
        return
    kind = {"organization": "an organization key", "user": "a personal access token"}
    said = kind.get(str(content.get("keyScope")), "of a kind that is not told")
    role = content.get("orgRole")
    role = role if role in {"ORG_ADMIN", "MEMBER"} else "of another name or none"
    yield Finding(_AREA, "kind of the key", "ok", f"{said}; role in the organization: {role}")
    roles = content.get("rolesByModel")
    held = (
        [one for one in roles.values() if isinstance(one, dict)] if isinstance(roles, dict) else []
    )
    told = [one.get("permissions") for one in held]
    every = [set(map(str, one)) if isinstance(one, list) else set() for one in told]
    names = set().union(*every)
    known = ", ".join(sorted(names & _PERMISSIONS)) or "none told"
    others = f" and {counted(len(names - _PERMISSIONS), 'other')}" if names - _PERMISSIONS else ""
    said = f"roles on {counted(len(held), 'model')}; permissions: {known}{others}"
    yield Finding(_AREA, "permissions", "ok", said)


def _clock(heard: Heard, now: datetime) -> Finding:
    try:
        theirs = email.utils.parsedate_to_datetime(heard.headers.get("Date", ""))
        off = round((now - theirs).total_seconds())
    except (ValueError, TypeError):
        return Finding(_AREA, "clock", "unknown", "the answer has no date")
    if abs(off) <= _CLOCK:
        return Finding(_AREA, "clock", "ok", f"within {_CLOCK} s of the server's")
    remedy = "Set the clock: lists are kept for too long or too short a time."
    return Finding(_AREA, "clock", "problem", f"{off:+d} s from the server's", remedy)
