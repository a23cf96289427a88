"""What models offer to ask the AI: from their files, and from the files of their topics."""

PATH = "/api/v1/models/{}/ai-agent-actions"


def test_sample_queries_come_first_then_skills(server, wire):
    records = wire.get(PATH.format(server.models["flights"])).json["records"]
    assert [(each["kind"], each["label"]) for each in records] == [
        ("sample", "Busiest airport"),
        ("sample", "Late airlines"),
        ("sample", "Rain"),
        ("skill", "Month in review"),
        ("skill", "Data quality"),
    ]
    assert records[2]["prompt"] == "Does rain delay flights?"


def test_a_skill_of_a_topic_stands_in_for_that_of_the_model(server, wire):
    records = wire.get(PATH.format(server.models["flights"])).json["records"]
    [prompt] = [each["prompt"] for each in records if each["label"] == "Month in review"]
    assert prompt.startswith("Skill: Ask for a month.")


def test_a_model_without_any_offers_nothing(server, wire):
    assert wire.get(PATH.format(server.models["orders"])).json == {"records": []}


def test_what_is_offered_changes_no_answer(server, wire):
    answer = wire.get(f"/api/v1/models/{server.models['flights']}/validate").json
    assert answer == {"valid": True, "issues": []}
