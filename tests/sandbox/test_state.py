"""What is changed outlives the server when there is a file for it."""

import contextlib
import http.client
import itertools
import json
import random
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sandbox.server_processes import start_server

import omnipd
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.state import State
from omnipd_sandbox.organization.records import Label
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
    stored = path.read_bytes()
    assert key.encode() not in stored
    assert second.api_key.encode() not in stored
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
    """Change a file as one object: each mapping is an object of records by key."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        state = {name: json.loads(text) for name, text in database.execute("SELECT * FROM single")}
        records = database.execute("SELECT mapping, key, value FROM record ORDER BY place")
        for mapping, key, text in records:
            state.setdefault(mapping, {})[key] = json.loads(text)
        change(state)
        for table in ("single", "record"):
            database.execute(f"DELETE FROM {table}")
        for name, value in state.items():
            if not isinstance(value, dict):
                database.execute("INSERT INTO single VALUES (?, ?)", [name, json.dumps(value)])
                continue
            database.executemany(
                "INSERT INTO record VALUES (?, ?, ?, ?)",
                [
                    (name, key, place, json.dumps(record))
                    for place, (key, record) in enumerate(value.items())
                ],
            )


def nth(records, number):
    return list(records.values())[number]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("made"), "made is missing"),
        (lambda state: state.update(shoes={"1": {}}), "shoes is unknown"),
        (lambda state: nth(state["users"], 3).update(active="yes"), "users"),
        (lambda state: nth(state["users"], 3).update(shoe=42), "shoe"),
        (lambda state: nth(state["users"], 3).pop("email"), "email"),
        (lambda state: nth(state["documents"], 2).update(labels="finance"), "a list is needed"),
        (lambda state: nth(state["documents"], 2).update(labels=["nope"]), "no label nope"),
        (lambda state: nth(state["documents"], 2).update(owner_id="nobody"), "no person nobody"),
        (lambda state: nth(state["labels"], 2).update(name="x"), "not under its name"),
        (lambda state: state["folders"].clear(), "no folder"),
        (lambda state: state.update(made="1"), "a whole number is needed"),
        (lambda state: state.update(invented=[9, 9]), "another size"),
        (lambda state: state.setdefault("group_roles", {}).update({'["a"]': "x"}), "not a key"),
        (lambda state: state.setdefault("moved", {}).update({"half": "x"}), "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_by_name(path, change, said):
    with Server(documents=10, state=path):
        """Only written."""
    damage(path, change)
    before = path.read_bytes()
    with pytest.raises(BadOrganization, match=said) as refused:
        Server(documents=10, state=path)
    assert str(path) in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("PRAGMA application_id = 1", "not a state of a sandbox"),
        ("PRAGMA user_version = 2", "version 2 is not 3"),
        ("DROP TABLE record", "no such table"),
    ],
)
def test_another_database_is_refused_by_name(path, statement, said):
    with Server(documents=10, state=path):
        """Only written."""
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(statement)
    with pytest.raises(BadOrganization, match=said):
        Server(documents=10, state=path)


# The second is what a state was before.
@pytest.mark.parametrize("content", [b"words", b'{"format": "omnipd-sandbox", "version": 1}'])
def test_what_is_no_database_is_refused_by_name_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(BadOrganization, match="not a SQLite file"):
        Server(documents=10, state=path)
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_pages_that_are_damaged_are_refused_by_name(path):
    with Server(documents=100, state=path):
        """Only written."""
    whole = bytearray(path.read_bytes())
    whole[8192:40000] = bytes(40000 - 8192)
    path.write_bytes(whole)
    with pytest.raises(BadOrganization, match="damaged"):
        Server(documents=100, state=path)


def test_the_launcher_keeps_changes_and_says_what_is_wrong(path):
    with omnipd.sandbox(documents=10, state=path):
        count = len(omnipd.read_labels())
        assert path.exists()
    damage(path, lambda state: state["labels"].update({'"by hand"': {"name": "by hand"}}))
    with omnipd.sandbox(documents=10, state=path):
        assert len(omnipd.read_labels()) == count + 1
    path.write_text("{}")
    with pytest.raises(omnipd.ArgumentError, match=r"state\.json"):
        omnipd.sandbox(documents=10, state=path)
    with pytest.raises(omnipd.ArgumentError, match=r"state\.json"):
        omnipd.sandbox(documents=10, state=path / "state.json")


def test_the_launcher_takes_a_home_and_makes_the_folders_of_a_state(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with omnipd.sandbox(size="tiny", state="~/new/state.json"):
        assert (tmp_path / "new" / "state.json").exists()


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


def rename_until_it_is_gone(server, names, answered):
    """Make labels, put each on a document and rename that; note what was answered."""
    url, key = server
    address = urlsplit(url)
    http_client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)

    def send(method, path, body):
        headers = {"Authorization": f"Bearer {key}"}
        http_client.request(method, path, json.dumps(body).encode(), headers)
        answer = http_client.getresponse()
        assert answer.status < 300, answer.read()
        answer.read()

    # The server is killed in the middle of one of these.
    with contextlib.suppress(ConnectionError, http.client.HTTPException):
        for name in names:
            send("POST", "/api/v1/labels", {"name": name})
            answered.append(name)
            send("PUT", f"/api/v1/labels/{name}", {"name": f"{name}-renamed"})
            answered.append(f"{name}-renamed")
    http_client.close()


@pytest.mark.thorough
def test_a_killed_sandbox_has_lost_nothing_and_half_a_change_is_not_there(tmp_path):
    kill_in_the_midst_of_changes(7, tmp_path)


def kill_in_the_midst_of_changes(kills, place):
    """Kill a sandbox so often; what it answered has to be there; tests/killed_sandboxes.py does too."""
    folder = place / "state"
    folder.mkdir()
    path = folder / "state.db"
    answered = []
    numbers = itertools.count()
    for kill in range(kills):
        process, _, *server = start_server(path, place / "said")
        worker = threading.Thread(
            target=rename_until_it_is_gone,
            args=(server, (f"label-{number}" for number in numbers), answered),
        )
        before = len(answered)
        worker.start()
        # At another moment each time, in the midst of changes.
        while len(answered) < before + 3 + kill % 5:
            worker.join(0.001 * (1 + kill % 7))
        process.kill()
        process.join()
        worker.join()
    with Server(size="tiny", state=path) as last:
        labels = set(last.organization.labels)
    assert len(answered) >= 3 * kills
    renamed = {name.removesuffix("-renamed") for name in answered if name.endswith("-renamed")}
    for name in {each.removesuffix("-renamed") for each in answered}:
        # What was renamed has one name, and what was not answered is done or not done.
        assert len({name, f"{name}-renamed"} & labels) == 1
        assert name not in renamed or f"{name}-renamed" in labels
    assert [each.name for each in folder.iterdir()] == [path.name]


def rows_of(path):
    with contextlib.closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT mapping, key, place, value FROM record")
        return {(mapping, key): rest for mapping, key, *rest in found}


def test_a_change_writes_what_it_changes_and_nothing_else(path, connect):
    with Server(documents=300, state=path) as server:
        wire = connect(server)
        identifiers = list(server.organization.documents)
        one = next(each for each in server.organization.documents.values() if not each.deleted)
        address = f"/api/v1/documents/{one.identifier}"
        before = rows_of(path)
        assert wire.send("PATCH", f"{address}/labels", {"add": ["finance"]}).status == 200
        after = rows_of(path)
        changed = {key for key in before if before[key] != after[key]}
        assert changed == {("documents", json.dumps(one.identifier))}
        body = {"identifier": "another", "clearExistingDraft": True}
        assert wire.send("PATCH", address, body).status == 200
        gone, new = after.keys() - rows_of(path).keys(), rows_of(path).keys() - after.keys()
        assert gone == {("documents", json.dumps(one.identifier))}
        assert new == {("documents", '"another"'), ("moved", json.dumps(one.identifier))}
    # The document is where it was, also when it is read again.
    place = identifiers.index(one.identifier)
    with Server(documents=300, state=path) as server:
        assert list(server.organization.documents) == [
            *identifiers[:place],
            "another",
            *identifiers[place + 1 :],
        ]


def test_records_in_another_order_are_read_in_that_order(path):
    with Server(documents=10, state=path) as server:
        begun = server.organization
    path.unlink()
    state = State(path, begun)
    turned = copy(begun)
    turned.labels = {"x": Label("x"), **dict(reversed(begun.labels.items())), "y": Label("y")}
    state.store(turned)
    shorter = copy(turned)
    shorter.labels = {name: each for name, each in turned.labels.items() if name not in {"x", "y"}}
    state.store(shorter)
    renamed = copy(shorter)
    renamed.labels = {
        new: each
        for name, each in [*shorter.labels.items(), ("z", Label("z"))]
        for new in ([name, f"{name} 2"] if name == "z" else [name])
    }
    renamed.labels = {name: replace(each, name=name) for name, each in renamed.labels.items()}
    state.store(renamed)
    state.close()
    again = State(path, begun)
    assert list(again.organization.labels) == [*reversed(begun.labels), "z", "z 2"]
    again.close()


def rearranged(labels, dice):
    """Rename, delete, add and move a few labels, wherever they stand."""
    names = list(labels)
    for _ in range(dice.randrange(4)):
        at = dice.randrange(len(names) + 1)
        match dice.randrange(5):
            case 0 if at < len(names):
                names[at] = f"renamed {dice.random()}"
            case 1 | 2 if at < len(names):
                del names[at]
            case 3 if at < len(names):
                names.append(names.pop(at))
            case _:
                names.insert(at, f"new {dice.random()}")
    return {name: labels.get(name) or Label(name) for name in names}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_renamed_and_moved_is_read_as_it_was(path, seed):
    with Server(documents=10, state=path) as server:
        begun = server.organization
    dice = random.Random(seed)
    state = State(path, begun)
    labels = begun.labels
    for _ in range(60):
        changed = copy(state.organization)
        labels = changed.labels = rearranged(labels, dice)
        state.store(changed)
        stored = sorted(
            (place, key, value)
            for (mapping, key), (place, value) in rows_of(path).items()
            if mapping == "labels"
        )
        assert [json.loads(key) for _, key, _ in stored] == list(labels)
        assert [json.loads(value)["name"] for *_, value in stored] == [
            each.name for each in labels.values()
        ]
    state.close()


@pytest.mark.thorough
def test_a_change_that_cannot_be_written_is_not_made(path, connect):
    with Server(documents=10, state=path) as server:
        wire = connect(server)
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN EXCLUSIVE")
            answer = wire.send("POST", "/api/v1/labels", {"name": "kept"})
        assert answer.status == 500
        assert answer.json["detail"].startswith("The change was not stored: ")
        assert wire.get("/api/v1/labels/kept").status == 404
        assert wire.send("POST", "/api/v1/labels", {"name": "kept"}).status == 201
    with Server(documents=10, state=path) as server:
        assert "kept" in server.organization.labels


def test_who_starts_again_goes_on_from_the_file(path, connect):
    first = Server(documents=10, state=path)
    with first:
        assert connect(first).send("POST", "/api/v1/labels", {"name": "one"}).status == 201
    with Server(documents=10, state=path) as second:
        assert connect(second).send("POST", "/api/v1/labels", {"name": "two"}).status == 201
        with pytest.raises(ValueError, match="another sandbox is using it"):
            first.start()
    with first:
        assert {"one", "two"} <= set(first.organization.labels)


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
        with pytest.raises(ValueError, match="not a SQLite file"):
            Server(documents=0, state=path)
