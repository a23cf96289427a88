"""How the frames join: the tables of docs/joins.md, held against the whole demo organization."""

import re
from collections import Counter

import join_drawing
import join_table
import pandas as pd
import pytest
from readers.reader_checks import documented_columns, types_of

import omnipd
from omnipd.frames.from_pandas import has_default_index

pytestmark = pytest.mark.thorough

JOINS = join_table.all_joins()

#: Those whose frame has no columns of its own: it has those of others, or whatever is asked for.
OPEN = {"read_inventory", "read_records"}
READERS = [name for name in omnipd.__all__ if name.startswith("read_") and name not in OPEN]


def name_of(join):
    where = f" where {'='.join(join.where)}" if join.where else ""
    left, right = (
        f"{frame.removeprefix('read_')}.{'+'.join(columns)}"
        for frame, columns in ((join.frame, join.columns), (join.to, join.key))
    )
    return f"{left}{where} -> {right}"


#: What is not found on the right, and why it is right that it is not.
NOT_FOUND = {
    # Fields that the models have no more: read_content_issues names them.
    "dashboard_filters.view+field -> views.view+field": {"sales_channel", "tail_number"},
    "document_controls.view+field -> views.view+field": {"sales_channel", "tail_number"},
    # A view that is joined twice has a name for each role, which read_views does not list.
    "topic_fields.model_id+view -> views.model_id+view": {"origin_airport", "dest_airport"},
    "topic_fields.model_id+view+field -> views.model_id+view+field": {
        "origin_airport",
        "dest_airport",
    },
}

#: Joins of which the demo organization has no row, and why.
NOT_SHOWN = {
    "document_drafts.created_by_id -> users.user_id": "the sandbox sends names only",
    "document_drafts.last_edited_by_id -> users.user_id": "the sandbox sends names only",
    "embed_users.group_ids -> groups.group_id": "no embed user is in a group",
    "ai_routines.branch_id -> models.model_id": "no routine asks a branch",
    "ai_jobs.branch_id -> models.model_id": "no job asks a branch",
    "ai_jobs.cancelled_by_id -> users.user_id": "no job was cancelled",
    "ai_eval_runs.branch_id -> models.model_id": "no run asks a branch",
    "model_issues.model_id -> models.model_id": "the models are in order",
    "model_issues.model_id+view -> views.model_id+view": "the models are in order",
    "model_issues.model_id+view+field -> views.model_id+view+field": "the models are in order",
    "content_issues.document_identifier+query_presentation_id where document_type=Published "
    "-> document_queries.document_identifier+query_id": "only drafts have wrong queries",
    "content_issues.document_identifier+query_identifier_map_key where document_type=Published "
    "-> document_queries.document_identifier+query_identifier_map_key": (
        "only drafts have wrong queries"
    ),
}

#: Right sides that several rows hold; the page says so.
MANY = {
    ("read_embed_users", ("embed_entity",)),
    ("read_topic_fields", ("model_id", "topic", "view")),
    ("read_views", ("model_id", "view")),
}

#: Columns with the name of a key that lead to no other frame, and why.
NO_JOIN = {
    "read_ai_eval_results.result_id": "nothing refers to a result",
    "read_ai_jobs.organization_id": "there is one organization",
    "read_ai_routines.routine_id": "nothing refers to a routine",
    "read_ai_skills.skill_id": "nothing refers to a skill",
    "read_ai_skills.skill_identifier": "nothing refers to a skill",
    "read_api_keys.api_key_id": "nothing refers to a key",
    "read_color_palettes.palette_id": "nothing refers to a palette",
    "read_connection_environments.connection_environment_id": "nothing refers to one",
    "read_connection_schedules.connection_schedule_id": "nothing refers to one",
    "read_content_issues.document_id": "another id of the document, which no other list has",
    "read_dbt.project_root_path": "a folder in a repository",
    "read_dbt_environments.dbt_environment_id": "nothing refers to one",
    "read_document_drafts.workbook_model_id": (
        "it changes with each publishing, and no source says that read_models lists it"
    ),
    "read_document_tiles.fields": "names with timeframes, as a query has them",
    "read_document_tiles.query_identifier_map_key": "that of read_document_queries, as another read",
    "read_document_tiles.workbook_model_id": "as that of read_document_drafts",
    "read_document_queries.fields": "names with timeframes, as a query has them",
    "read_embed_users.user_id": "it may stand where a user's does, and no list says where",
    "read_embed_users.embed_external_id": "a key of the application that embeds",
    "read_model_git.model_path": "a folder in a repository",
    "read_model_git.public_key": "for ssh",
    "read_model_issues.yaml_path": "a place in a file",
    "read_model_suggestions.suggestion_id": "nothing refers to a suggestion",
    "read_relationships.relationship_id": "nothing refers to a relationship",
    "read_schedule_details.condition_query_map_key": (
        "with the document, which only read_schedules says"
    ),
    "read_schedule_details.entity_id": "an inner id of the dashboard, which no other list has",
    "read_schedule_details.organization_id": "there is one organization",
    "read_topic_fields.fully_qualified_name": "view and field, which are columns of their own",
    "read_topic_fields.parent_field": "no source says how it is spelled",
    "read_uploads.upload_id": "nothing refers to an upload",
    "read_uploads.view": "no source says that the views of files are in read_views",
    "read_user_attributes.attribute_id": "empty for those of the system; the name is the key",
}

