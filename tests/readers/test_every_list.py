"""Whatever Omni lets be read and makes rows is a frame: every GET there is, and who reads it.

The two tables are written by hand. The tests hold them against the public names, against what a
sandbox is really asked, against the sandbox's own table of endpoints and, where Omni's OpenAPI file
is at hand, against that.
"""

import re
from pathlib import Path

import pytest
from openapi.openapi_file import openapi_file

import omnipd
from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.moods.behavior import Behavior

#: A path of Omni's, and the readers that make frames of it.
READ = {
    "/api/v1/content": "read_content",
    "/api/v1/content/search": "read_content_search",
    "/api/v1/documents": "read_documents",
    "/api/v1/documents/{identifier}": "read_document_details",
    "/api/v1/documents/{identifier}/queries": "read_document_queries",
    "/api/v1/documents/{identifier}/permissions": "read_document_permissions read_document_abilities",
    "/api/v1/documents/{identifier}/access-list": "read_document_access",
    "/api/v1/documents/{identifier}/drafts": "read_document_drafts",
    "/api/v1/documents/{identifier}/favorites": "read_document_favorites",
    "/api/v1/dashboards/{identifier}/filters": "read_dashboard_filters",
    "/api/v2/documents/{identifier}": "read_document_tiles read_document_controls",
    "/api/v1/color-palettes": "read_color_palettes",
    "/api/v1/folders": "read_folders",
    "/api/v1/folders/{folderId}/permissions": "read_folder_permissions",
    "/api/v1/labels": "read_labels",
    "/api/v1/models": "read_models",
    "/api/v1/models/{modelId}/topic": "read_topics",
    "/api/v1/models/{modelId}/topic/{topicName}": "read_topic_fields read_relationships",
    "/api/v1/models/{modelId}/view": "read_views",
    "/api/v1/models/{modelId}/schemas": "read_schemas",
    "/api/v1/models/{modelId}/yaml": "read_model_files",
    "/api/v1/models/{modelId}/validate": "read_model_issues",
    "/api/v1/models/{modelId}/content-validator": "read_content_issues",
    "/api/v1/models/{modelId}/git": "read_model_git",
    "/api/v1/models/{modelId}/dbt-exposures": "read_dbt_exposures",
    "/api/v1/models/{modelId}/suggestions": "read_model_suggestions",
    "/api/v1/models/{modelId}/ai-agent-actions": "read_ai_agent_actions",
    "/api/v1/connections": "read_connections",
    "/api/v1/connections/{connectionId}/schedules": "read_connection_schedules",
    "/api/v1/connections/{connectionId}/dbt": "read_dbt",
    "/api/v1/connections/{connectionId}/dbt/environments": "read_dbt_environments",
    "/api/v1/connection-environments": "read_connection_environments",
    "/api/v1/schedules": "read_schedules",
    "/api/v1/schedules/{scheduleId}": "read_schedule_details",
    "/api/v1/schedules/{scheduleId}/recipients": "read_schedule_recipients",
    "/api/scim/v2/Users": "read_users read_user_groups read_user_attribute_values",
    "/api/scim/v2/embed/Users": "read_embed_users",
    "/api/scim/v2/Groups": "read_groups read_group_members",
    "/api/v1/users/email-only": "read_email_only_users",
    "/api/v1/user-attributes": "read_user_attributes",
    "/api/v1/users/{id}/model-roles": "read_model_roles",
    "/api/v1/user-groups/{id}/model-roles": "read_model_roles",
    "/api/v1/whoami": "read_whoami_roles whoami",
    "/api/v1/api-keys": "read_api_keys",
    "/api/v1/uploads": "read_uploads",
    "/api/v1/ai/jobs/{jobId}": "read_ai_jobs",
    "/api/v1/ai/conversations": "read_ai_conversations",
    "/api/v1/ai/conversations/{conversationId}": "read_ai_messages",
    "/api/v1/ai/credit-controls": "read_ai_credit_controls",
    "/api/v1/ai/credit-controls/users": "read_ai_user_credit_limits",
    "/api/v1/ai/credit-controls/entity-groups": "read_ai_group_credit_limits",
    "/api/v1/ai/credit-usage/users": "read_ai_credit_usage",
    "/api/v1/ai/credit-usage/user-groups": "read_ai_credit_usage",
    "/api/v1/ai/credit-usage/entity-groups": "read_ai_credit_usage",
    "/api/v1/skills": "read_ai_skills",
    "/api/v1/ai/routines": "read_ai_routines",
    "/api/v1/ai/eval/prompt-sets": "read_ai_prompt_sets",
    "/api/v1/ai/eval/prompt-sets/{promptSetId}": "read_ai_prompts",
    "/api/v1/ai/eval/runs": "read_ai_eval_runs",
    "/api/v1/ai/eval/runs/{runId}": "read_ai_eval_results",
}

