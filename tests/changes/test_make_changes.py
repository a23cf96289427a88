"""What becomes of each change, whatever becomes of its calls."""

import _thread
from contextlib import closing

import pytest
from changes.things import BAD_TOKEN, LIMIT, Things, change, made, plan_of, refused
from faults.given import client_of
from scripted_server import answer, reset

import omnipd
from omnipd import AuthenticationError, NetworkError, OmniError, RateLimitError, ServerError
from omnipd.changes.journal import Journal
from omnipd.changes.journal_file import JournalFile
from omnipd.changes.plan_rows import plan_name


def put(item, value="new"):
    return ("PUT", f"/api/v1/values/{item}", {"value": value})


def states(report):
    return dict(zip(report["item"], report["state"], strict=True))


def value_of(report, column, row=0):
    return report[column].astype(object).where(report[column].notna(), None).iloc[row]


def everything(items="abcde"):
    return [change(item, "old", "new") for item in items]


# One change, and what Omni says of it.


def test_a_change_is_looked_at_sent_once_and_read_back(things, client):
    report = plan_of(things, change("a", "old", "new")).apply(destructive=True)
    assert things.changes == [put("a")]
    assert [method for method, *_ in things.requests] == ["GET", "PUT", "GET"]
    assert things.held["a"] == "new"
    assert (value_of(report, "state"), value_of(report, "verified")) == ("ok", True)
    assert value_of(report, "detail") is None
    assert value_of(report, "at") is not None


def test_what_is_so_already_is_left_alone(things, client):
    report = plan_of(things, change("a", "older", "old")).apply(destructive=True)
    assert states(report) == {"a": "already"}
    assert things.changes == []


def test_what_is_not_as_it_was_planned_from_is_a_conflict(things, client):
    things.held["a"] = "somebody's"
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "conflict", "b": "ok"}
    assert value_of(report, "detail") == 'It is "somebody\'s" now.'
    assert things.held["a"] == "somebody's"


def test_what_is_there_no_more_is_a_conflict(things, client):
    del things.held["a"]
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "conflict", "b": "ok"}
    assert value_of(report, "detail") == "It is not there."


def test_the_look_comes_just_before_each_change(things, client):
    def meanwhile(server):
        server.held["b"] = "somebody's"

    things.faults.append(meanwhile)
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "ok", "b": "conflict"}


def test_a_good_answer_without_an_effect_is_named(things, client):
    things.faults.append("no effect")
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "unverified", "b": "ok"}
    assert value_of(report, "verified") is False
    assert value_of(report, "detail") == "Omni took it, and shows 'old'."
    journal = omnipd.open_journal(report.attrs["omni"]["journal"])
    things.held["a"] = "new"  # it only came late
    assert states(journal.verify()) == {"a": "ok", "b": "ok"}


@pytest.mark.parametrize(
    ("status", "state"), [(400, "failed"), (403, "failed"), (404, "failed"), (409, "conflict")]
)
def test_a_refusal_is_that_of_its_row(things, client, status, state):
    things.faults.append(refused(status))
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": state, "b": "ok"}
    assert (value_of(report, "status"), value_of(report, "detail")) == (status, "It is not allowed")
    assert things.changes == [put("a"), put("b")]


@pytest.mark.parametrize(
    "words", ["Too many requests to share it", "The API key of it is disabled"]
)
def test_a_good_status_that_says_a_failure_is_a_refusal_of_its_row(things, client, words):
    things.faults.append(answer({"success": False, "error": words}))
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "failed", "b": "ok"}
    assert value_of(report, "detail").endswith(f"answered 200 with a failure: {words}")


# Answers that were lost.


@pytest.mark.failure("set-again")
def test_an_answer_that_was_lost_is_looked_for(things, client):
    things.faults.append("lost")
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "ok", "b": "ok"}
    assert things.changes == [put("a"), put("b")]
    assert [method for method, *_ in things.requests[:4]] == ["GET", "PUT", "GET", "GET"]


