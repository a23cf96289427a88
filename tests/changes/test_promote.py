"""Documents of dev, made in prod: once each, in their folders, with their labels, and nothing else."""

import json

import pytest
from changes.two_omnis import FIVE, IMPORT, two_omnis
from scripted_server import answer

import omnipd

PATHS = {
    "v3spj1wn19": "flights/delays/by-airline/2013/q3",
    "y0v3hb3u17": "flights/weather",
    "rcaz779c20": "flights",
    "report-22": None,
    "alnaul8d23": None,
}


def statuses(outcome):
    return dict(zip(outcome["document_identifier"], outcome["status"], strict=True))


def details(outcome):
    return outcome["detail"].dropna().tolist()


@pytest.fixture
def two(tmp_path):
    with two_omnis(tmp_path) as two:
        yield two


def test_five_documents_are_made_with_identifier_name_folder_and_labels(two, tmp_path):
    dev, before = two.documents("dev"), two.documents("prod")
    outcome = omnipd.promote(FIVE, tmp_path / "out", **two.between, folders=True)
    assert statuses(outcome) == dict.fromkeys(FIVE, "made")
    assert details(outcome) == []
    assert outcome.attrs["omni"]["complete"] is True
    assert two.documents("prod") == {**before, **{one: dev[one] for one in FIVE}}
    assert {
        one: path for one, (_, path, _) in two.documents("prod").items() if one in PATHS
    } == PATHS
    assert two.documents("dev") == dev
    assert two.writes_to_dev() == []
    assert two.imports() == {"dev": 0, "prod": 5}
    queries = {}
    for name in ("dev", "prod"):
        held = two.ask(name, "/api/v1/documents/report-22/queries")["queries"]
        queries[name] = sorted((one["name"], one["query"]["fields"]) for one in held)
    assert queries["dev"] == queries["prod"] != []


def test_a_dry_run_sends_nothing_and_says_what_would_be_made(two, tmp_path):
    before = two.documents("prod")
    asked = {**two.between, "folders": True, "dry_run": True}
    outcome = omnipd.promote(FIVE, tmp_path / "out", **asked)
    assert statuses(outcome) == dict.fromkeys(FIVE, "pending")
    assert outcome["model"].tolist() == ["orders", "flights", "flights", "orders", "orders"]
    assert [one for one in two.prod.requests if one.method != "GET"] == []
    assert two.documents("prod") == before


def test_the_same_call_makes_nothing_twice_and_puts_on_lacking_labels(two, tmp_path):
    omnipd.promote(FIVE, tmp_path / "out", **two.between, folders=True)
    prod = two.fleet["prod"]
    omnipd.plan_labels("rcaz779c20", remove="marketing", client=prod).apply(client=prod)
    assert two.documents("prod")["rcaz779c20"][2] == {"重要"}
    outcome = omnipd.promote(FIVE, tmp_path / "out", **two.between)
    assert statuses(outcome) == dict.fromkeys(FIVE, "already")
    assert two.documents("prod")["rcaz779c20"][2] == {"重要", "marketing"}
    assert two.imports()["prod"] == 5


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_what_prod_has_is_a_conflict_and_stays(two, tmp_path):
    before = two.documents("prod")
    outcome = omnipd.promote(["report-4", "report-22"], tmp_path / "out", **two.between)
    assert statuses(outcome) == {"report-4": "conflict", "report-22": "made"}
    assert "'Cancellations by airport', that was not made from here" in details(outcome)[0]
    after = two.documents("prod")
    assert after.keys() - before.keys() == {"report-22"}
    assert after["report-4"] == before["report-4"]
    # Another folder knows nothing of what was made, and makes nothing twice either.
    again = omnipd.promote("report-22", tmp_path / "other", **two.between, again=True)
    assert statuses(again) == {"report-22": "conflict"}
    assert two.imports()["prod"] == 1
    two.fleet["prod"].change("DELETE", "/api/v1/documents/report-22")
    trashed = omnipd.promote("report-22", tmp_path / "out", **two.between, again=True)
    assert statuses(trashed) == {"report-22": "conflict"}
    assert "trash" in details(trashed)[0]


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_what_cannot_be_made_is_refused_before_anything_is_sent(two, tmp_path):
    asked = ["y0v3hb3u17", "qtlk7w1t10", "no-such", "report-31"]
    outcome = omnipd.promote(asked, tmp_path / "out", **two.between)
    assert statuses(outcome) == dict.fromkeys(asked, "refused")
    assert details(outcome) == [
        "The target has no folder /flights/weather: make it, or give folders=True.",
        "It is personal: share it first, or everybody would see it there.",
        "The source has no such document.",
        "The target has no folder /finance/board-pack/2025/q1: make it, or give folders=True.",
    ]
    nowhere = omnipd.promote("rcaz779c20", tmp_path / "out", **two.between, model="flihgts")
    assert "Did you mean 'flights'?" in nowhere["detail"].item() or "flihgts" in details(nowhere)[0]
    lacking = omnipd.promote("rcaz779c20", tmp_path / "out", **two.between, model="orders")
    assert statuses(lacking) == {"rcaz779c20": "refused"}
    assert details(lacking)[0].startswith("The model lacks topic flights")
    assert [one for one in two.prod.requests if one.method != "GET"] == []


