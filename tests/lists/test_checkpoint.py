"""A read that is broken off goes on: what is asked again, what is refused, what is in the folder."""

import multiprocessing
import os
import pickle
import signal
import sqlite3
import warnings
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from faults.given import KEY, client_of
from scripted_server import answer, document, page

import omnipd
from omnipd.cache import checkpoint
from omnipd.call import rehearsal

NAMES = [f"d{number}" for number in range(12)]
BROKEN = answer({"detail": "broken", "status": 500}, 500)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "new" / "checkpoint"


def abilities(target):
    return answer({"abilities": {"canAnalyze": target.split("/")[4].endswith("1")}})


def asked(server):
    return [target.split("?")[0].split("/")[4] for _, target, *_ in server.requests]


def whole(server):
    server.by_target = abilities
    with client_of(server, cache=False) as client:
        frame = omnipd.read_document_abilities(NAMES, client=client)
    server.requests.clear()
    return frame


def read(server, folder, fake_time=None, names=NAMES, **more):
    # At this pace there is one request at a time, however slow the machine is.
    with client_of(server, fake_time, cache=False, requests_per_minute=60):
        return omnipd.read_document_abilities(names, checkpoint=folder, **more)


def test_an_error_resumes_where_it_was_and_the_folder_is_gone_then(scripted, fake_time, folder):
    expected = whole(scripted)
    scripted.by_target = lambda target: BROKEN if "/d5/" in target else abilities(target)
    with pytest.raises(omnipd.ServerError, match=r"(?s)the same call goes on") as caught:
        read(scripted, folder, fake_time)
    assert caught.value.partial["document_identifier"].tolist() == NAMES[:5]
    scripted.requests.clear()
    scripted.by_target = abilities
    with (
        client_of(scripted, fake_time, cache=False),
        pytest.warns(omnipd.OmniWarning, match=r"checkpoint .*: 5\. .* 0 minutes ago"),
    ):
        df = caught.value.resume()
    assert asked(scripted) == NAMES[5:]
    pd.testing.assert_frame_equal(df, expected)
    assert df.attrs["omni"]["requests"] == 7
    assert not folder.exists()
    with pytest.raises(omnipd.ArgumentError, match="nothing to go on from"):
        pickle.loads(pickle.dumps(caught.value)).resume()


def test_an_error_without_a_checkpoint_says_so(scripted, fake_time):
    scripted.script(BROKEN)
    with client_of(scripted, fake_time), pytest.raises(omnipd.ServerError) as caught:
        omnipd.read_document_abilities("d1")
    with pytest.raises(omnipd.ArgumentError, match="a checkpoint keep"):
        caught.value.resume()


@pytest.mark.failure("killed")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to kill")
def test_a_killed_process_costs_one_call_and_no_row(scripted, folder):
    expected = whole(scripted)
    fork = multiprocessing.get_context("fork")
    children = []

    def kill_at(place):
        def step(target):
            if f"/d{place}/" in target:
                os.kill(children[-1].pid, signal.SIGKILL)
            return abilities(target)

        return step

    for place in (0, 4, 5, 9):
        scripted.by_target = kill_at(place)
        children.append(fork.Process(target=read_in_child, args=(scripted, folder)))
        children[-1].start()
        children[-1].join(30)
        assert children[-1].exitcode == -signal.SIGKILL
    scripted.by_target = abilities
    with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
        df = read(scripted, folder)
    pd.testing.assert_frame_equal(df, expected)
    assert len(scripted.requests) <= len(NAMES) + 4
    assert set(asked(scripted)) == set(NAMES)


def test_what_has_none_or_is_refused_is_not_asked_again(scripted, fake_time, folder):
    none = answer({"detail": "d1 does not have a dashboard", "status": 404}, 404)
    filters = answer({"filterOrder": [], "filters": {}, "controls": {}})
    gone = answer({"detail": "no", "status": 403}, 403)
    answers = {"d0": filters, "d1": none, "d2": gone, "d3": BROKEN}
    scripted.by_target = lambda target: answers[target.split("/")[4]]
    with client_of(scripted, fake_time, cache=False):
        with pytest.raises(omnipd.ServerError):
            omnipd.read_dashboard_filters(list(answers), errors="collect", checkpoint=folder)
        answers["d3"] = filters
        scripted.requests.clear()
        with pytest.warns(omnipd.OmniWarning) as said:
            df = omnipd.read_dashboard_filters(list(answers), errors="collect", checkpoint=folder)
    assert asked(scripted) == ["d3"]
    assert omnipd.outcomes(df)["outcome"].tolist() == ["ok", "has none", "forbidden", "ok"]
    assert df.attrs["omni"]["failures"] == {"d2": omnipd.outcomes(df)["message"][2]}
    assert any("1 of 4 could not be read" in str(one.message) for one in said)