@pytest.mark.failure("set-again")
@pytest.mark.parametrize("fault", ["reset", refused(500), refused(502), refused(504), refused(408)])
def test_what_had_no_effect_and_is_only_set_is_sent_three_times_at_most(things, client, fault):
    things.faults.extend([fault] * 2)
    report = plan_of(things, change("a", "old", "new")).apply(destructive=True)
    assert states(report) == {"a": "ok"}
    assert things.changes == [put("a")] * 3
    things.changes.clear()
    things.faults.extend([fault] * 3)
    report = plan_of(things, change("b", "old", "new")).apply(destructive=True)
    assert states(report) == {"b": "unknown"}
    assert things.changes == [put("b")] * 3
    assert value_of(report, "detail") == (
        "It was sent 3 times without an answer, and had no effect so far."
    )


def test_what_is_unknown_is_looked_for_again_and_not_sent(things, client):
    things.faults.extend(["reset"] * 3)
    report = plan_of(things, change("a", "old", "new")).apply(destructive=True)
    journal = omnipd.open_journal(report.attrs["omni"]["journal"])
    assert states(journal.resume()) == {"a": "unknown"}
    things.held["a"] = "new"  # it only came late
    assert states(journal.resume()) == {"a": "ok"}
    assert len(things.changes) == 3


def test_an_answer_that_was_lost_while_somebody_else_changed_it_leaves_it_unknown(things, client):
    def somebody(server):
        server.held["a"] = "somebody's"
        return "reset"

    things.faults.append(somebody)
    report = plan_of(things, change("a", "old", "new")).apply(destructive=True)
    assert states(report) == {"a": "unknown"}
    assert value_of(report, "detail") == 'It was sent, and is "somebody\'s" now.'
    assert things.held["a"] == "somebody's"


def test_a_second_try_that_is_refused_may_follow_on_a_first_that_came_late(things, client):
    def late(server):
        server.held["a"] = "new"
        return refused(404)

    things.faults.extend(["reset", late])
    assert states(plan_of(things, change("a", "old", "new")).apply(destructive=True)) == {"a": "ok"}
    things.faults.extend(["reset", refused(400)])
    assert states(plan_of(things, change("b", "old", "new")).apply(destructive=True)) == {
        "b": "failed"
    }


@pytest.mark.failure("make-named")
def test_what_is_made_by_its_name_is_sent_once_more_at_most(things, client):
    things.faults.extend(["lost"])
    assert states(plan_of(things, made("x", "named")).apply(destructive=True)) == {"x": "ok"}
    assert len(things.changes) == 1
    things.faults.extend(["reset"])
    assert states(plan_of(things, made("y", "named")).apply(destructive=True)) == {"y": "ok"}
    assert len(things.changes) == 3
    things.faults.extend(["reset", "reset"])
    assert states(plan_of(things, made("z", "named")).apply(destructive=True)) == {"z": "unknown"}
    assert len(things.changes) == 5


@pytest.mark.failure("make-named")
def test_a_name_that_is_taken_after_a_try_was_lost_was_made_by_it(things, client):
    def late(server):
        server.held["x"] = ""

    things.faults.extend(["reset", late])
    assert states(plan_of(things, made("x", "named")).apply(destructive=True)) == {"x": "ok"}


def test_a_name_that_somebody_else_has_taken_is_a_conflict(things, client):
    things.faults.append(lambda server: server.held.update(x="another's"))
    assert states(plan_of(things, made("x", "named")).apply(destructive=True)) == {"x": "conflict"}


@pytest.mark.failure("make-unnamed")
@pytest.mark.parametrize(
    ("fault", "there", "detail"),
    [
        ("lost", ["x-1"], "It was sent without an answer. What may have come of it: x-1."),
        ("reset", [], "It was sent without an answer, and nothing like it is there so far."),
    ],
)
def test_what_could_be_there_twice_is_never_sent_again(things, client, fault, there, detail):
    things.faults.append(fault)
    report = plan_of(things, made("x", "copied")).apply(destructive=True)
    assert states(report) == {"x": "unknown"}
    assert value_of(report, "detail") == detail
    journal = omnipd.open_journal(report.attrs["omni"]["journal"])
    assert states(journal.resume()) == {"x": "unknown"}
    assert len(things.changes) == 1
    assert [name for name in things.held if name.startswith("x")] == there


# Changes that take several calls, or go together.


def test_a_change_of_two_calls_of_which_the_second_is_refused_has_failed(things, client):
    things.faults.extend([None, refused(403)])
    report = plan_of(things, change("a", "old", "new", "drafted")).apply(destructive=True)
    assert states(report) == {"a": "failed"}
    assert (
        value_of(report, "detail")
        == "It is 'old' now. After 1 call that Omni took, it refused the next: It is not allowed"
    )
    assert value_of(report, "status") == 403
    assert len(things.changes) == 2


