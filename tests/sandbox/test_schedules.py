import pytest


def schedules(wire, **query):
    records = []
    for number in range(1, 100):
        page = wire.get("/api/v1/schedules", pageSize=100, cursor=number, **query)
        assert page.status == 200, page.body
        records += page.json["records"]
        if not page.json["pageInfo"]["hasNextPage"]:
            return records
        assert page.json["pageInfo"]["nextCursor"] == str(number + 1)
    raise AssertionError


@pytest.fixture(scope="module")
def everything(server, connect):
    return schedules(connect(server))


def test_there_are_more_than_a_page(everything):
    assert len(everything) == 120
    assert len({each["id"] for each in everything}) == 120


def test_the_cursor_is_a_page_number(wire, everything):
    assert (
        wire.get("/api/v1/schedules", cursor="3", pageSize=50).json["records"] == everything[100:]
    )
    beyond = wire.get("/api/v1/schedules", cursor="99").json
    assert (beyond["records"], beyond["pageInfo"]["hasNextPage"]) == ([], False)
    for cursor in ("0", "-1", "x", "1.5", "٣"):
        assert wire.get("/api/v1/schedules", cursor=cursor).status == 400


def test_a_number_of_recipients_is_only_known_for_mail(everything):
    for each in everything:
        assert (each["recipientCount"] == -1) == (each["destinationType"] != "email")
        assert (each["slackRecipientType"] is None) == (each["destinationType"] != "slack")
        assert (each["systemDisabledAt"] is None) == (each["systemDisabledReason"] is None)
        assert (each["lastCompletedAt"] is None) == (each["lastStatus"] is None)
        assert len(each["schedule"].split()) == 6


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ({"destination": "slack"}, lambda each: each["destinationType"] == "slack"),
        ({"contentType": "single tile"}, lambda each: each["content"] == "single tile"),
        ({"scheduleType": "alert"}, lambda each: "alert" in each),
        ({"scheduleType": "schedule"}, lambda each: "alert" not in each),
        ({"status": "canceled"}, lambda each: each["lastStatus"] == "KILLED"),
        ({"status": "none"}, lambda each: each["lastStatus"] is None),
        ({"status": "error"}, lambda each: each["lastStatus"] in {"ERROR", "ERROR_DELIVERED"}),
        ({"q": "WEEKLY"}, lambda each: "weekly" in each["name"]),
    ],
)
def test_filters_keep_what_fits(wire, everything, query, fits):
    wanted = [each["id"] for each in everything if fits(each)]
    assert wanted
    assert [each["id"] for each in schedules(wire, **query)] == wanted


def test_schedules_of_a_dashboard_and_of_an_owner(wire, everything):
    first = everything[0]
    of_dashboard = schedules(wire, identifier=first["identifier"])
    assert {each["identifier"] for each in of_dashboard} == {first["identifier"]}
    assert len(of_dashboard) == 3
    of_owner = schedules(wire, ownerId=first["ownerId"])
    assert {each["ownerName"] for each in of_owner} == {first["ownerName"]}
    assert schedules(wire, embedEntity="acme") == []


def test_a_personal_token_sees_its_own_schedules(server, connect, everything):
    wire = connect(server, server.personal_key)
    me = server.organization.token_holder.membership_id
    own = schedules(wire)
    assert [each["id"] for each in own] == [
        each["id"] for each in everything if each["ownerId"] == me
    ]
    other = next(each for each in everything if each["ownerId"] != me)
    assert wire.get(f"/api/v1/schedules/{other['id']}").status == 403
    assert wire.get(f"/api/v1/schedules/{own[0]['id']}/recipients").status == 200


def test_a_schedule_says_more_of_itself_than_its_row(wire, everything):
    for row in everything[:30]:
        found = wire.get(f"/api/v1/schedules/{row['id']}").json
        for key in ("name", "ownerId", "schedule", "timezone", "disabledAt", "systemDisabledAt"):
            assert found[key] == row[key]
        (destination,) = found["destinations"]
        assert destination["format"] == row["format"]
        assert (found["conditionType"] is None) == ("alert" not in row)
        count = len(destination["recipients"]) + len(destination["userGroupRecipients"])
        assert count == max(0, row["recipientCount"])


def test_recipients_are_listed_for_mail_only(wire, everything):
    strangers = groups = 0
    for row in everything:
        answer = wire.get(f"/api/v1/schedules/{row['id']}/recipients").json
        assert answer["type"] == row["destinationType"]
        if row["destinationType"] != "email":
            assert answer == {"type": row["destinationType"]}
            continue
        strangers += sum(each["emailOnly"] for each in answer["recipients"])
        groups += len(answer["userGroupRecipients"])
        assert (
            len(answer["recipients"]) + len(answer["userGroupRecipients"]) == row["recipientCount"]
        )
    assert min(strangers, groups) > 0