def test_arguments_are_checked_before_anything_is_asked(two, tmp_path):
    dev, prod = two.fleet["dev"], two.fleet["prod"]
    for source, target, said in (
        (dev, dev, "are the same Omni"),
        (two.fleet, prod, "source= is a fleet of dev, prod, and takes one Omni"),
        (None, prod, "source= is NoneType, not a Client"),
        (dev, "prod", "target= is str, not a Client"),
    ):
        with pytest.raises(omnipd.ArgumentError, match=said):
            omnipd.promote("report-22", tmp_path / "out", source=source, target=target)
        with pytest.raises(omnipd.ArgumentError, match=said):
            omnipd.plan_rights("report-22", source=source, target=target)
    with pytest.raises(omnipd.ArgumentError, match="permisions"):
        omnipd.plan_rights("report-22", **two.between, include="permisions")
    assert two.dev.requests == two.prod.requests == []
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_an_import_whose_answer_is_lost_is_looked_up_and_not_sent_again(tmp_path):
    lost = {"kind": "lost", "path": IMPORT, "after": 1, "count": 1}
    with two_omnis(tmp_path, faults=[lost]) as two:
        outcome = omnipd.promote(FIVE, tmp_path / "out", **two.between, folders=True)
        assert statuses(outcome) == dict.fromkeys(FIVE, "made")
        assert details(outcome) == ["The answer was lost, and it is there."]
        assert two.imports()["prod"] == 5
        held = two.documents("prod")
        assert {one: held[one] for one in FIVE} == {one: two.documents("dev")[one] for one in FIVE}


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_prod_goes_down_in_the_middle_and_the_same_call_goes_on(tmp_path):
    down = {"kind": "reset", "path": IMPORT, "after": 2, "count": 1}
    with two_omnis(tmp_path, faults=[down]) as two:
        call = {**two.between, "folders": True}
        first = statuses(omnipd.promote(FIVE, tmp_path / "out", **call))
        assert sorted(first.values()) == ["made"] * 4 + ["unknown"]
        [lost] = [one for one, status in first.items() if status == "unknown"]
        assert lost not in two.documents("prod")
        second = omnipd.promote(FIVE, tmp_path / "out", **call)
        assert statuses(second) == {**dict.fromkeys(FIVE, "already"), lost: "unknown"}
        assert "again=True makes it" in details(second)[0]
        assert two.imports()["prod"] == 5
        third = omnipd.promote(FIVE, tmp_path / "out", **call, again=True)
        assert statuses(third) == {**dict.fromkeys(FIVE, "already"), lost: "made"}
        held = two.documents("prod")
        assert {one: held[one] for one in FIVE} == {one: two.documents("dev")[one] for one in FIVE}