KEYISH = re.compile(
    r"(^|_)(id|ids|identifier|key|path|view|topic|labels|entity|table|field|fields|by)$"
    r"|^(attribute|topic|view|field)_name$|^fully_qualified_name$|^owner_email$"
)


def read_everything():
    """Read every frame there is, whole."""
    frames = {}

    def read(name, *parents, **arguments):
        frames[name] = getattr(omnipd, name)(*parents, **arguments)
        return frames[name]

    users = read("read_users")
    groups = read("read_groups")
    read("read_content", scope="all")
    read("read_folders", scope="all")
    # What is gone is still what others refer to.
    documents = read("read_documents", include_deleted=True)
    models = read("read_models", include_deleted=True)
    connections = read("read_connections", include_deleted=True)
    there = documents[~documents["deleted"]]
    shared = models[(models["model_kind"] == "SHARED") & models["deleted_at"].isna()]
    live = connections[connections["deleted_at"].isna()]
    dashboards = there[there["has_dashboard"]]

    for name in (
        "read_document_access",
        "read_document_abilities",
        "read_document_drafts",
        "read_document_favorites",
    ):
        read(name, there)
    for name in (
        "read_document_details",
        "read_document_queries",
        "read_dashboard_filters",
        "read_document_tiles",
        "read_document_controls",
    ):
        read(name, dashboards)
    read("read_document_permissions", there.head(60), user_id=users["user_id"].iloc[0])
    read("read_folder_permissions", frames["read_folders"])
    for name in ("read_views", "read_schemas", "read_model_files", "read_model_issues"):
        read(name, shared)
    for name in ("read_model_git", "read_dbt_exposures"):
        read(name, shared)
    branch = shared["branch_ids"].str.split(",").explode().dropna()
    on_branches = [
        omnipd.read_content_issues(model, branch_id=one)
        for model, one in zip(shared.loc[branch.index, "model_id"], branch, strict=True)
        if one
    ]
    frames["read_content_issues"] = pd.concat(
        [omnipd.read_content_issues(shared), *on_branches], ignore_index=True
    )
    read("read_model_suggestions", shared, status="all")
    topics = read("read_topics", shared)
    read("read_topic_fields", topics)
    read("read_relationships", topics)
    read("read_connection_schedules", live)
    read("read_dbt", live)
    frames["read_dbt_environments"] = omnipd.read_dbt_environments(
        frames["read_dbt"][frames["read_dbt"]["branch"].notna()]
    )
    schedules = read("read_schedules")
    read("read_schedule_details", schedules)
    read("read_schedule_recipients", schedules)
    frames["read_model_roles"] = pd.concat(
        [omnipd.read_model_roles(users), omnipd.read_model_roles(groups=groups)],
        ignore_index=True,
    )
    read("read_ai_jobs", read("read_ai_messages", read("read_ai_conversations")))
    sets = read("read_ai_prompt_sets")
    read("read_ai_prompts", sets)
    read("read_ai_eval_results", read("read_ai_eval_runs", sets))
    read("read_ai_agent_actions", shared)
    read("read_ai_credit_usage", users)
    read("read_content_search", "delay", limit=20)
    for name in (
        "read_ai_credit_controls",
        "read_ai_group_credit_limits",
        "read_ai_routines",
        "read_ai_skills",
        "read_ai_user_credit_limits",
        "read_api_keys",
        "read_color_palettes",
        "read_connection_environments",
        "read_email_only_users",
        "read_embed_users",
        "read_group_members",
        "read_labels",
        "read_uploads",
        "read_user_attribute_values",
        "read_user_attributes",
        "read_user_groups",
        "read_whoami_roles",
    ):
        read(name)
    return frames


