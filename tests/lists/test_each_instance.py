"""A fleet: every reader takes it, and nothing of one Omni appears under the name of another."""

import inspect
import time
import warnings
from pathlib import Path

import pandas as pd
import pytest
from scripted_server import answer, document, page, silence

import omnipd
from omnipd_sandbox.server import Server

READERS = [one for one in omnipd.__all__ if one.startswith("read_") and one != "read_inventory"]
#: What is asked about, by the parameter that names it: the reader of such a frame, and its arguments.
PARENTS = {
    "connections": ("read_connections", {}),
    "conversations": ("read_ai_conversations", {}),
    "documents": ("read_documents", {"limit": 2}),
    "folders": ("read_folders", {"limit": 2}),
    "models": ("read_models", {"model_kind": "SHARED"}),
    "prompt_sets": ("read_ai_prompt_sets", {}),
    "schedules": ("read_schedules", {"limit": 2}),
    "path": "/api/v1/labels",
    "query": "Flights",
    "runs": ["nowhere"],
    "jobs": ["nowhere"],
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Two organizations with other documents, each with a key of its own."""
    with (
        Server(size="tiny") as dev,
        Server(documents=20) as prod,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("OMNIPD_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        clients = {
            name: omnipd.connect(
                one.url,
                one.api_key,
                requests_per_minute=None,
                cache_dir=tmp_path_factory.mktemp("cache"),
            )
            for name, one in {"dev": dev, "prod": prod}.items()
        }
        yield omnipd.Fleet(clients)
        for client in clients.values():
            client.close()


def broken(scripted, fleet, **options):
    """Return a fleet with an Omni between two others that refuses everything."""
    scripted.script(answer({"detail": "Forbidden"}, 403))
    down = omnipd.connect(
        scripted.url, "omni_osk_of_the_one_that_is_down", requests_per_minute=None
    )
    return omnipd.Fleet({"dev": fleet["dev"], "down": down, "prod": fleet["prod"]}, **options)


def asked_about(parameter, client):
    given = PARENTS.get(parameter)
    if not isinstance(given, tuple):
        return given
    reader, options = given
    return getattr(omnipd, reader)(**options, client=client)


def came(function, *args, **options):
    """Return what a call returns, or the kind of its error."""
    try:
        return function(*args, **options)
    except omnipd.OmniError as error:
        return type(error)


@pytest.mark.parametrize("name", READERS)
@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_a_reader_of_a_fleet_gives_what_each_gives_by_itself(name, fleet):
    reader = getattr(omnipd, name)
    parameters = inspect.signature(reader).parameters.values()
    required = [one.name for one in parameters if one.default is one.empty]
    if required == ["model"]:
        given = [omnipd.read_topics(asked_about("models", fleet), client=fleet)]
    else:
        given = [asked_about(one, fleet) for one in required]
    alone = {}
    for instance, client in fleet.items():
        of_one = [
            one[one["instance"] == instance] if isinstance(one, pd.DataFrame) else one
            for one in given
        ]
        alone[instance] = came(reader, *of_one, client=client)
    together = came(reader, *given, client=fleet)
    if isinstance(together, type):
        assert together in alone.values()
        return
    assert together.columns[0] == "instance"
    for instance, expected in alone.items():
        rows = together[together["instance"] == instance].drop(columns="instance")
        pd.testing.assert_frame_equal(rows.reset_index(drop=True), expected)
    assert together.attrs["omni"]["complete"] is True
    assert together["instance"].isin([*fleet]).all()


def test_no_document_of_one_appears_under_the_name_of_the_other(fleet):
    with fleet["dev"]:
        dev = set(omnipd.read_documents(client=fleet["dev"])["name"])
    documents = omnipd.read_documents(client=fleet)
    assert set(documents[documents["instance"] == "dev"]["name"]) == dev
    assert documents["instance"].value_counts().to_dict() == {"prod": 19, "dev": 4}


def test_parents_of_one_are_asked_of_that_one_only(scripted, fleet):
    both = omnipd.Fleet({"dev": fleet["dev"], "quiet": omnipd.connect(scripted.url, "omni_osk_q")})
    documents = omnipd.read_documents(limit=2, client=fleet["dev"]).assign(instance="dev")
    found = omnipd.read_document_access(documents, client=both)
    assert set(found["instance"]) == {"dev"}
    assert scripted.requests == []


def test_each_has_its_own_key(scripted, elsewhere):
    for server in (scripted, elsewhere):
        server.script(answer({"labels": []}))
    clients = {
        "dev": omnipd.connect(scripted.url, "omni_osk_development"),
        "prod": omnipd.connect(elsewhere.url, "omni_osk_production"),
    }
    omnipd.read_labels(client=omnipd.Fleet(clients))
    sent = {
        name: {headers["authorization"] for _, _, headers, _ in server.requests}
        for name, server in {"dev": scripted, "prod": elsewhere}.items()
    }
    assert sent == {"dev": {"Bearer omni_osk_development"}, "prod": {"Bearer omni_osk_production"}}


def test_one_that_is_down_is_missing_by_name(scripted, fleet):
    some = broken(scripted, fleet, errors="collect")
    with pytest.warns(omnipd.OmniWarning, match="down could not be read and is missing"):
        labels = omnipd.read_labels(client=some)
    assert labels["instance"].unique().tolist() == ["dev", "prod"]
    facts = labels.attrs["omni"]
    assert facts["complete"] is False
    assert list(facts["failures"]) == ["down"]
    became = omnipd.outcomes(labels)
    assert became[["instance", "outcome"]].values.tolist() == [
        ["dev", "ok"],
        ["down", "forbidden"],
        ["prod", "ok"],
    ]


def test_an_error_carries_what_was_read_of_the_others(scripted, fleet):
    with pytest.raises(omnipd.ForbiddenError) as raised:
        omnipd.read_labels(client=broken(scripted, fleet))
    partial = raised.value.partial
    assert partial["instance"].unique().tolist() == ["dev", "prod"]
    assert partial.attrs["omni"]["complete"] is False
    assert raised.value.__notes__[-1] == "Of down; what was read of dev, prod is in .partial."


def test_none_that_can_be_read_is_an_error_whatever_was_chosen(scripted):
    scripted.script(answer({"detail": "Forbidden"}, 403))
    one = omnipd.connect(scripted.url, "omni_osk_one")
    with pytest.raises(omnipd.ForbiddenError):
        omnipd.read_labels(client=omnipd.Fleet({"a": one, "b": one}, errors="collect"))


def test_the_default_may_be_a_fleet(fleet):
    expected = omnipd.read_labels(client=fleet)
    omnipd.use(fleet)
    try:
        pd.testing.assert_frame_equal(omnipd.read_labels(), expected)
        with pytest.raises(omnipd.ArgumentError, match=r"whoami\(\) works with one Omni"):
            omnipd.whoami()
    finally:
        omnipd.use(None)


def test_an_answer_without_rows_has_the_same_columns(fleet):
    nothing = omnipd.read_document_access([], client=fleet)
    assert len(nothing) == 0
    some = omnipd.read_document_access(omnipd.read_documents(limit=1, client=fleet), client=fleet)
    assert nothing.dtypes.equals(some.dtypes)


def test_a_checkpoint_is_one_folder_for_each(fleet, scripted, tmp_path):
    place = tmp_path / "kept"
    some = broken(scripted, fleet)
    scripted.script(
        page(document("a"), cursor="more", total=2), answer({"detail": "Forbidden"}, 403)
    )
    with pytest.raises(omnipd.ForbiddenError) as raised:
        omnipd.read_content(checkpoint=place, refresh=True, client=some)
    assert [one.name for one in place.iterdir()] == ["down"]
    with (
        pytest.raises(omnipd.ForbiddenError),
        pytest.warns(omnipd.OmniWarning, match="^down: Answers taken from the checkpoint"),
    ):
        raised.value.resume()
    assert raised.value.partial["instance"].unique().tolist() == ["dev", "down", "prod"]


def test_warnings_name_the_omni(fleet):
    with pytest.warns(omnipd.OmniWarning) as said:
        omnipd.read_document_access(
            pd.DataFrame(
                {"instance": ["dev", "dev"], "document_identifier": ["gone", fleet_document(fleet)]}
            ),
            errors="collect",
            client=fleet,
        )
    assert [str(one.message).partition(":")[0] for one in said] == ["dev"]


def fleet_document(fleet):
    return omnipd.read_documents(limit=1, client=fleet["dev"])["document_identifier"][0]


def test_progress_is_that_of_one_call(fleet):
    told = []
    fleet["dev"].progress = lambda *step: told.append(step)
    try:
        omnipd.read_labels(refresh=True, client=fleet)
    finally:
        fleet["dev"].progress = True
    assert told == [("read_labels", done, 2) for done in range(3)]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"instance": ["stage"], "document_identifier": ["a"]}), "'stage'"),
        (pd.DataFrame({"instance": [None], "document_identifier": ["a"]}), "a null"),
    ],
)
def test_a_frame_of_other_omnis_is_refused(frame, words, fleet):
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.read_document_access(frame, client=fleet)


def test_a_frame_of_several_is_not_asked_of_one(fleet):
    documents = omnipd.read_documents(client=fleet)
    with pytest.raises(omnipd.ArgumentError, match="several Omnis"):
        omnipd.read_document_access(documents, client=fleet["dev"])
    with pytest.raises(omnipd.ArgumentError, match="several Omnis"):
        omnipd.plan_labels(documents, add="finance", client=fleet["dev"])
    with pytest.raises(omnipd.ArgumentError, match="several Omnis"):
        omnipd.plan(documents, documents.assign(name="one"), client=fleet["dev"])


def test_a_wrong_argument_is_said_once(fleet):
    with pytest.raises(omnipd.ArgumentError, match="limit=0") as raised:
        omnipd.read_documents(limit=0, client=fleet)
    assert not hasattr(raised.value, "__notes__")


def test_inventories_and_exports_have_the_column_first(fleet, tmp_path):
    inventory = omnipd.read_inventory(include=["labels", "users"], client=fleet)
    assert {frame.columns[0] for frame in inventory.values()} == {"instance"}
    exports = omnipd.export_inventory(tmp_path, include=["labels"], client=fleet)
    assert exports["instance"].tolist() == ["dev", "prod"]
    for instance, folder in zip(exports["instance"], exports["export"], strict=True):
        assert Path(folder).parent == tmp_path / instance
        labels = omnipd.open_export(tmp_path / instance)["labels"]
        all_labels = inventory["labels"]
        mine = all_labels[all_labels["instance"] == instance]["label"].tolist()
        assert sorted(labels["label"]) == sorted(mine)


def test_no_key_is_shown_or_written(scripted, fleet, tmp_path):
    keys = [one._settings.keys[0].reveal() for one in fleet.values()]
    some = broken(scripted, fleet, errors="collect")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        labels = omnipd.read_labels(client=some)
        omnipd.export_inventory(tmp_path, include=["labels"], client=fleet)
    texts = [repr(some), str(labels.attrs), *(str(one.message) for one in caught)]
    texts += [one.read_bytes().decode("latin-1") for one in tmp_path.rglob("*") if one.is_file()]
    assert caught
    assert not [text for text in texts for key in [*keys, "omni_osk_of_the"] if key in text]


def test_the_time_of_one_is_that_of_the_call(scripted, fleet):
    scripted.script(silence(5))
    slow = omnipd.connect(scripted.url, "omni_osk_slow", timeout=0.5)
    began = time.monotonic()
    with pytest.raises(omnipd.DeadlineError) as raised:
        omnipd.read_labels(client=omnipd.Fleet({"dev": fleet["dev"], "slow": slow}))
    assert time.monotonic() - began < 4
    assert raised.value.partial["instance"].unique().tolist() == ["dev"]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("run_query", [{"modelId": "flights", "fields": ["flights.count"]}]),
        ("run_sql", ["select 1"]),
        ("export_documents", [["a"], "nowhere"]),
        ("plan_labels", [["a"]]),
        ("clear_cache", []),
    ],
)
def test_what_takes_one_omni_refuses_a_fleet_by_its_name(name, given, fleet, tmp_path):
    options = {
        "run_sql": {"model": "flights", "verbatim": True},
        "plan_labels": {"add": "finance"},
    }.get(name, {})
    with pytest.raises(omnipd.ArgumentError) as raised:
        getattr(omnipd, name)(*given, **options, client=fleet)
    assert raised.value.message == (
        f"{name}() works with one Omni, not with a fleet of dev and prod."
    )
    assert raised.value.hint == "Pass the client of one, such as fleet['dev'], as client=."