def test_a_change_of_two_calls_goes_on_with_the_second_after_a_pause(things, client, fake_time):
    things.faults.extend([None, *[LIMIT] * 8, BAD_TOKEN, None])
    report = plan_of(things, change("a", "old", "new", "drafted")).apply(destructive=True)
    assert states(report) == {"a": "ok"}
    paths = [path for _, path, _ in things.changes]
    assert paths == ["/api/v1/drafts/a"] + ["/api/v1/published/a"] * 10


def test_a_change_of_two_calls_whose_second_is_lost_is_looked_for(things, client):
    things.faults.extend([None, "lost"])
    assert states(
        plan_of(things, change("a", "old", "new", "drafted")).apply(destructive=True)
    ) == {"a": "ok"}
    things.faults.extend([None, "reset"])
    assert states(
        plan_of(things, change("b", "old", "new", "drafted")).apply(destructive=True)
    ) == {"b": "ok"}
    assert [path for _, path, _ in things.changes[2:]] == [
        "/api/v1/drafts/b",
        "/api/v1/published/b",
    ] * 2


def together(items, **news):
    return [change(item, "old", news.get(item, "new"), "several") for item in items]


def test_changes_that_go_together_are_made_by_one_call(things, client):
    report = plan_of(things, *together("abcde")).apply(destructive=True)
    assert set(report["state"]) == {"ok"}
    assert [body for *_, body in things.changes] == [
        dict.fromkeys("abc", "new"),
        dict.fromkeys("de", "new"),
    ]
    assert things.reads == 3


def test_those_that_need_no_change_do_not_go_with_the_others(things, client):
    things.held |= {"a": "new", "b": "somebody's"}
    report = plan_of(things, *together("abc")).apply(destructive=True)
    assert states(report) == {"a": "already", "b": "conflict", "c": "ok"}
    assert [body for *_, body in things.changes] == [{"c": "new"}]


def test_one_bad_member_leaves_the_others_as_good_as_they_are(things, client):
    report = plan_of(things, *together("abc", b="bad")).apply(destructive=True)
    assert states(report) == {"a": "ok", "b": "failed", "c": "ok"}
    assert value_of(report, "detail", 1) == "One of them is bad"
    assert [set(body) for *_, body in things.changes] == [{"a", "b", "c"}, {"a"}, {"b"}, {"c"}]


def test_members_that_a_refusal_took_all_the_same_are_not_sent_again(things, client):
    def half(server):
        server.held["a"] = "new"
        return refused(400)

    things.faults.append(half)
    report = plan_of(things, *together("ab")).apply(destructive=True)
    assert states(report) == {"a": "ok", "b": "ok"}
    assert [set(body) for *_, body in things.changes] == [{"a", "b"}, {"b"}]
    assert len(omnipd.undo(report.attrs["omni"]["journal"])) == 2


def test_of_members_whose_answer_was_lost_those_are_sent_again_that_had_no_effect(things, client):
    def half(server):
        server.held["a"] = "new"
        return "reset"

    things.faults.append(half)
    report = plan_of(things, *together("abc")).apply(destructive=True)
    assert set(report["state"]) == {"ok"}
    assert [set(body) for *_, body in things.changes] == [{"a", "b", "c"}, {"b", "c"}]


# What stops it all, or only holds it up.


def test_a_key_that_is_refused_once_is_tried_again(things, client):
    things.faults.append(BAD_TOKEN)
    things.read_faults.append(BAD_TOKEN)
    assert set(plan_of(things, *everything("ab")).apply(destructive=True)["state"]) == {"ok"}
    assert things.changes == [put("a"), put("a"), put("b")]


@pytest.mark.parametrize("read", [False, True])
def test_a_key_that_is_refused_twice_stops_it(things, client, read):
    faults = things.read_faults if read else things.faults
    faults.extend([None, BAD_TOKEN, BAD_TOKEN])
    with pytest.raises(AuthenticationError) as caught:
        plan_of(things, *everything("abc")).apply(destructive=True)
    assert states(caught.value.partial) == {"a": "ok", "b": "pending", "c": "pending"}
    assert "omnipd.open_journal()" in caught.value.__notes__[-1]
    assert set(caught.value.resume()["state"]) == {"ok"}
    assert things.changes == [put("a"), *[put("b")] * (1 if read else 3), put("c")]


