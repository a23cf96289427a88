def every(wire, path, **query):
    return wire.get(f"/api/v1/ai/{path}", pageSize=100, **query).json["records"]


def test_conversations_are_those_of_one_member(server, wire, connect):
    own = every(wire, "conversations")
    priya = server.organization.token_holder.membership_id
    assert (len(own), len(every(wire, "conversations", userId=priya))) == (25, 7)
    personal = connect(server, server.personal_key)
    assert every(personal, "conversations") == every(wire, "conversations", userId=priya)
    assert personal.get(f"/api/v1/ai/conversations/{own[0]['id']}").status == 404
    times = [each["updatedAt"] for each in own]
    assert times == sorted(times, reverse=True)


def test_a_conversation_holds_what_was_said_and_by_which_job(wire):
    for row in every(wire, "conversations"):
        found = wire.get(f"/api/v1/ai/conversations/{row['id']}").json
        messages = found.pop("messages")
        assert found == row
        asked = [each["text"] for each in messages if each["role"] == "user"]
        assert row["lastPrompt"] == (asked[-1] if asked else None)
        for prompt, answer in zip(messages[::2], messages[1::2], strict=True):
            job = wire.get(f"/api/v1/ai/jobs/{answer['jobId']}").json
            assert (job["conversationId"], job["state"]) == (row["id"], "COMPLETE")
            assert job["prompt"] == prompt["text"]


def test_credits_are_counted_in_periods_of_milliseconds(wire):
    answer = wire.get("/api/v1/ai/credit-controls").json
    # The first of May and of June 2026, UTC.
    assert (answer["periodStart"], answer["periodEnd"]) == (1777593600000, 1780272000000)
    limits = [each["creditLimit"] for each in every(wire, "credit-controls/users")]
    assert {None, 0} < set(limits)
    assert every(wire, "credit-controls/entity-groups") == [
        {"entity": "acme", "creditLimit": 500},
        {"entity": "globex", "creditLimit": None},
    ]


def test_routines_are_the_callers_and_the_newest_come_first(server, wire, connect):
    own = every(wire, "routines")
    others = every(connect(server, server.personal_key), "routines")
    assert (len(own), len(others)) == (3, 2)
    times = [each["createdAt"] for each in own]
    assert times == sorted(times, reverse=True)
    for each in own + others:
        destination = each["destination"]
        assert each["recipientCount"] == len(destination["recipientEmails"]) + len(
            destination["userGroupIds"]
        )
        assert each["systemDisabled"] == (each["systemDisabledReason"] is not None)


def test_prompt_sets_and_their_runs(server, wire):
    sets = wire.get("/api/v1/ai/eval/prompt-sets").json["prompt_sets"]
    assert [each["name"] for each in sets] == ["Flights regression", "Orders regression"]
    archived = wire.get("/api/v1/ai/eval/prompt-sets", archived="true").json["prompt_sets"]
    assert {each["is_archived"] for each in archived} == {True}
    flights, orders = server.models["flights"], server.models["orders"]
    path = "/api/v1/ai/eval/prompt-sets"
    assert wire.get(path, model_ids=flights).json["prompt_sets"] == sets[:1]
    both = wire.get(f"{path}?model_ids={flights}&model_ids={orders}").json["prompt_sets"]
    assert both == sets
    runs = wire.get("/api/v1/ai/eval/runs", prompt_set_id=sets[0]["id"]).json["runs"]
    assert {each["prompt_set_id"] for each in runs} == {sets[0]["id"]}
    assert {each["status"] for each in runs} == {"COMPLETE", "RUNNING"}
    old = wire.get("/api/v1/ai/eval/runs", prompt_set_id=sets[0]["id"], archived="true").json
    assert [each["run_number"] for each in old["runs"]] == [1]
    assert wire.get("/api/v1/ai/eval/runs").status == 400
    nobody = "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11"
    assert wire.get("/api/v1/ai/eval/runs", prompt_set_id=nobody).status == 404