def test_an_omni_that_cannot_be_read_ends_it_before_anything_is_made(two, scripted, tmp_path):
    scripted.script(answer({"detail": "Forbidden"}, 403))
    gone = omnipd.connect(scripted.url, "omni_osk_of_one_that_is_down", cache=False)
    for source, target in ((gone, two.fleet["prod"]), (two.fleet["dev"], gone)):
        with pytest.raises(omnipd.ForbiddenError):
            omnipd.promote(FIVE, tmp_path / "out", source=source, target=target)
    assert [one for one in two.prod.requests if one.method != "GET"] == []
    assert two.writes_to_dev() == []


def test_owner_and_permissions_are_those_of_the_same_people_and_groups(two, tmp_path):
    omnipd.promote(FIVE, tmp_path / "out", **two.between, folders=True)
    plan = omnipd.plan_rights(FIVE, **two.between)
    assert plan["refused"].isna().all()
    with pytest.raises(omnipd.ArgumentError, match="confirm"):
        plan.apply(client=two.fleet["prod"])
    report = plan.apply(confirm=True, client=two.fleet["prod"])
    assert set(report["state"]) == {"ok"}
    rights = {}
    for name in ("dev", "prod"):
        rights[name] = set()
        for one in FIVE:
            path = f"/api/v1/documents/{one}/access-list?pageSize=100&accessSource=direct"
            rights[name] |= {
                (one, row["type"], row.get("email") or row["name"], row["role"], row.get("isOwner"))
                for row in two.ask(name, path)["principals"]
            }
    assert {row for row in rights["dev"] if row[4]} == {row for row in rights["prod"] if row[4]}
    assert rights["dev"] <= rights["prod"]
    assert omnipd.plan_rights(FIVE, **two.between).empty


def test_nobody_of_that_address_is_a_reason_to_refuse(two, tmp_path):
    omnipd.promote(["report-22"], tmp_path / "out", **two.between)
    people = omnipd.read_users(client=two.fleet["prod"])
    [chloe] = people.loc[people["email"] == "chloe@sandbox.example", "user_id"]
    two.fleet["prod"].change("DELETE", f"/api/scim/v2/Users/{chloe}")
    plan = omnipd.plan_rights("report-22", **two.between, include="owner")
    assert plan["refused"].tolist() == ["chloe@sandbox.example is nobody in this Omni, or several."]


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_labels_that_prod_lacks_are_named(two, tmp_path):
    two.fleet["dev"].post("/api/v1/labels", {"name": "only in dev"})
    dev = two.fleet["dev"]
    omnipd.plan_labels("report-22", add="only in dev", client=dev).apply(client=dev)
    outcome = omnipd.promote("report-22", tmp_path / "out", **two.between)
    assert statuses(outcome) == {"report-22": "made"}
    assert details(outcome) == ["The target defines no label only in dev."]
    assert two.documents("prod")["report-22"][2] == {"a/b test", "Q3 2025"}


def test_imports_keep_identifiers_that_the_manifest_says(two, tmp_path):
    folder = tmp_path / "out"
    manifest = omnipd.export_documents(["report-22"], folder, client=two.fleet["dev"])
    asked = {"model": "orders", "keep_identifiers": True, "client": two.fleet["prod"]}
    (folder / "manifest.jsonl").rename(tmp_path / "manifest.jsonl")
    with pytest.raises(omnipd.ArgumentError, match="does not say the identifier"):
        omnipd.import_documents(folder, **asked)
    (tmp_path / "manifest.jsonl").rename(folder / "manifest.jsonl")
    outcome = omnipd.import_documents(folder, **asked)
    assert outcome["document_identifier"].tolist() == ["report-22"]
    notes = [json.loads(line) for line in (folder / "imported.jsonl").read_text().splitlines()]
    assert [note["status"] for note in notes] == ["unknown", "ok"]
    assert manifest["file"].tolist() == [note["file"] for note in notes][:1]