@pytest.mark.failure("throttled-long")
def test_a_storm_of_429s_is_a_pause(things, client, fake_time):
    things.faults.extend([LIMIT] * 20)
    assert set(plan_of(things, *everything("ab")).apply(destructive=True)["state"]) == {"ok"}
    assert 300 < sum(fake_time.slept) < 900
    assert things.changes == [put("a")] * 21 + [put("b")]


@pytest.mark.failure("throttled-long")
def test_a_storm_of_429s_without_an_end_stops_it_with_nothing_unknown(things, client, fake_time):
    things.faults.extend([None, *[LIMIT] * 500])
    with pytest.raises(RateLimitError) as caught:
        plan_of(things, *everything("abc")).apply(destructive=True)
    assert 900 < sum(fake_time.slept) < 3600
    assert states(caught.value.partial) == {"a": "ok", "b": "pending", "c": "pending"}
    things.faults.clear()
    assert set(caught.value.resume()["state"]) == {"ok"}


def test_without_a_connection_it_stops_and_nothing_is_unknown(things, fake_time):
    with Things(a="old") as gone:
        plan = plan_of(gone, *everything("abc"))
    with client_of(plan.instance, fake_time), pytest.raises(NetworkError) as caught:
        plan.apply(destructive=True)
    assert set(caught.value.partial["state"]) == {"pending"}
    assert gone.changes == []


def test_a_read_that_fails_leaves_its_change_for_later(things, client):
    things.read_faults.extend([refused(500)] * 3)
    with pytest.raises(ServerError) as caught:
        plan_of(things, *everything("abc")).apply(destructive=True)
    assert states(caught.value.partial) == {"a": "pending", "b": "ok", "c": "ok"}
    assert set(caught.value.resume()["state"]) == {"ok"}


def test_two_reads_running_that_fail_stop_it(things, client):
    things.read_faults.extend([refused(500)] * 6)
    with pytest.raises(ServerError) as caught:
        plan_of(things, *everything("abc")).apply(destructive=True)
    assert set(caught.value.partial["state"]) == {"pending"}
    assert things.changes == []
    assert set(caught.value.resume()["state"]) == {"ok"}


def test_what_may_not_be_read_is_not_changed(things, client):
    things.read_faults.append(refused(403))
    report = plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(report) == {"a": "failed", "b": "ok"}
    assert value_of(report, "detail") == "It could not be read: It is not allowed"
    assert things.changes == [put("b")]


def test_what_was_lost_and_may_not_be_read_is_unknown(things, client):
    things.faults.append("lost")
    things.read_faults.extend([None, refused(403)])
    report = plan_of(things, change("a", "old", "new")).apply(destructive=True)
    assert states(report) == {"a": "unknown"}
    assert value_of(report, "detail") == (
        "It was sent, and could not be read afterwards: It is not allowed"
    )


def test_what_was_lost_before_the_connection_was_is_looked_for_when_it_is_back(things, client):
    things.faults.append("lost")
    things.read_faults.extend([None, *[lambda server: reset] * 20])
    with pytest.raises(OmniError) as caught:
        plan_of(things, *everything("ab")).apply(destructive=True)
    assert states(caught.value.partial) == {"a": "unknown", "b": "pending"}
    things.read_faults.clear()
    assert set(caught.value.resume()["state"]) == {"ok"}
    assert things.changes == [put("a"), put("b")]


def test_tries_are_counted_over_all_that_goes_on_with_it(things, client):
    things.faults.extend(["reset"] * 10)
    things.read_faults.extend([None, refused(500), refused(500), refused(500)])
    plan = plan_of(things, change("a", "old", "new"))
    with pytest.raises(ServerError):
        plan.apply(destructive=True)
    assert len(things.changes) == 1
    assert states(plan.apply(destructive=True)) == {"a": "unknown"}
    assert len(things.changes) == 3


def test_what_cannot_be_read_back_leaves_the_others_verified(things, client):
    things.read_faults.extend([None, None, refused(403)])
    plan = plan_of(things, change("a", "old", "new"), change("b", "old", "new", "drafted"))
    with pytest.raises(OmniError) as caught:
        plan.apply(destructive=True)
    assert caught.value.partial["verified"].tolist()[1] is True
    assert caught.value.resume()["verified"].tolist() == [True, True]


