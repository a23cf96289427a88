"""How the AI is tested: sets of prompts, their runs, and how each prompt went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.ai import PROMPTS, Conversation
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.queries import ModelReference


@dataclass(frozen=True)
class EvalPrompt:
    """A prompt, and what is expected of the answer, if anything was said."""

    id: str
    text: str
    expectation: str | None


@dataclass(frozen=True)
class PromptSet:
    """Prompts on one model."""

    id: str
    model_id: str
    name: str
    slug: str
    description: str | None
    prompts: tuple[EvalPrompt, ...]
    archived: bool
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class EvalResult:
    """How one prompt went; without a score it is not judged yet."""

    id: str
    prompt: EvalPrompt
    conversation_id: str
    job_id: str
    score: float | None
    milliseconds: int


@dataclass(frozen=True)
class EvalRun:
    """One run of a prompt set."""

    id: str
    prompt_set_id: str
    model_id: str
    number: int
    status: str
    results: tuple[EvalResult, ...]
    archived: bool
    created_at: str
    completed_at: str | None

    @property
    def finished(self) -> int:
        """Count the results that are judged."""
        return sum(each.score is not None for each in self.results)


def invent_prompt_sets(models: Sequence[ModelReference]) -> list[PromptSet]:
    """Invent an active set and an archived one for each model."""
    return [_prompt_set(model, archived) for model in models for archived in (False, True)]


def _prompt_set(model: ModelReference, archived: bool) -> PromptSet:
    name = f"{model.name.title()} {'before 2025' if archived else 'regression'}"
    created = some_moment("prompt set", name)
    set_id = chance.stable_uuid("prompt set", model.id, name)
    return PromptSet(
        id=set_id,
        model_id=model.id,
        name=name,
        slug=name.lower().replace(" ", "-"),
        description=None if archived else f"What people ask of {model.name}.",
        prompts=tuple(
            EvalPrompt(
                id=chance.stable_uuid("eval prompt", set_id, place),
                text=text,
                expectation="One row for each group." if place % 2 else None,
            )
            for place, text in enumerate(PROMPTS.get(model.subject, ()))
        ),
        archived=archived,
        created_at=written(created),
        updated_at=written(created + timedelta(days=1)),
    )


def invent_eval_runs(
    prompt_sets: Sequence[PromptSet], conversations: Sequence[Conversation]
) -> list[EvalRun]:
    """Invent runs of each set: an archived one, a finished one, one that is still judged."""
    found = []
    for each in prompt_sets:
        for number, (status, archived) in enumerate(
            (("COMPLETE", True), ("COMPLETE", False), ("RUNNING", False)), start=1
        ):
            created = some_moment("eval run", each.id, number)
            done = status == "COMPLETE"
            run_id = chance.stable_uuid("eval run", each.id, number)
            found.append(
                EvalRun(
                    id=run_id,
                    prompt_set_id=each.id,
                    model_id=each.model_id,
                    number=number,
                    status=status,
                    results=tuple(_results(run_id, each, conversations, done=done)),
                    archived=archived,
                    created_at=written(created),
                    completed_at=written(created + timedelta(minutes=4)) if done else None,
                )
            )
    return found


def _results(
    run_id: str, prompt_set: PromptSet, conversations: Sequence[Conversation], *, done: bool
) -> Iterator[EvalResult]:
    for place, prompt in enumerate(prompt_set.prompts):
        # Jobs of conversations serve as those of runs, so that their ids lead on.
        jobs = [
            (each.id, answer.job_id)
            for each in conversations
            for asked, answer in pairwise(each.messages)
            if asked.text == prompt.text and answer.job_id is not None
        ]
        if not jobs:
            continue
        conversation_id, job_id = chance.pick(jobs, "eval job", run_id, place)
        judged = done or place < len(prompt_set.prompts) // 2
        yield EvalResult(
            id=chance.stable_uuid("eval result", run_id, place),
            prompt=prompt,
            conversation_id=conversation_id,
            job_id=job_id,
            score=chance.number(11, "score", run_id, place) / 10 if judged else None,
            milliseconds=2000 + chance.number(9000, "took", run_id, place),
        )