@pytest.fixture(scope="module")
def frames(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None, cache=False):
        return read_everything()


def cells(join, frame):
    """The keys that a frame has on the left of a join, each once."""
    rows = frame
    if join.where is not None:
        name, value = join.where
        rows = rows[rows[name].astype(str) == value]
    if join.columns == ("labels",):
        return {(label,) for label in omnipd.explode_labels(rows)["label"]}
    found = set(rows[list(join.columns)].dropna().itertuples(index=False, name=None))
    if join.listed:
        return {(one,) for [held] in found for one in held.split(",") if one}
    return found


def test_everything_is_read(frames):
    assert set(frames) == set(READERS)


def test_the_rows_of_every_frame_are_numbered_from_zero(frames):
    # Any other index is written to files, as columns that nobody asked for.
    assert [name for name, frame in frames.items() if not has_default_index(frame)] == []


@pytest.mark.parametrize("join", JOINS, ids=name_of)
def test_what_a_frame_refers_to_is_in_the_other(frames, join):
    left = cells(join, frames[join.frame])
    right = set(frames[join.to][list(join.key)].dropna().itertuples(index=False, name=None))
    assert bool(left) == (name_of(join) not in NOT_SHOWN)
    assert {key[1] for key in left - right} == NOT_FOUND.get(name_of(join), set())


@pytest.mark.parametrize(
    ("reader", "key"), sorted({(join.to, join.key) for join in JOINS}), ids=str
)
def test_a_merge_multiplies_no_rows(frames, reader, key):
    held = frames[reader][list(key)].dropna()
    assert held.duplicated().any() == ((reader, key) in MANY)


def test_what_is_said_of_joins_is_said_of_some():
    assert len({name_of(join) for join in JOINS}) == len(JOINS)
    assert NOT_FOUND.keys() | NOT_SHOWN.keys() <= {name_of(join) for join in JOINS}
    assert {(join.to, join.key) for join in JOINS} >= MANY


@pytest.mark.parametrize("reader", READERS)
def test_a_column_that_looks_like_a_key_has_a_join_or_a_reason(reader):
    joined = {
        f"{frame}.{column}"
        for join in JOINS
        for frame, columns in ((join.frame, join.columns), (join.to, join.key))
        for column in columns
    }
    documented = documented_columns(reader)
    columns = {f"{reader}.{name}" for name, _ in documented}
    of_reader = {column for column in joined if column.startswith(f"{reader}.")}
    # The roles of groups have group_id in place of user_id.
    assert of_reader - {"read_model_roles.group_id"} <= columns, "no such column"
    excused = {column for column in NO_JOIN if column.startswith(f"{reader}.")}
    texts = [name for name, kind in documented if kind == "string"]
    keys = {f"{reader}.{name}" for name in texts if KEYISH.search(name)}
    assert keys - of_reader == excused


@pytest.mark.parametrize("reader", READERS)
def test_the_manual_has_the_columns_that_come(frames, reader):
    came = types_of(frames[reader])
    # Read for users and for groups here, where a frame is of the one or the other.
    in_place = [("group_id", "string")] if reader == "read_model_roles" else []
    assert [one for one in came if one not in in_place] == documented_columns(reader)


def test_the_drawing_has_every_frame_that_joins_and_every_key_they_share():
    drawn = join_drawing.draw(JOINS)
    frames = {frame for join in JOINS for frame in (join.frame, join.to)}
    assert set(re.findall(r'href="api/omnipd\.(\w+)\.html"', drawn)) == frames
    shared = Counter(to for to, _ in {(join.to, join.frame) for join in JOINS})
    lines = {holder for line in join_drawing.LINES for holder in line.holders}
    assert {to for to, count in shared.items() if count > 1} <= lines
    marks = drawn.count("<circle") - 2  # those of the legend
    dots = {
        (join.frame, line.name)
        for join in JOINS
        for line in join_drawing.LINES
        if join.to in line.holders and join.frame not in line.holders
    }
    assert marks == len(dots)
