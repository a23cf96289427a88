"""Tables of plain records: what nobody changes, kept as it stands on the wire.

Beside what the wire shows, a record names what it belongs to; serving it leaves that out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

Row = Mapping[str, Any]

UserId = Annotated[str, "user"]
GroupId = Annotated[str, "group"]
ModelId = Annotated[str, "model"]
ConnectionId = Annotated[str, "connection"]
ConversationId = Annotated[str, "conversation"]
PromptSetId = Annotated[str, "prompt set"]
PromptId = Annotated[str, "prompt"]
Instant = Annotated[str, "instant"]


class ConnectionEnvironment(TypedDict):
    """Another connection to take the place of one, for those with certain attributes."""

    id: str
    baseConnectionId: ConnectionId
    connectionId: ConnectionId
    userAttributeValues: list[str]


class RefreshSchedule(TypedDict):
    """When a connection's schema is read again; six fields, in the form of EventBridge."""

    scheduleId: str
    connectionId: ConnectionId
    schedule: str
    timezone: str
    description: str
    createdAt: Instant
    updatedAt: Instant
    disabledAt: Instant | None


class DbtProject(TypedDict):
    """The dbt project of a connection."""

    connectionId: ConnectionId
    supportsDbt: bool
    branch: str
    dbtVersion: str
    sshUrl: str
    projectRootPath: str | None
    autogenRelationships: bool
    enableSemanticLayer: bool
    enableVirtualSchemas: bool


class DbtVariable(TypedDict):
    """A variable of a dbt environment; the value of a secret one is not shown."""

    id: str
    name: str
    isSecret: bool
    value: str | None


class DbtEnvironment(TypedDict):
    """An environment of a connection's dbt project."""

    id: str
    connectionId: ConnectionId
    name: str
    isDefaultEnvironment: bool
    ownerId: UserId | None
    targetSchema: str
    targetDatabase: str | None
    targetName: str | None
    targetRole: str | None
    variables: list[DbtVariable]


class UserLimit(TypedDict):
    """What the AI may cost for one member; null is unlimited, by choice."""

    userId: UserId
    creditLimit: int | None


class EntityLimit(TypedDict):
    """What the AI may cost for one embedding entity; null is unlimited, by choice."""

    entity: str
    creditLimit: int | None


class Skill(TypedDict):
    """Instructions for the AI that a member has written; the list does not show the text."""

    id: str
    identifier: str
    name: str
    description: str | None
    body: str
    creatorId: UserId
    createdAt: Instant
    updatedAt: Instant


class ColorPalette(TypedDict):
    """Colors of charts."""

    id: str
    name: str
    type: str
    colors: list[str]
    isDefault: bool
    createdAt: Instant
    updatedAt: Instant


class RoutineDestination(TypedDict):
    """Where a routine goes."""

    type: str
    recipientEmails: list[str]
    userGroupIds: list[GroupId]


class RoutineRun(TypedDict):
    """The last run of a routine."""

    completedAt: Instant
    label: str
    state: str


class Routine(TypedDict):
    """A prompt that is run by a schedule."""

    id: str
    userId: UserId
    name: str
    description: str | None
    prompt: str
    modelId: ModelId
    branchId: str | None
    topicName: str | None
    schedule: str
    timezone: str
    destination: RoutineDestination
    recipientCount: int
    disabled: bool
    systemDisabled: bool
    systemDisabledReason: str | None
    lastRun: RoutineRun | None
    createdAt: Instant
    updatedAt: Instant


class EvalPrompt(TypedDict):
    """A prompt, and what is expected of the answer, if anything was said."""

    id: str
    prompt_text: str
    expectation: str | None
    created_at: Instant
    updated_at: Instant


class PromptSet(TypedDict):
    """Prompts on one model."""

    id: str
    model_id: ModelId
    name: str
    slug: str
    description: str | None
    prompt_count: int
    is_archived: bool
    latest_run_at: Instant | None
    created_at: Instant
    updated_at: Instant
    prompts: list[EvalPrompt]


class EvalJob(TypedDict):
    """The job that answered a prompt."""

    id: str
    conversation_id: ConversationId
    state: str


class EvalResult(TypedDict):
    """How one prompt went; without a score it is not judged yet."""

    id: str
    eval_prompt_id: PromptId
    repeat_index: int
    prompt: str
    expectation: str | None
    agentic_job: EvalJob
    score: float | None
    error_reason: str | None
    timing_ms: int
    ai_timing_ms: int
    tool_timing_ms: int
    query_timing_ms: int
    query_count: int
    cost: float
    scoring_cost: float | None


class EvalStats(TypedDict):
    """How many results of a run are judged."""

    terminal: int
    total: int


class EvalRun(TypedDict):
    """One run of a prompt set."""

    id: str
    prompt_set_id: PromptSetId
    model_id: ModelId
    branch_id: str | None
    branch_name: str | None
    run_number: int
    repeat_count: int
    description: str | None
    status: str
    stats: EvalStats
    is_archived: bool
    created_at: Instant
    completed_at: Instant | None
    results: list[EvalResult]


class ContextEdit(TypedDict):
    """One change of a model that a suggestion proposes."""

    field: str
    target: str
    value: str


class ProposedChanges(TypedDict):
    """What a suggestion would change."""

    kind: str
    edits: list[ContextEdit]


class Evidence(TypedDict):
    """The conversation that gave rise to a suggestion."""

    type: str
    chatAiSessionId: ConversationId
    capturedAt: Instant


class Suggestion(TypedDict):
    """What an AI would change in a model, from what it was asked."""

    id: str
    modelId: ModelId
    category: str
    title: str
    rationale: str
    priority: int
    proposedChanges: ProposedChanges
    evidence: list[Evidence]
    ignoreReason: str | None
    ignoredAt: Instant | None
    ignoredBy: UserId | None
    aiModifiedAt: Instant
    createdAt: Instant
    updatedAt: Instant


#: The tables by name, each with what its records are; prompts come before their runs.
TABLES: Mapping[str, type] = {
    "environments": ConnectionEnvironment,
    "refreshes": RefreshSchedule,
    "dbt_projects": DbtProject,
    "dbt_environments": DbtEnvironment,
    "user_limits": UserLimit,
    "entity_limits": EntityLimit,
    "skills": Skill,
    "color_palettes": ColorPalette,
    "routines": Routine,
    "prompt_sets": PromptSet,
    "eval_runs": EvalRun,
    "suggestions": Suggestion,
}
