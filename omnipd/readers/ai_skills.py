"""Instructions that people have written for Omni's AI."""

from __future__ import annotations

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import instant, text
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.inferred_paths import InferredPaths
from omnipd.lists.manual import manual
from omnipd.lists.params import Param

AI_SKILLS = Endpoint(
    "/api/v1/skills",
    pages=paging.either,
    rows=None,
    key=("skill_id",),
    keyless="whole",
    exhaustive=False,
    params={
        "query": Param("q"),
        "identifier": Param("identifier"),
        "creator_id": Param("creatorId", "id"),
    },
    columns={
        "skill_id": text("id", "skillId", doc="Id of the skill"),
        "skill_identifier": text("identifier", doc="Short name, by which a prompt names it"),
        "name": text("name", "label", "title", doc="Name as people see it"),
        "description": text("description", doc="What it is for"),
        "creator_id": text(
            "creatorId", "creator.id", "createdBy.id", doc="Membership id of who wrote it"
        ),
        "creator_name": text("creator.name", "createdBy.name", doc="Name of who wrote it"),
        "created_at": instant("createdAt", "created_at", doc="When it was written"),
        "updated_at": instant("updatedAt", "updated_at", doc="Last change"),
    },
)
_ANYWHERE = InferredPaths(AI_SKILLS, ("/api/v1/ai/skills",))


@manual(AI_SKILLS)
def read_ai_skills(
    *,
    query: str | None = None,
    identifier: str | None = None,
    creator_id: str | None = None,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the skills of Omni's AI, instructions that people have written for it, one row each.

    Who is no administrator sees their own. What they say is not in the list.

    Parameters
    ----------
    query : str, optional
        Only skills that hold these words.
    identifier : str, optional
        Only the skill with this identifier.
    creator_id : str, optional
        Only what this person has written: a membership id.

    See Also
    --------
    omnipd.read_ai_agent_actions : What models offer to ask, the skills in their files among them.

    Notes
    -----
    omnipd has the address of this list from its name only, and no source says what the answer looks like:
    two addresses are tried, and what omnipd does not know of the answer is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     skills = omnipd.read_ai_skills()
    >>> skills["skill_identifier"].tolist()
    ['monthly-review', 'plain-words', 'triage']
    """
    return _ANYWHERE.read(locals())
