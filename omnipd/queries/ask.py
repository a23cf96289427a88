"""A question in words → the governed query that Omni's AI makes of it → its frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Unpack

import pandas as pd

from omnipd import display
from omnipd.arguments import IDS_OF_MODELS, argument, check_id, function
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.client.failures import words_in
from omnipd.errors import ArgumentError, BadRequestError, OmniError, QueryError
from omnipd.queries.job.options import RunKeywords, check_keywords
from omnipd.queries.run_query import Ready, run_query
from omnipd.readers.model_list import model_id

_GENERATE = "/api/v1/ai/generate-query"


@dataclass(frozen=True)
class Answer:
    """What came of a question.

    Attributes
    ----------
    question : str
        As it was asked.
    query : dict
        The query that Omni's AI made of it; ``omnipd.run_query(answer.query)`` runs it again, without
        any AI.
    topic : str or None
        The topic that it chose.
    df : pandas.DataFrame
        The result of the query.
    """

    question: str
    query: dict[str, Any]
    topic: str | None
    df: pd.DataFrame

    def __repr__(self) -> str:
        return display.text("omnipd.Answer", self._rows())

    def _repr_html_(self) -> str:
        return display.page("omnipd.Answer", display.table(self._rows()))

    def _rows(self) -> list[display.Row]:
        return [
            ("question", [display.shortened(self.question, 200)]),
            ("topic", ["none" if self.topic is None else self.topic]),
            ("fields", [display.listed(self.query.get("fields", ()), 20)]),
            ("df", [f"{len(self.df):,} rows x {len(self.df.columns)} columns"]),
        ]


def ask(
    question: str,
    *,
    model: str,
    topic: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    all_views: bool = False,
    client: Client | None = None,
    **options: Unpack[RunKeywords],
) -> Answer:
    """Ask Omni's AI a question, and run the governed query that it makes of it.

    The AI writes the query only; its rows come from :func:`omnipd.run_query`, so that they are whole
    and have their types. Read the query before you trust the answer.

    Parameters
    ----------
    question : str
        In plain words.
    model : str
        Id or name of a shared model.
    topic : str, optional
        Topic to ask. Default: the AI chooses.
    branch_id : str, optional
        Branch of the model, for the AI and for the run.
    user_id : str, optional
        Membership id to act for, for the AI and for the run. Default: the client's.
    all_views : bool, default False
        Let the AI use views that are in no topic, where the model allows it.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
    **options
        Any other keyword of :func:`omnipd.run_query`, such as ``limit="all"``.

    Returns
    -------
    Answer
        With ``query``, ``topic`` and ``df``.

    Raises
    ------
    QueryError
        If the AI made no query of it, or SQL, which may go around the model.
    BadRequestError
        If Omni refused it; status 402: the credits for AI are used up.
    OutcomeUnknownError
        If its answer was lost; a question costs credits and is not asked twice by itself.
    OmniError
        As :func:`omnipd.run_query` raises it; ``partial`` is the query then, to be run again.

    See Also
    --------
    omnipd.run_query : Runs a query again.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     answer = omnipd.ask("How many flights left each airport?", model="flights")
    >>> answer.query["fields"]
    ['flights.origin', 'flights.count']
    >>> int(answer.df["flights.count"].sum())
    336776
    """
    if not isinstance(question, str) or not question.strip():
        raise ArgumentError("The question is empty.")
    if not isinstance(model, str) or not model.strip():
        raise ArgumentError(
            argument("model", model) + " is not a model.",
            hint=function("read_models") + " has ids and names.",
        )
    check_id("model", model, IDS_OF_MODELS)
    if topic is not None and (not isinstance(topic, str) or not topic.strip()):
        raise ArgumentError(
            (argument("topic", topic) + " is not a topic."), hint="Leave it out for Omni's choice."
        )
    client = current_client(client)
    check_keywords(options)
    # The answer costs credits, so that all else is looked at before.
    any_query = {"modelId": model, "fields": ["any"]}
    Ready(any_query, client=client, branch_id=branch_id, user_id=user_id, **options)
    acting = user_id if user_id is not None else client.user_id
    body = {
        "prompt": question,
        "runQuery": False,  # what is run there comes without types, with nothing said of its limit
        "currentTopicName": topic,
        "branchId": branch_id,
        "queryAllViews": all_views or None,
        "userId": acting,
    }
    sent = {name: value for name, value in body.items() if value is not None}
    with one_call(options.get("timeout")):
        query, chosen = _asked({"modelId": model_id(model, client), **sent}, client)
        try:
            df = run_query(query, client=client, branch_id=branch_id, user_id=user_id, **options)
        except OmniError as error:
            error.partial = query
            error.add_note(
                "Omni's AI had made a query of the question; it is the error's .partial, and "
                + function("run_query")
                + " runs it without asking again."
            )
            raise
    return Answer(question, query, chosen, df)


def _asked(sent: dict[str, Any], client: Client) -> tuple[dict[str, Any], str | None]:
    """Ask the AI; return its query, and the topic that it chose."""
    try:
        answered = client.post(_GENERATE, sent, changes=False).content
    except BadRequestError as error:
        if error.status == 402:
            error.hint = (
                "The credits for Omni's AI are used up; "
                + function("read_ai_credit_controls")
                + " shows them."
            )
        else:
            error.hint = error.hint or IDS_OF_MODELS
        raise
    query, chosen = _read(answered, client)
    # Omni names the topic beside the query; without it the run would be of a bare view.
    named = {"join_paths_from_topic_name": chosen} if chosen else {}
    return {"modelId": sent["modelId"], **named, **query}, chosen


def _read(answered: Any, client: Client) -> tuple[dict[str, Any], str | None]:
    """Return the query and the topic of an answer; Omni also says 200 when there is no query."""
    answer = answered if isinstance(answered, dict) else {}
    fault, query, topic = answer.get("error"), answer.get("query"), answer.get("topic")
    if (
        fault
        or not isinstance(query, dict)
        or not (query.get("fields") or query.get("userEditedSQL"))
    ):
        held = fault if isinstance(fault, dict) else {}
        words = client.redact(str(held.get("detail") or words_in(answer) or "no query came"))
        raise QueryError(
            f"Omni's AI made no query of the question: {words}",
            hint="Ask more plainly, name a topic, or write the query yourself.",
            error_type="NO_ANSWER",
        )
    if query.get("userEditedSQL"):
        # It may name what only Omni's own pages know, or nothing of the model at all: no access
        # filter would hold then (docs/wire.md).
        raise QueryError(
            "Omni's AI answered with SQL, which is not a governed query; it was not run.",
            hint=(
                "Name a topic, or write the query yourself. The SQL is the error's .sql, for "
                + function("run_sql")
                + "."
            ),
            error_type="NO_ANSWER",
            sql=client.redact(str(query["userEditedSQL"])),
        )
    return query, topic if isinstance(topic, str) else None
