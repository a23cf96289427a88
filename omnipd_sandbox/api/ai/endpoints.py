"""The endpoints of the AI, and what each lets itself be asked."""

from __future__ import annotations

from typing import Final

from omnipd_sandbox.api.ai.conversations import (
    list_conversations,
    show_conversation,
    show_job,
    show_job_result,
)
from omnipd_sandbox.api.ai.credit_usage import (
    show_entity_usage,
    show_group_usage,
    show_user_usage,
)
from omnipd_sandbox.api.ai.credits import list_entity_limits, list_user_limits, show_credit_controls
from omnipd_sandbox.api.ai.evals import (
    list_eval_runs,
    list_prompt_sets,
    show_eval_run,
    show_prompt_set,
)
from omnipd_sandbox.api.ai.generate import generate_query
from omnipd_sandbox.api.ai.routines import list_routines
from omnipd_sandbox.api.ai.skills import list_skills
from omnipd_sandbox.calls.checks import Key, text, uuid
from omnipd_sandbox.calls.parameters import flag, pages
from omnipd_sandbox.calls.routing import Endpoint

_PAGES = pages()
_ARCHIVED = Key(flag, False)
_ADMIN: Final = "administrators"
_CREDITS = "/api/v1/ai/credit-controls"
_USAGE = "/api/v1/ai/credit-usage"


def ai_endpoints() -> list[Endpoint]:
    """Write out the table."""
    of_user = {**_PAGES, "userId": Key(uuid)}
    return [
        Endpoint("GET", "/api/v1/ai/conversations", list_conversations, of_user),
        Endpoint("GET", "/api/v1/ai/conversations/{conversationId}", show_conversation),
        Endpoint("GET", "/api/v1/ai/jobs/{jobId}", show_job),
        Endpoint("GET", "/api/v1/ai/jobs/{jobId}/result", show_job_result),
        Endpoint(
            "POST",
            "/api/v1/ai/generate-query",
            generate_query,
            {"userId": Key(uuid)},
            only_reads=True,
        ),
        Endpoint("GET", _CREDITS, show_credit_controls, audience=_ADMIN),
        Endpoint("GET", f"{_CREDITS}/users", list_user_limits, _PAGES, _ADMIN),
        Endpoint("GET", f"{_CREDITS}/entity-groups", list_entity_limits, _PAGES, _ADMIN),
        *(
            Endpoint("POST", f"{_USAGE}/{path}", show, audience=_ADMIN, only_reads=True)
            for path, show in (
                ("users", show_user_usage),
                ("user-groups", show_group_usage),
                ("entity-groups", show_entity_usage),
            )
        ),
        Endpoint(
            "GET",
            "/api/v1/skills",
            list_skills,
            {**_PAGES, "q": Key(text()), "identifier": Key(text()), "creatorId": Key(uuid)},
        ),
        Endpoint("GET", "/api/v1/ai/routines", list_routines, of_user),
        Endpoint(
            "GET",
            "/api/v1/ai/eval/prompt-sets",
            list_prompt_sets,
            {"model_ids": Key(uuid, many=True), "archived": _ARCHIVED},
        ),
        Endpoint(
            "GET",
            "/api/v1/ai/eval/runs",
            list_eval_runs,
            {"prompt_set_id": Key(uuid, required=True), "archived": _ARCHIVED},
        ),
        Endpoint("GET", "/api/v1/ai/eval/prompt-sets/{promptSetId}", show_prompt_set),
        Endpoint("GET", "/api/v1/ai/eval/runs/{runId}", show_eval_run),
    ]