def test_one_that_was_refused_is_asked_again_by_a_call_that_does_not_collect(
    scripted, fake_time, folder
):
    answers = {"d0": answer({"detail": "no", "status": 403}, 403), "d1": BROKEN}
    scripted.by_target = lambda target: answers[target.split("/")[4]]
    with pytest.raises(omnipd.ServerError):
        read(scripted, folder, fake_time, list(answers), errors="collect")
    scripted.by_target = abilities
    scripted.requests.clear()
    with pytest.warns(omnipd.OmniWarning, match=r": 1\. The"):
        assert len(read(scripted, folder, fake_time, list(answers))) == 2
    assert asked(scripted) == ["d0", "d1"]


def read_in_child(server, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read(server, folder)


def broken_off(server, folder, fake_time):
    server.by_target = lambda target: BROKEN if "/d5/" in target else abilities(target)
    with pytest.raises(omnipd.ServerError):
        read(server, folder, fake_time)
    server.by_target = abilities
    server.requests.clear()


def test_another_question_or_key_is_refused_and_other_parents_are_not(
    scripted, fake_time, folder, monkeypatch
):
    broken_off(scripted, folder, fake_time)
    with pytest.raises(omnipd.ArgumentError, match="of another read: question is not the same"):
        read(scripted, folder, fake_time, user_id="11111111-2222-4333-8444-555555555555")
    with (
        client_of(scripted, fake_time, cache=False),
        pytest.raises(omnipd.ArgumentError, match="question is not the same"),
    ):
        omnipd.read_document_access(NAMES, checkpoint=folder)
    with (
        omnipd.connect(scripted.url, "omni_osk_another", cache=False),
        pytest.raises(omnipd.ArgumentError, match="key is not the same"),
    ):
        omnipd.read_document_abilities(NAMES, checkpoint=folder)
    assert scripted.requests == []
    with pytest.warns(omnipd.OmniWarning, match=r": 5\. The"):
        df = read(scripted, folder, fake_time, ["d3", "new", "d1"])
    assert asked(scripted) == ["new"]
    assert df["document_identifier"].tolist() == ["d3", "new", "d1"]


def test_two_reads_do_not_share_a_checkpoint(scripted, fake_time, folder):
    def second(target):
        with pytest.raises(omnipd.ArgumentError, match="used by another read"):
            read(scripted, folder)
        tried.append(target)
        return abilities(target)

    tried = []
    scripted.by_target = lambda target: second(target) if "/d3/" in target else abilities(target)
    read(scripted, folder)
    assert len(tried) == 1


def test_a_damaged_checkpoint_is_told_of_and_nothing_of_it_taken(scripted, fake_time, folder):
    broken_off(scripted, folder, fake_time)
    file = folder / "checkpoint.sqlite"
    file.write_bytes(b"no database" * 400)
    with pytest.raises(omnipd.SettingsError, match="damaged"):
        read(scripted, folder, fake_time)
    assert scripted.requests == []


def test_a_folder_that_cannot_be_made_and_what_is_none(scripted, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(omnipd.SettingsError, match="cannot be used"):
        read(scripted, tmp_path / "file" / "below")
    for wrong in (7, "", b"x"):
        with pytest.raises(omnipd.ArgumentError, match="checkpoint="):
            read(scripted, wrong)
    assert scripted.requests == []


def read_with_little_room(scripted, folder, said):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (48 * 1024,) * 2)  # of this process alone
    try:
        read(scripted, folder)
    except omnipd.ExportIncompleteError as error:
        said.send((error.message, error.hint))


@pytest.mark.failure("full-disk")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process with limits of its own")
def test_a_disk_that_is_full_is_told_and_what_was_kept_is_there(scripted, folder):
    scripted.by_target = abilities
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe()
    child = fork.Process(target=read_with_little_room, args=(scripted, folder, there))
    child.start()
    child.join()
    message, hint = here.recv()
    assert message.startswith(f"The checkpoint {folder / 'checkpoint.sqlite'} could not be written")
    assert hint.startswith("Make room")
    came = asked(scripted)
    assert came == NAMES[: len(came)] != NAMES
    scripted.requests.clear()
    with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
        read(scripted, folder)
    assert asked(scripted) == NAMES[len(came) - 1 :]  # the last one could not be kept


def test_a_call_that_is_refused_leaves_no_folder(scripted, fake_time, folder):
    scripted.script(BROKEN)
    with pytest.raises(omnipd.ServerError):
        read(scripted, folder, fake_time)
    assert not folder.exists()


def test_the_age_is_that_of_the_oldest_answer_and_the_key_is_not_in_the_file(
    scripted, fake_time, folder
):
    broken_off(scripted, folder, fake_time)
    file = folder / "checkpoint.sqlite"
    assert KEY.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0 or os.name != "posix"
    yesterday = datetime.now(UTC) - timedelta(hours=20)
    database = sqlite3.connect(file)
    with database:
        database.execute(
            "UPDATE answers SET read_at = ? WHERE question LIKE '%/d2/%'", (yesterday.isoformat(),)
        )
    database.close()
    with pytest.warns(omnipd.OmniWarning, match="20 hours ago"):
        df = read(scripted, folder, fake_time)
    assert df.attrs["omni"]["fetched_at"] == yesterday.isoformat(timespec="seconds")


def test_a_list_goes_on_at_the_page_that_failed(scripted, fake_time, folder):
    pages = [
        page(document("a"), cursor="2", total=3),
        page(document("b"), cursor="3", total=3),
        page(document("c"), total=3),
    ]
    steps = {None: pages[0], "2": pages[1], "3": BROKEN}

    def step(target):
        cursor = target.split("cursor=")[1].split("&")[0] if "cursor=" in target else None
        return steps[cursor]

    scripted.by_target = step
    with client_of(scripted, fake_time, cache=False):
        with pytest.raises(omnipd.ServerError):
            omnipd.read_content(checkpoint=folder)
        before = len(scripted.requests)
        steps["3"] = pages[2]
        with pytest.warns(omnipd.OmniWarning, match=r": 2\. The"):
            df = omnipd.read_content(checkpoint=folder)
    assert len(scripted.requests) == before + 1
    assert df["name"].tolist() == ["a", "b", "c"]
    assert not folder.exists()


def test_a_list_that_does_not_add_up_is_not_gone_on_with(scripted, folder):
    scripted.script(page(document("a"), total=2))
    with client_of(scripted, cache=False):
        with pytest.raises(omnipd.IncompleteReadError):
            omnipd.read_content(checkpoint=folder)
        scripted.script(page(document("a"), document("b"), total=2))
        scripted.requests.clear()
        assert len(omnipd.read_content(checkpoint=folder)) == 2
    assert len(scripted.requests) == 1


def test_a_cursor_that_is_known_no_more_begins_the_list_anew(scripted, fake_time, folder):
    first, second = page(document("a"), cursor="2", total=2), page(document("b"), total=2)
    steps = {None: first, "2": BROKEN}

    def step(target):
        return steps[target.split("cursor=")[1].split("&")[0] if "cursor=" in target else None]

    scripted.by_target = step
    with client_of(scripted, fake_time, cache=False):
        with pytest.raises(omnipd.ServerError):
            omnipd.read_content(checkpoint=folder)
        # The next day the cursor has another name, and the old one is refused.
        steps.update({None: page(document("a"), cursor="9", total=2), "9": second})
        steps["2"] = answer({"detail": "unknown cursor", "status": 410}, 410)
        scripted.requests.clear()
        with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
            df = omnipd.read_content(checkpoint=folder)
        assert df["name"].tolist() == ["a", "b"]
        assert df.attrs["omni"]["fetched_at"] >= datetime.now(UTC).isoformat()[:16]
        # Where nothing is of before, it is an error as ever.
        steps[None] = first
        with pytest.raises(omnipd.BadRequestError, match="unknown cursor"):
            omnipd.read_content(checkpoint=folder)
    assert not folder.exists()


def test_a_wrong_list_takes_none_of_its_neighbors_away(scripted, fake_time, folder):
    people = [{"id": name, "userName": f"{name}@example.com"} for name in ("m1", "m2", "m3")]
    listed = {"Resources": people, "totalResults": 3, "itemsPerPage": 100, "startIndex": 1}
    lists = {
        "organization": page(document("a")),
        "m1": page(document("b")),
        "m2": answer({"records": []}),
    }

    def step(target):
        if "/Users" in target:
            return answer(listed)
        asked = dict(one.split("=") for one in target.split("?")[1].split("&"))
        return lists[asked.get("creatorId", "organization")]

    scripted.by_target = step
    # At this pace there is one request at a time.
    with client_of(scripted, fake_time, cache=False, requests_per_minute=60):
        with pytest.raises(omnipd.ResponseError, match="pageInfo"):
            omnipd.read_content(scope="all", checkpoint=folder)
        lists.update(m2=page(document("c")), m3=page())
        scripted.requests.clear()
        with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
            df = omnipd.read_content(scope="all", checkpoint=folder)
    assert df["name"].tolist() == ["a", "b", "c"]
    assert len(scripted.requests) == 2


def test_that_there_is_none_is_no_answer_where_the_frame_says_otherwise(
    scripted, fake_time, folder
):
    none = answer({"detail": "d1 does not have a dashboard", "status": 404}, 404)
    filters = answer({"filterOrder": [], "filters": {}, "controls": {}})
    answers = {"d1": none, "d2": BROKEN}
    scripted.by_target = lambda target: answers[target.split("/")[4]]
    documents = pd.DataFrame({"document_identifier": list(answers), "has_dashboard": [False, True]})
    with client_of(scripted, fake_time, cache=False):
        with pytest.raises(omnipd.ServerError):
            omnipd.read_dashboard_filters(documents, checkpoint=folder)
        documents["has_dashboard"] = True
        answers = {"d1": filters, "d2": filters}
        scripted.requests.clear()
        with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
            omnipd.read_dashboard_filters(documents, checkpoint=folder)
    assert asked(scripted) == ["d1", "d2"]


def test_a_refusal_is_as_old_as_it_is_and_costs_no_request(scripted, fake_time, folder):
    gone = answer({"detail": "no", "status": 403}, 403)
    answers = {"d0": abilities("/api/v1/documents/d0"), "d1": gone, "d2": BROKEN}
    scripted.by_target = lambda target: answers[target.split("/")[4]]
    more = {"names": list(answers), "errors": "collect"}
    with pytest.raises(omnipd.ServerError):
        read(scripted, folder, fake_time, **more)
    database = sqlite3.connect(folder / "checkpoint.sqlite")
    with database:
        at = (datetime.now(UTC) - timedelta(hours=20)).isoformat()
        database.execute("UPDATE refusals SET read_at = ?", (at,))
    database.close()
    with (
        pytest.raises(omnipd.ServerError),
        pytest.warns(omnipd.OmniWarning, match="20 hours ago"),
    ):
        read(scripted, folder, fake_time, **more)
    answers["d2"] = answers["d0"]
    with pytest.warns(omnipd.OmniWarning, match=r"20 hours ago|1 of 3"):
        df = read(scripted, folder, fake_time, **more, max_calls=1)
    assert df.attrs["omni"]["requests"] == 1


def test_an_answer_that_comes_when_the_read_is_over_is_kept_nowhere(folder):
    one = checkpoint.Checkpoint(folder, {"key": "a"})
    one.keep("?", b"1")
    one.close()
    one.keep("?", b"late")
    one.keep_refusal("?", {})
    one.forget(["?"])
    assert (one.answer("?"), one.refusal("?")) == (None, None)
    again = checkpoint.Checkpoint(folder, {"key": "a"})  # nobody else is at it
    assert (again.answer("?").body, again.answer("?")) == (b"1", None)
    again.delete()
    again.keep("?", b"late")
    assert not folder.exists()


def test_what_is_tried_asks_at_each_turn_and_counts_none(folder):
    one = checkpoint.Checkpoint(folder, {})
    one.keep("?", b"1")
    one = (one.close(), checkpoint.Checkpoint(folder, {}))[1]
    for _ in range(2):
        with rehearsal():
            # A list that is to be read twice does not agree with itself.
            assert (one.answer("?").body, one.answer("?")) == (b"1", None)
    assert one.answer("?").body == b"1"
    one.close()


def test_a_warning_that_is_an_error_lets_go_of_the_checkpoint(folder):
    one = checkpoint.Checkpoint(folder, {})
    one.keep("?", b"1")
    one.close()
    goes_on = checkpoint.checkpointed(folder, {}, lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error", omnipd.OmniWarning)
        with pytest.raises(omnipd.OmniWarning, match="Answers taken") as kept:
            goes_on.__enter__()
    assert kept.value.__traceback__ is not None
    checkpoint.Checkpoint(folder, {}).close()


def test_a_generator_is_there_again_when_it_is_gone_on(scripted, fake_time, folder):
    steps = [page(document("a"), cursor="2", total=2), BROKEN]
    scripted.by_target = lambda target: steps["cursor=" in target]
    with client_of(scripted, fake_time, cache=False):
        with pytest.raises(omnipd.ServerError) as caught:
            omnipd.read_content(labels=(one for one in ["x", "y"]), checkpoint=folder)
        steps[1] = page(document("b"), total=2)
        with pytest.warns(omnipd.OmniWarning, match="Answers taken"):
            assert len(caught.value.resume()) == 2
    assert all("labels=x%2Cy" in target for _, target, *_ in scripted.requests)


def test_an_interrupted_list_says_that_its_pages_are_kept(scripted, folder):
    scripted.script(page(document("a"), cursor="2", total=2))

    def stop(*_):
        raise KeyboardInterrupt

    for kept, words in ((folder, "Nothing of it has"), (None, "begins it anew")):
        with (
            client_of(scripted, cache=False, progress=stop),
            pytest.raises(KeyboardInterrupt) as stopped,
        ):
            omnipd.read_content(checkpoint=kept)
        assert words in "".join(stopped.value.__notes__)