#: Those of them that are asked by a POST, which has room for many ids.
POSTED = {path for path in READ if path.startswith("/api/v1/ai/credit-usage/")}

#: A path of Omni's that no reader asks, and why.
NOT_READ = {
    "/api/v1/labels/{name}": "a record of the list of labels, with the same keys",
    "/api/v1/connections/{connectionId}": "a record of the list of connections",
    "/api/v1/connections/{connectionId}/schedules/{scheduleId}": "a record of the list above it",
    "/api/v1/api-keys/{id}": "a record of the list of keys",
    "/api/scim/v2/Users/{id}": "a record of the list of users",
    "/api/scim/v2/embed/Users/{id}": "a record of the list of embed users",
    "/api/scim/v2/Groups/{miniUuid}": "a record of the list of groups",
    "/api/unstable/documents/{identifier}/export": "no rows but a file: export_documents writes it",
    "/api/v2/documents/{identifier}/draft/{draftId}": "the state of one draft, as that of a document",
    "/api/v1/query/wait": "a part of running a query: run_query asks it",
    "/api/v1/jobs/{jobId}/status": "only the answer to a refresh of a schema names such a job, and "
    "omnipd starts none",
    "/api/v1/ai/jobs/{jobId}/result": "the answer of a prompt that was run, kept for 14 days; its "
    "text is in read_ai_jobs and read_ai_messages",
    "/api/v1/ai/jobs/{jobId}/vis": "a picture",
    "/api/v1/dashboards/{identifier}/download/{jobId}/status": "a part of a download",
    "/api/v1/dashboards/{identifier}/download/{jobId}": "a part of a download: bytes of a file",
}

#: Readers that read no list of their own, and why.
NO_LIST = {"read_inventory": "many lists", "read_records": "any list, by its path"}


def dashboards(omni):
    documents = omnipd.read_documents(client=omni)
    return documents[documents["has_dashboard"].fillna(False)].head(3)


def topics(omni):
    return omnipd.read_topics(shared(omni), client=omni)


def shared(omni):
    return omnipd.read_models(model_kind="SHARED", client=omni)


def connections(omni):
    return omnipd.read_connections(client=omni)


def schedules(omni):
    return omnipd.read_schedules(destination="email", limit=3, client=omni)


def messages(omni):
    return omnipd.read_ai_messages(omnipd.read_ai_conversations(limit=1, client=omni), client=omni)


def prompt_sets(omni):
    return omnipd.read_ai_prompt_sets(client=omni)


def administrator(omni):
    return omnipd.whoami(client=omni).user_id


