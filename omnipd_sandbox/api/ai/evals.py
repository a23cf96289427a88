"""How the AI is tested: sets of prompts, their runs, and how each prompt went."""

from __future__ import annotations

from operator import itemgetter

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.calls.tables import find_row, rows_of, without
from omnipd_sandbox.http.reply import Reply, json_reply


def list_prompt_sets(call: Call) -> Reply:
    """Answer with the sets of prompts, by name."""
    wanted: list[str] | None = call.parameters["model_ids"]
    found = [
        row
        for row in rows_of(call, "prompt_sets", is_archived=call.parameters["archived"])
        if wanted is None or row["model_id"] in wanted
    ]
    found.sort(key=lambda row: row["name"].casefold())
    return json_reply({"prompt_sets": [without(row, "prompts") for row in found]})


def show_prompt_set(call: Call) -> Reply:
    """Answer with one set and its prompts, also when it was put away."""
    row = find_row(rows_of(call, "prompt_sets"), uuid_in_path(call, "promptSetId"), "Prompt set")
    # The set itself, unlike its row in the list, counts nothing.
    return json_reply({"prompt_set": without(row, "prompt_count", "latest_run_at")})


def list_eval_runs(call: Call) -> Reply:
    """Answer with the runs of one set, the newest first."""
    asked = call.parameters
    prompt_set = find_row(rows_of(call, "prompt_sets"), asked["prompt_set_id"], "Prompt set")
    found = rows_of(
        call, "eval_runs", prompt_set_id=prompt_set["id"], is_archived=asked["archived"]
    )
    found.sort(key=itemgetter("created_at"), reverse=True)
    return json_reply({"runs": [without(row, "results") for row in found]})


def show_eval_run(call: Call) -> Reply:
    """Answer with one run and how each prompt went."""
    row = find_row(rows_of(call, "eval_runs"), uuid_in_path(call, "runId"), "Run")
    return json_reply({"run": without(row, "stats")})
