"""One coherent organization: every id that is shown anywhere finds what it names."""

import pytest


class Walked:
    """Everything that can be listed, read over the wire."""

    def __init__(self, wire):
        self.wire = wire
        self.users = self.scim("Users")
        self.embed = self.scim("embed/Users")
        self.groups = self.scim("Groups")
        self.members = {each["id"] for each in self.users}
        self.folders = self.every("folders")
        for member in self.members:
            self.folders += self.every("folders", scope="restricted", ownerId=member)
        self.documents = self.every("documents")
        self.models = self.every("models", includeDeleted="true")
        self.schedules = self.every("schedules")
        self.connections = wire.get("/api/v1/connections", includeDeleted="true").json[
            "connections"
        ]
        self.strangers = self.every("users/email-only", size=20)
        self.folder_ids = {each["id"] for each in self.folders}
        self.group_ids = {each["id"] for each in self.groups}
        self.model_ids = {each["id"] for each in self.models}
        self.connection_ids = {each["id"] for each in self.connections}
        self.identifiers = {each["identifier"] for each in self.documents}
        self.labels = {each["name"] for each in wire.get("/api/v1/labels").json["labels"]}

    def scim(self, path):
        found = []
        while True:
            page = self.wire.get(f"/api/scim/v2/{path}", startIndex=len(found) + 1).json
            if not page["Resources"]:
                return found
            found += page["Resources"]

    def every(self, path, *, size=100, key="records", **query):
        found, cursor = [], {}
        while True:
            answer = self.wire.get(f"/api/v1/{path}", pageSize=size, **query, **cursor)
            assert answer.status == 200, answer.body
            found += answer.json[key]
            if not answer.json["pageInfo"]["hasNextPage"]:
                return found
            cursor = {"cursor": answer.json["pageInfo"]["nextCursor"]}


@pytest.fixture(scope="module")
def walked(server, connect):
    return Walked(connect(server))


def test_owners_are_members(walked):
    owners = {each["owner"]["id"]: each["owner"]["name"] for each in walked.documents}
    names = {each["id"]: each["displayName"] for each in walked.users}
    assert owners.items() <= names.items()
    assert {each["ownerId"] for each in walked.folders} <= walked.members
    assert {
        each["ownerId"]: each["ownerName"] for each in walked.schedules
    }.items() <= names.items()


def test_members_who_joined_later_own_nothing(walked):
    newcomers = {each["id"] for each in walked.users if each["userName"].startswith("newcomer.")}
    assert len(newcomers) == 106
    assert newcomers.isdisjoint(each["owner"]["id"] for each in walked.documents)
    assert newcomers.isdisjoint(each["ownerId"] for each in walked.folders)


def test_folders_of_documents_are_folders(walked):
    by_id = {each["id"]: each for each in walked.folders}
    for document in walked.documents:
        folder = document["folder"]
        if folder:
            assert by_id[folder["id"]]["path"] == folder["path"]
            assert by_id[folder["id"]]["name"] == folder["name"]


def test_labels_of_content_are_labels(walked):
    for path in ("documents", "folders"):
        used = {name for each in walked.every(path, include="labels") for name in each["labels"]}
        assert used
        assert used <= walked.labels


def test_connections_of_documents_and_models_are_connections(walked):
    assert {each["connectionId"] for each in walked.documents} <= walked.connection_ids
    assert {each["connectionId"] for each in walked.models} <= walked.connection_ids
    assert {each["baseModelId"] for each in walked.models} - {None} <= walked.model_ids


def test_schedules_are_of_documents_with_a_dashboard(walked):
    dashboards = {
        each["identifier"]: each["name"] for each in walked.documents if each["hasDashboard"]
    }
    for each in walked.schedules:
        assert dashboards[each["identifier"]] == each["dashboardName"]


def test_recipients_are_members_strangers_or_groups(walked):
    strangers = {each["user_id"] for each in walked.strangers}
    for each in walked.schedules:
        if each["destinationType"] != "email":
            continue
        answer = walked.wire.get(f"/api/v1/schedules/{each['id']}/recipients").json
        for recipient in answer["recipients"]:
            assert recipient["id"] in (strangers if recipient["emailOnly"] else walked.members)
        for group in answer["userGroupRecipients"]:
            assert group["id"] in walked.group_ids
            assert {one["id"] for one in group["recipients"]} <= walked.members


def test_groups_hold_members(walked):
    assert {one["value"] for each in walked.groups for one in each["members"]} <= walked.members


def test_keys_and_uploads_belong_to_members(walked):
    keys = {each["membershipId"] for each in walked.every("api-keys")}
    assert keys - {None} <= walked.members
    for kind in ("csv", "spreadsheet"):
        for each in walked.every("uploads", type=kind):
            assert each["connection_id"] in walked.connection_ids
            assert each["model_id"] is None or each["model_id"] in walked.model_ids
            assert (
                each["uploaded_by_user"] is None or each["uploaded_by_user"]["id"] in walked.members
            )