#: What a reader has to be told, from what other readers say: its parents, or named arguments.
PARENTS = {
    "read_document_details": dashboards,
    "read_document_queries": dashboards,
    "read_document_permissions": dashboards,
    "read_document_abilities": dashboards,
    "read_document_access": dashboards,
    "read_document_drafts": lambda omni: omnipd.read_documents(limit=60, client=omni),
    "read_document_favorites": lambda omni: omnipd.read_documents(
        include=["_count"], sort="favorites", direction="desc", limit=3, client=omni
    ),
    "read_dashboard_filters": dashboards,
    "read_document_tiles": dashboards,
    "read_document_controls": dashboards,
    "read_content_search": lambda _omni: "delay",
    "read_folder_permissions": lambda omni: omnipd.read_folders(limit=3, client=omni),
    "read_topics": shared,
    "read_topic_fields": topics,
    "read_relationships": topics,
    "read_views": shared,
    "read_schemas": shared,
    "read_model_files": shared,
    "read_model_issues": lambda omni: omnipd.read_models(model_kind="BRANCH", client=omni),
    "read_content_issues": shared,
    "read_model_git": shared,
    "read_dbt_exposures": shared,
    "read_model_suggestions": shared,
    "read_ai_agent_actions": shared,
    "read_connection_schedules": connections,
    "read_dbt": connections,
    "read_dbt_environments": connections,
    "read_schedule_details": schedules,
    "read_schedule_recipients": schedules,
    "read_ai_jobs": messages,
    "read_ai_messages": lambda omni: omnipd.read_ai_conversations(limit=1, client=omni),
    "read_ai_prompts": prompt_sets,
    "read_ai_eval_runs": prompt_sets,
    "read_ai_eval_results": lambda omni: omnipd.read_ai_eval_runs(prompt_sets(omni), client=omni),
}
TOLD = {
    "read_document_permissions": lambda omni: {"user_id": administrator(omni)},
    "read_content_search": lambda _omni: {"limit": 20},
    # Some connections cannot have dbt and are 403.
    "read_dbt_environments": lambda _omni: {"errors": "collect"},
}
WHO_OF = {
    "/api/v1/users/{id}/model-roles": lambda omni: {
        "users": omnipd.read_users(limit=3, client=omni)
    },
    "/api/v1/user-groups/{id}/model-roles": lambda omni: {
        "groups": omnipd.read_groups(client=omni)
    },
    "/api/v1/ai/credit-usage/users": lambda omni: {"users": omnipd.read_users(client=omni)},
    "/api/v1/ai/credit-usage/user-groups": lambda omni: {"groups": omnipd.read_groups(client=omni)},
    "/api/v1/ai/credit-usage/entity-groups": lambda omni: {
        "entities": omnipd.read_embed_users(client=omni)
    },
}


def fits(template, path):
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


@pytest.fixture(scope="module")
def omni(server):
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache=False
    ) as client:
        yield client


EACH = [(path, name) for path, names in READ.items() for name in names.split()]


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
@pytest.mark.parametrize(("path", "name"), EACH, ids=[f"{path} {name}" for path, name in EACH])
def test_a_reader_asks_its_path_and_makes_rows_of_the_answer(server, omni, path, name):
    assert name in omnipd.__all__
    parents = [PARENTS[name](omni)] if name in PARENTS else []
    told = WHO_OF.get(path, TOLD.get(name, lambda _omni: {}))(omni)
    before = len(server.requests)
    found = getattr(omnipd, name)(*parents, **told, client=omni)
    asked = [one for one in server.requests[before:] if fits(path, one.path)]
    assert {one.status for one in asked} >= {200}
    assert {one.method for one in asked} == {"POST" if path in POSTED else "GET"}
    if name.startswith("read_"):
        assert len(found) > 0
        assert found.columns[-1] == "extra"


def test_every_reader_is_in_the_table():
    in_table = {name for names in READ.values() for name in names.split()}
    readers = {name for name in omnipd.__all__ if name.startswith("read_")}
    assert readers - NO_LIST.keys() == in_table - {"whoami"}


def test_everything_that_the_sandbox_lets_be_read_is_in_the_table():
    served = {
        each.path
        for each in endpoints(Behavior())
        if (each.method == "GET" and each.needs_key) or each.path in POSTED
    }
    assert served - READ.keys() - NOT_READ.keys() == set()
    assert READ.keys() - served == set()


def test_everything_that_is_read_is_in_the_register():
    register = Path(__file__).parents[2] / "docs" / "wire.md"
    text = register.read_text(encoding="utf-8")
    described = set(re.findall(r"`GET (/api/[^`?]+)`", text))
    described |= POSTED & set(re.findall(r"`POST (/api/[^`?]+)`", text))
    assert READ.keys() - described == set()
    assert described - READ.keys() - NOT_READ.keys() == set()


def test_nothing_is_read_and_not_read():
    assert READ.keys() & NOT_READ.keys() == set()
    assert all(NOT_READ.values())


def test_everything_that_the_openapi_file_lets_be_read_is_in_the_table():
    operations = {path for path, methods in openapi_file()["paths"].items() if "get" in methods}
    assert len(operations) > 40
    assert operations - READ.keys() - NOT_READ.keys() == set()
