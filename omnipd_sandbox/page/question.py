"""The query that the page's address asks for, and what the API answers to it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from omnipd_sandbox.api.query.display import shown
from omnipd_sandbox.calls.parameters import comma_separated
from omnipd_sandbox.http.reply import Reply, Stream
from omnipd_sandbox.near_matches import near

Ask = Callable[[str, str, tuple[tuple[str, str], ...], bytes], Reply]

LIMIT, MOST_ROWS = 25, 500
_MOST_WAITS = 100


@dataclass(frozen=True)
class Question:
    """Hold what the form says."""

    model_id: str = ""
    topic: str = ""
    fields: tuple[str, ...] = ()
    sort: str = ""
    descending: bool = False
    limit: int = LIMIT

    @property
    def address(self) -> str:
        """Give the address that asks this."""
        said = {
            "model": self.model_id,
            "topic": self.topic,
            "fields": ", ".join(self.fields),
            "sort": ("-" if self.descending else "") + self.sort,
            "limit": "" if self.limit == LIMIT else str(self.limit),
        }
        shown = {name: text for name, text in said.items() if text}
        return "/?" + urlencode(shown, errors="replace") + "#answer"

    def toggled(self, field: str) -> Question:
        """Give the question with one field more, or less."""
        if field not in self.fields:
            return replace(self, fields=(*self.fields, field))
        fields = tuple(each for each in self.fields if each != field)
        return replace(self, fields=fields, sort="" if self.sort == field else self.sort)

    def query(self, base_view: str) -> dict[str, Any]:
        """Give the query object."""
        sorts = [{"column_name": self.sort, "sort_descending": self.descending}]
        return {
            "modelId": self.model_id,
            "table": base_view,
            "join_paths_from_topic_name": self.topic,
            "fields": list(self.fields),
            "filters": {},
            "sorts": sorts if self.sort in self.fields else [],
            "limit": self.limit,
            "version": 9,
        }


def as_python(question: Question, model: str) -> str:
    """Give the question as a program of omnipd asks it; every text is a literal of Python's.

    Examples
    --------
    >>> asked = Question("m", "flights", ("flights.origin", "flights.count"), "flights.count", True)
    >>> print(as_python(asked, "flights"))
    import omnipd
    <BLANKLINE>
    df = (
        omnipd.Query('flights', 'flights')
        .select('flights.origin', 'flights.count')
        .sort('-flights.count')
        .limit(25)
        .run()
    )
    """
    steps = [f".select({', '.join(map(ascii, question.fields))})"]
    if question.sort in question.fields:
        steps.append(f".sort({('-' if question.descending else '') + question.sort!a})")
    steps += [f".limit({question.limit})", ".run()"]
    chain = "\n    ".join([f"omnipd.Query({model!a}, {question.topic!a})", *steps])
    return f"import omnipd\n\ndf = (\n    {chain}\n)"


def read_question(query: Iterable[tuple[str, str]]) -> Question:
    """Read the form's parameters; what makes no sense is left out."""
    said = dict(query)
    sort = said.get("sort", "")
    limit = said.get("limit", "")
    number = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 6 else LIMIT
    return Question(
        model_id=said.get("model", ""),
        topic=said.get("topic", ""),
        fields=tuple(dict.fromkeys(comma_separated(said.get("fields", "").replace("\n", ",")))),
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        limit=min(max(number, 1), MOST_ROWS),
    )


@dataclass(frozen=True)
class Answered:
    """Hold an answer as people see it: rows under labels and the SQL, or what went wrong."""

    labels: tuple[str, ...] = ()
    numeric: tuple[bool, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    sql: str = ""
    problem: str = ""


def answer(question: Question, base_view: str, ask: Ask, known: Iterable[str] = ()) -> Answered:
    """Ask the API itself, so that the page shows what a program would get.

    Parameters
    ----------
    known : iterable of str
        The fields that there are, for what may be meant by one that there is not.
    """
    body = json.dumps({"query": question.query(base_view)}).encode()
    reply = ask("POST", "/api/v1/query/run", (), body)
    for _ in range(_MOST_WAITS):
        if not isinstance(reply, Stream):
            return Answered(problem=_refusal(reply))
        lines = _lines(reply)
        job = next((line for line in lines if "summary" in line or "error_type" in line), None)
        if job is not None:
            return _shown(job, known)
        waiting = ",".join(lines[-1]["remaining_job_ids"])
        reply = ask("GET", "/api/v1/query/wait", (("jobIds", waiting),), b"")
    return Answered(problem="The query is still running.")


def _lines(reply: Stream) -> list[dict[str, Any]]:
    whole = BytesIO()
    reply.write_to(whole)
    return [json.loads(line) for line in whole.getvalue().splitlines()]


def _refusal(reply: Reply) -> str:
    said = json.loads(getattr(reply, "body", b"") or b"{}")
    error = said.get("error")
    detail = error.get("message") if isinstance(error, dict) else said.get("detail")
    return f"{reply.status}: {detail}"


def _shown(job: Mapping[str, Any], known: Iterable[str]) -> Answered:
    if "error_type" in job:
        return Answered(problem=f"{job['error_type']}: {job.get('error_message', '')}")
    import pyarrow as pa  # noqa: PLC0415 - not before there is an answer

    summary = job["summary"]
    fields, sql = summary["fields"], summary.get("display_sql", "")
    words = list(known)
    missing = [f"{one}{near(one, words)}" for one in summary.get("missing_fields", ())]
    problem = f"The topic has no field {', '.join(missing)}" if missing else ""
    problem += "." if problem and not problem.endswith("?") else ""
    if "result" not in job or not fields:
        return Answered(sql=sql, problem=problem or "There is no result.")
    with pa.ipc.open_stream(b64decode(job["result"])) as stream:
        table = stream.read_all()
    seen = shown(table, fields, formatted=True)
    return Answered(
        labels=seen.labels,
        numeric=tuple(field.get("data_type") == "NUMBER" for field in fields.values()),
        rows=tuple(tuple(row) for row in seen.rows()),
        sql=sql,
        problem=problem,
    )
