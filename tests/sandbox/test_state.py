"""What is changed outlives the server when there is a file for it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

import omnipd
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.server import Server


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.json"


def everything(wire):
    """Read all that can be changed."""
    scim = [wire.get(f"/api/scim/v2/{kind}", count=500).json for kind in ("Users", "Groups")]
    scim.append(wire.get("/api/scim/v2/embed/Users").json)
    documents = wire.get(
        "/api/v1/documents", include="includeDeleted,labels,_count", pageSize=300
    ).json["records"]
    access = [
        wire.get(f"/api/v1/documents/{each['identifier']}/{rest}").json
        for each in documents
        if not each["deleted"]
        for rest in ("access-list", "drafts", "permissions", "favorites")
    ]
    rest = [
        wire.get(f"/api/v1/{name}").json
        for name in ("labels", "folders", "schedules", "api-keys", "users/email-only")
    ]
    roles = [
        wire.get(f"/api/v1/user-groups/{each['id']}/model-roles").json
        for each in scim[1]["Resources"]
    ]
    return [*scim, documents, *access, *rest, *roles]


def change_much(wire):
    org = wire.server.organization
    zoe = next(each.membership_id for each in org.users.values() if "zoe@" in each.email)
    one, other = [each for each in org.documents.values() if not each.deleted][:2]
    folder = next(iter(org.folders))
    group = next(iter(org.groups))
    model = wire.server.models["orders"]
    schedule = next(each.id for each in org.schedules.values() if each.destination == "email")
    for method, address, body in (
        ("POST", "v1/labels", {"name": "kept \ud800"}),
        ("PATCH", f"v1/documents/{one.identifier}/labels", {"add": ["finance"]}),
        ("PUT", f"v1/documents/{one.identifier}/favorite", None),
        (
            "POST",
            f"v1/documents/{one.identifier}/permissions",
            {"role": "EDITOR", "userIds": [zoe]},
        ),
        ("PUT", f"v1/documents/{one.identifier}/permissions", {"canDrill": False}),
        (
            "PATCH",
            f"v1/documents/{one.identifier}",
            {"identifier": "renamed", "clearExistingDraft": True},
        ),
        ("DELETE", f"v1/documents/{other.identifier}", None),
        ("POST", "v1/documents/renamed/duplicate", {"name": "Copy"}),
        ("POST", "v1/folders", {"name": "New", "parentFolderId": folder}),
        ("POST", "scim/v2/Users", {"userName": "e@x.example", "displayName": "E"}),
        ("DELETE", f"scim/v2/Users/{zoe}", None),
        ("POST", f"v1/user-groups/{group}/model-roles", {"roleName": "MODELER", "modelId": model}),
        ("POST", "v1/users/email-only", {"email": "g@x.example", "userAttributes": {"quota": 7}}),
        ("PUT", f"v1/schedules/{schedule}/add-recipients", {"emails": ["h@x.example"]}),
        ("PUT", f"v1/schedules/{schedule}/pause", None),
    ):
        assert wire.send(method, f"/api/{address}", body).status < 300, (method, address)


def test_a_server_goes_on_where_the_last_one_ended(path, connect):
    with Server(documents=60, state=path) as first:
        wire = connect(first)
        change_much(wire)
        before = everything(wire)
        key = first.api_key
    with Server(documents=60, state=path) as second:
        wire = connect(second)
        assert everything(wire) == before
        assert wire.get("/api/v1/documents/renamed/permissions").status == 200
        # Ids go on, too, and a redirect still redirects.
        again = wire.send("POST", "/api/v1/documents/renamed/duplicate", {"name": "Copy"}).json
        assert again["identifier"] not in {each.get("identifier") for each in before[3]}
        old = next(iter(second.organization.moved))
        assert wire.get(f"/api/v1/documents/{old}").status == 308
        assert second.api_key != key
        assert second.failures == []
    stored = path.read_text()
    assert key not in stored
    assert second.api_key not in stored
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_without_a_file_nothing_is_kept(serve, connect):
    wire = connect(serve(documents=10))
    wire.send("POST", "/api/v1/labels", {"name": "gone"})
    assert connect(serve(documents=10)).get("/api/v1/labels/gone").status == 404


def test_a_call_that_is_refused_writes_nothing(path, connect):
    with Server(documents=10, state=path) as server:
        before = path.read_bytes()
        assert connect(server).send("POST", "/api/v1/labels", {"name": "finance"}).status == 409
        assert path.read_bytes() == before


def damage(path, change):
    state = json.loads(path.read_text())
    change(state)
    path.write_text(json.dumps(state))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.update(format="x"), "not a state of a sandbox"),
        (lambda state: state.update(version=1), "version 1 is not 2"),
        (lambda state: state.pop("users"), "users is missing"),
        (lambda state: state["users"][3].update(active="yes"), "users"),
        (lambda state: state["users"][3].update(shoe=42), "shoe"),
        (lambda state: state["users"][3].pop("email"), "email"),
        (lambda state: state["documents"][2].update(labels="finance"), "a list is needed"),
        (lambda state: state["documents"][2].update(labels=["nope"]), "no label nope"),
        (lambda state: state["documents"][2].update(owner_id="nobody"), "no person nobody"),
        (lambda state: state["documents"].append(state["documents"][0]), "two records"),
        (lambda state: state["folders"].clear(), "no folder"),
        (lambda state: state.update(made="1"), "a whole number is needed"),
        (lambda state: state.update(invented=[9, 9]), "another size"),
    ],
)
def test_a_damaged_file_is_refused_by_name(path, change, said):
    with Server(documents=10, state=path):
        """Only written."""
    damage(path, change)
    with pytest.raises(BadOrganization, match=said) as refused:
        Server(documents=10, state=path)
    assert str(path) in str(refused.value)


def test_what_is_no_json_is_refused_by_name(path):
    path.write_bytes(b'{"format": "omnipd-sandbox"')
    with pytest.raises(BadOrganization, match="not JSON"):
        Server(documents=10, state=path)


def test_the_launcher_keeps_changes_and_says_what_is_wrong(path):
    with omnipd.sandbox(documents=10, state=path):
        count = len(omnipd.read_labels())
        assert path.exists()
    damage(path, lambda state: state["labels"].append({"name": "by hand"}))
    with omnipd.sandbox(documents=10, state=path):
        assert len(omnipd.read_labels()) == count + 1
    path.write_text("{}")
    with pytest.raises(omnipd.ArgumentError, match=r"state\.json"):
        omnipd.sandbox(documents=10, state=path)
    with pytest.raises(omnipd.ArgumentError, match="No such file"):
        omnipd.sandbox(documents=10, state=path.parent / "nowhere" / "state.json")


def test_changes_at_the_same_time_are_all_made(serve, connect):
    server = serve(documents=20)
    wires = [connect(server) for _ in range(8)]
    one = next(each for each in server.organization.documents.values() if not each.deleted)

    def work(number):
        wire = wires[number]
        for place in range(5):
            name = f"label {number} {place}"
            assert wire.send("POST", "/api/v1/labels", {"name": name}).status == 201
            put = wire.send("PATCH", f"/api/v1/documents/{one.identifier}/labels", {"add": [name]})
            assert put.status == 200
            assert wire.content(include="labels").status == 200

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(8)))
    assert {f"label {a} {b}" for a in range(8) for b in range(5)} <= set(
        server.organization.documents[one.identifier].labels
    )


def test_two_sandboxes_cannot_have_one_file(path):
    with (
        Server(documents=0, state=path),
        pytest.raises(ValueError, match="another sandbox is using it"),
    ):
        Server(documents=0, state=path)
    with Server(documents=0, state=path):
        pass


def test_a_file_that_cannot_be_used_is_let_go(path):
    path.write_text("{}")
    for _ in range(2):
        with pytest.raises(ValueError, match="not a state of a sandbox"):
            Server(documents=0, state=path)