@pytest.mark.parametrize("moment", ["before", "while", "after"])
def test_an_interrupt_leaves_a_journal_that_goes_on(things, client, moment, monkeypatch):
    plan = plan_of(things, *everything("abc"))
    calls = []

    def interrupted(method, path, body=None, *, params=None, change=client.change):
        calls.append(path)
        if len(calls) == 2 and moment == "before":
            raise KeyboardInterrupt
        answered = change(method, path, body, params=params)
        if len(calls) == 2 and moment == "after":
            raise KeyboardInterrupt
        return answered

    monkeypatch.setattr(client, "change", interrupted)
    if moment == "while":

        def stop(server):
            raise_in_main()
            return "reset"

        raise_in_main = _thread.interrupt_main
        things.faults.extend([None, stop])
    with pytest.raises(KeyboardInterrupt) as caught:
        plan.apply(destructive=True)
    assert "omnipd.open_journal()" in caught.value.__notes__[-1]
    assert set(plan.apply(destructive=True)["state"]) == {"ok"}
    assert things.changes.count(put("b")) == {"before": 1, "while": 2, "after": 1}[moment]


def test_a_timeout_is_that_of_the_whole_plan(things, fake_time):
    def slow(server):
        fake_time.now += 60

    things.faults.extend([slow] * 5)
    with client_of(things, fake_time, timeout=150, cache=False):
        with pytest.raises(omnipd.DeadlineError) as caught:
            plan_of(things, *everything()).apply(destructive=True)
        assert caught.value.partial["state"].tolist() == [
            "ok",
            "ok",
            "unknown",
            "pending",
            "pending",
        ]
        assert set(caught.value.resume()["state"]) == {"ok"}


def test_what_was_killed_before_each_of_its_calls_is_sent_all_the_same(things, client, tmp_path):
    plan, file = plan_of(things, change("a", "old", "new")), tmp_path / "killed.journal"
    Journal.begun(file, plan.changes, plan.instance, plan_name(plan.changes, plan.instance))
    with closing(JournalFile(file)) as held:
        for _ in range(3):
            held.note([0], "sent")
    assert states(plan.apply(destructive=True, journal=file)) == {"a": "ok"}
    assert things.changes == [put("a")]


def test_what_was_taken_back_counts_as_no_try(things, client, tmp_path):
    plan, file = plan_of(things, change("a", "old", "new")), tmp_path / "killed.journal"
    Journal.begun(file, plan.changes, plan.instance, plan_name(plan.changes, plan.instance))
    with closing(JournalFile(file)) as held:
        for state in ("sent", "pending", "sent", "pending", "sent"):
            held.note([0], state)
    things.faults.extend(["reset"] * 10)
    assert states(plan.apply(destructive=True, journal=file)) == {"a": "unknown"}
    assert things.changes == [put("a")] * 2  # the third is what was sent before the kill


def test_a_key_that_is_refused_between_two_calls_leaves_what_is_to_be_looked_for(things, client):
    things.faults.extend([None, BAD_TOKEN, BAD_TOKEN])
    plan = plan_of(things, change("a", "old", "new", "drafted"))
    with pytest.raises(AuthenticationError) as caught:
        plan.apply(destructive=True)
    assert states(caught.value.partial) == {"a": "unknown"}
    assert states(caught.value.resume()) == {"a": "ok"}


def test_what_is_gone_when_it_is_read_back_is_not_as_it_was_planned(things, client):
    report = plan_of(things, change("a", "old", None)).apply(destructive=True)
    assert states(report) == {"a": "ok"}
    del things.held["a"]
    again = omnipd.open_journal(report.attrs["omni"]["journal"]).verify()
    assert states(again) == {"a": "unverified"}
    assert value_of(again, "detail") == "Omni took it, and shows not there."


def test_a_lost_change_of_what_is_gone_is_unknown(things, client):
    def gone(server):
        del server.held["a"]
        return "reset"

    things.faults.append(gone)
    report = plan_of(things, change("a", "old", None)).apply(destructive=True)
    assert states(report) == {"a": "unknown"}
    assert value_of(report, "detail") == "It was sent, and is not there now."
