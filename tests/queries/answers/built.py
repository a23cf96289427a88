"""Cases that are built in Python: the query object that was meant, and SQL that gives its answer."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from queries.query_answers import assert_answers
from queries.query_cases import Case

import omnipd


@dataclass(frozen=True)
class Built:
    """Hold a case, and how it is written with ``Query`` and ``field``."""

    case: Case
    write: Callable[[omnipd.Query], omnipd.Query]

    @property
    def query(self) -> omnipd.Query:
        """The case's fields and sorts, and what else is written."""
        wire = self.case.query
        query = omnipd.Query(
            wire["modelId"], wire["join_paths_from_topic_name"], view=wire["table"]
        ).select(*wire["fields"])
        for each in wire.get("sorts", ()):
            query = query.sort(("-" if each["sort_descending"] else "") + each["column_name"])
        return self.write(query)


def assert_sends(built: Built, *keys: str) -> None:
    """What was written is sent as it was meant, whatever it gives for ids."""
    sent, meant = (
        {key: wire.get(key) or None for key in keys}
        for wire in (built.query.to_dict(), built.case.query)
    )
    assert _without_ids(sent) == _without_ids(meant)


def _without_ids(wire: dict) -> dict:
    return json.loads(re.sub(r'"id": "[^"]*"', '"id": ""', json.dumps(wire)))


def assert_is_answered(built: Built, client: omnipd.Client, **options) -> None:
    """What was written, and what was meant, answer as the SQL does."""
    for query in (built.query, built.case.query):
        assert_answers(omnipd.run_query_arrow(query, client=client, **options), built.case)
