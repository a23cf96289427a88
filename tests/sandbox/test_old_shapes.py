"""What older servers and the older documentation say, where the sources disagree."""

import pytest

from omnipd_sandbox.invention.permits import widely_shared


@pytest.fixture(scope="module")
def old(connect):
    from omnipd_sandbox.server import Server

    with Server(old_shapes=True) as server:
        yield connect(server)
        assert server.failures == []


def test_labels_are_objects(old):
    labels = [
        label
        for path in ("content", "documents", "folders")
        for record in old.get(f"/api/v1/{path}", include="labels").json["records"]
        for label in record["labels"]
    ]
    assert labels
    assert {frozenset(label) for label in labels} == {frozenset(("name", "verified"))}
    assert {label["verified"] for label in labels} == {True, False}


@pytest.mark.parametrize("path", ["content", "documents"])
def test_documents_do_not_say_whether_they_have_an_app(old, path):
    records = old.get(f"/api/v1/{path}").json["records"]
    assert records
    assert all("hasApp" not in record for record in records)


def test_a_page_of_documents_holds_twenty_and_a_hundred_at_most(old):
    assert len(old.get("/api/v1/documents").json["records"]) == 20
    assert old.get("/api/v1/documents", pageSize=101).status == 400


def test_folders_have_an_owner_a_scope_and_a_leading_slash(old):
    for record in old.get("/api/v1/folders").json["records"]:
        assert set(record) == {"id", "name", "path", "url", "owner", "scope"}
        assert set(record["owner"]) == {"id", "name"}
        assert record["path"].startswith("/")


def test_permits_on_folders_have_names(old):
    folder = next(iter(old.server.organization.folders))
    permits = old.get(f"/api/v1/folders/{folder}/permissions").json["permits"]
    assert permits
    for permit in permits:
        assert set(permit) == {"id", "name", "description", "type", "direct"}
        assert set(permit["direct"]) == {"role", "isOwner", "accessBoost"}


def test_permissions_are_a_bare_array_and_need_a_member(old):
    organization = old.server.organization
    document = organization.documents[widely_shared(organization.documents.values())]
    path = f"/api/v1/documents/{document.identifier}/permissions"
    assert old.get(path).status == 400
    permits = old.get(path, userId=document.owner_id).json
    assert {"role": "MANAGER", "accessBoost": False, "direct": True, "inherited": False} in permits
    assert all(set(each) == {"role", "accessBoost", "direct", "inherited"} for each in permits)


def test_branches_are_whole_records(old):
    answer = old.get("/api/v1/models", modelKind="SHARED", include="activeBranches").json
    branches = [branch for record in answer["records"] for branch in record["branches"]]
    assert {branch["modelKind"] for branch in branches} == {"BRANCH"}
    assert {branch["baseModelId"] for branch in branches} <= set(old.server.models.values())


def test_models_may_be_of_two_more_kinds(old):
    assert old.get("/api/v1/models", modelKind="TOPIC").json["records"] == []


def test_issues_are_warnings_or_not(old):
    branch = next(
        each for each in old.server.organization.fixed_models.values() if each.name == "margin"
    )
    path = f"/api/v1/models/{branch.base_id}/validate"
    issues = old.get(path, branchId=branch.id).json["issues"]
    assert issues
    assert all(set(each) == {"message", "is_warning", "yaml_path"} for each in issues)


def test_a_refresh_is_running_rather_than_in_progress(old):
    statuses = {
        old.get(f"/api/v1/jobs/{job_id}/status").json["status"]
        for job_id in old.server.organization.refresh_jobs
    }
    assert statuses == {"COMPLETED", "FAILED", "RUNNING"}


def test_schedules_say_neither_format_nor_owner_and_alerts_may_be_null(old):
    records = old.get("/api/v1/schedules", pageSize=100).json["records"]
    assert all(not {"format", "ownerId"} & set(record) for record in records)
    assert {record["alert"] is None for record in records} == {True, False}


def test_recipients_do_not_say_who_cannot_log_in(old):
    schedule = next(
        each
        for each in old.server.organization.schedules.values()
        if each.destination == "email" and each.stranger_ids
    )
    answer = old.get(f"/api/v1/schedules/{schedule.id}/recipients").json
    assert {frozenset(each) for each in answer["recipients"]} == {
        frozenset(("id", "email", "name"))
    }


@pytest.mark.parametrize("path", ["Users", "embed/Users"])
def test_members_have_five_keys(old, path):
    for each in old.get(f"/api/scim/v2/{path}").json["Resources"]:
        assert set(each) == {"schemas", "id", "userName", "displayName", "active"}


def test_conversations_are_data_with_the_last_user_prompt(old):
    answer = old.get("/api/v1/ai/conversations").json
    assert set(answer) == {"data", "pageInfo"}
    assert {frozenset(each) for each in answer["data"]} == {
        frozenset(("id", "name", "lastUserPrompt", "createdAt", "updatedAt"))
    }