def test_who_has_access_exists(walked):
    principals = {"user": walked.members, "userGroup": walked.group_ids}
    for document in walked.documents[::10]:
        path = f"documents/{document['identifier']}"
        for row in walked.every(f"{path}/access-list", key="principals"):
            assert row["id"] in principals[row["type"]]
            assert row.get("folderInfo", {"id": None})["id"] in walked.folder_ids | {None}
        assert {each["userId"] for each in walked.every(f"{path}/favorites")} <= walked.members
        for draft in walked.wire.get(f"/api/v1/{path}/drafts").json:
            assert draft["publishedIdentifier"] == document["identifier"]
            assert draft["branch"] is None or draft["branch"]["id"] in walked.model_ids
    for folder in walked.folders:
        permits = walked.wire.get(f"/api/v1/folders/{folder['id']}/permissions").json["permits"]
        for permit in permits:
            assert permit.get("userId", permit.get("userGroupId")) in (
                walked.members | walked.group_ids
            )


def test_favorites_are_counted_as_they_are_listed(walked):
    for document in walked.every("documents", include="_count")[::25]:
        favorites = walked.every(f"documents/{document['identifier']}/favorites")
        assert len(favorites) == document["_count"]["favorites"]


def test_roles_are_on_models(server, walked):
    shared = set(server.models.values())
    for member in list(walked.members)[:20]:
        answer = walked.wire.get(f"/api/v1/users/{member}/model-roles").json
        for row in answer["results"]:
            assert row["modelId"] in shared
            assert row["connectionId"] in walked.connection_ids
            assert row["from"].get("miniUuid") in walked.group_ids | {None}


def test_queries_name_models_topics_and_fields_that_exist(server, walked):
    fields, topics = {}, {}
    for model in server.models.values():
        listed = walked.wire.get(f"/api/v1/models/{model}/topic").json["topics"]
        topics[model] = {each["name"] for each in listed}
        for name in topics[model]:
            topic = walked.wire.get(f"/api/v1/models/{model}/topic/{name}").json["topic"]
            fields[model, name] = {
                each["fully_qualified_name"]
                for view in topic["views"]
                for each in (*view["dimensions"], *view["measures"])
            }
    dashboards = [each for each in walked.documents if each["hasDashboard"]]
    for document in dashboards[::5]:
        path = f"/api/v1/documents/{document['identifier']}/queries"
        for each in walked.wire.get(path).json["queries"]:
            query = each["query"]
            known = fields[query["modelId"], query["join_paths_from_topic_name"]]
            assert {name.partition("[")[0] for name in query["fields"]} <= known


def test_the_validator_and_the_exposures_name_documents(server, walked):
    emails = {each["userName"] for each in walked.users}
    for model in server.models.values():
        path = f"/api/v1/models/{model}"
        for each in walked.wire.get(f"{path}/content-validator").json["content"]:
            assert each["type"] == "Draft" or each["identifier"] in walked.identifiers
            assert each["owner"]["email"] in emails
        for each in walked.every(f"models/{model}/dbt-exposures"):
            assert each["dashboard_identifier"] in walked.identifiers
            assert each["exposure"] is None or each["exposure"]["owner"]["email"] in emails
        for each in walked.every(f"models/{model}/suggestions", status="all"):
            assert each["ignoredBy"] in walked.members | {None}
            conversation = each["evidence"][0]["chatAiSessionId"]
            assert walked.wire.get(f"/api/v1/ai/conversations/{conversation}").status == 200


def test_the_ai_knows_members_and_models(walked):
    assert {each["userId"] for each in walked.every("ai/credit-controls/users")} <= walked.members
    for each in walked.every("ai/routines"):
        assert each["modelId"] in walked.model_ids
        assert set(each["destination"]["userGroupIds"]) <= walked.group_ids
    for each in walked.wire.get("/api/v1/ai/eval/prompt-sets").json["prompt_sets"]:
        assert each["model_id"] in walked.model_ids


def test_every_member_can_be_asked_for_alone(walked):
    for each in walked.users[::13]:
        assert walked.wire.get(f"/api/scim/v2/Users/{each['id']}").json == each
    embed = {each["id"] for each in walked.embed}
    assert embed.isdisjoint(walked.members)


def test_two_servers_read_the_same(serve, connect, walked):
    again = connect(serve())
    for path in (
        "/api/v1/documents", "/api/v1/folders", "/api/v1/models", "/api/v1/schedules",
        "/api/scim/v2/Users", "/api/scim/v2/Groups", "/api/v1/api-keys", "/api/v1/uploads",
        "/api/v1/ai/conversations",
    ):  # fmt: skip
        assert again.get(path).body == walked.wire.get(path).body
