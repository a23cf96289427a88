"""Schedules are made, replaced, paused, run, given away and deleted."""

from datetime import UTC, datetime, timedelta

import pytest

from omnipd_sandbox.organization.permits import grants_on

NOBODY = "00000000-0000-4000-8000-000000000000"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.time = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def own(serve, connect, clock):
    return connect(serve(documents=120, now=clock))


@pytest.fixture
def priya(own, connect):
    return connect(own.server, own.server.personal_key)


def listed(wire):
    found = []
    for page in range(1, 9):
        answer = wire.get("/api/v1/schedules", pageSize=100, cursor=str(page)).json
        found += answer["records"]
        if not answer["pageInfo"]["hasNextPage"]:
            break
    return {each["id"]: each for each in found}


def first(wire, **traits):
    return next(
        each
        for each in wire.server.organization.schedules.values()
        if all(getattr(each, key) == value for key, value in traits.items())
    )


def dashboard(wire):
    return next(
        each
        for each in wire.server.organization.documents.values()
        if each.has_dashboard and not each.deleted and len(each.queries) > 1
    )


def email(wire, **more):
    return {
        "identifier": dashboard(wire).identifier,
        "name": "Monday",
        "schedule": "0 8 ? * MON *",
        "timezone": "Europe/Berlin",
        "format": "pdf",
        "destinationType": "email",
        "recipients": [{"email": "zoe@sandbox.example"}, {"email": "new@outside.example"}],
        **more,
    }


def test_a_schedule_that_is_made_is_listed(own):
    zoe = next(each for each in own.server.organization.users.values() if "zoe" in each.email)
    made = own.send("POST", "/api/v1/schedules", email(own), userId=zoe.membership_id)
    assert (made.status, set(made.json)) == (200, {"id", "message"})
    record = listed(own)[made.json["id"]]
    assert record["name"] == "Monday"
    assert record["ownerName"] == "Zoë Krüger"
    assert (record["recipientCount"], record["destinationType"]) == (2, "email")
    assert "alert" not in record
    recipients = own.get(f"/api/v1/schedules/{made.json['id']}/recipients").json["recipients"]
    assert [(each["email"], each["emailOnly"]) for each in recipients] == [
        ("zoe@sandbox.example", False),
        ("new@outside.example", True),
    ]
    # A stranger's address makes a user who is only an address.
    found = own.get("/api/v1/users/email-only", email="new@outside").json["records"]
    assert [each["user_id"] for each in found] == [recipients[1]["id"]]


@pytest.mark.parametrize(
    ("more", "at"),
    [
        ({"schedule": "0 8 * * MON"}, "schedule: "),
        ({"timezone": "Mars/Olympus"}, "timezone: "),
        ({"timezone": "../etc/passwd"}, "timezone: "),
        ({"format": "docx"}, "format: "),
        ({"destinationType": "google_sheets"}, "destinationType: "),
        ({"destinationType": "sftp"}, "destinationType: "),
        ({"destinationType": "webhook"}, "webhookUrl: Required"),
        ({"destinationType": "s3", "bucketName": "x"}, "region: Required"),
        ({"destinationType": "slack"}, "slackRecipientType: Required"),
        ({"recipients": []}, "recipients: "),
        ({"recipients": [{"email": "zoe"}]}, "recipients.0.email: Invalid email"),
        ({"conditionType": "RESULTS_PRESENT"}, "conditionQueryMapKey: Required"),
        (
            {"conditionType": "RESULTS_PRESENT", "conditionQueryMapKey": "99"},
            "conditionQueryMapKey: ",
        ),
    ],
)
def test_a_schedule_that_breaks_a_rule_is_400(own, more, at):
    before = listed(own)
    refused = own.send("POST", "/api/v1/schedules", email(own, **more))
    assert refused.status == 400
    assert refused.json["detail"].startswith(f"Bad Request: {at}")
    assert listed(own) == before


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({"destinationType": "webhook", "webhookUrl": "https://hooks.example/1"}, -1),
        ({"destinationType": "slack", "slackRecipientType": "Channel"}, -1),
    ],
)
def test_other_destinations_have_no_recipients(own, more, count):
    made = own.send("POST", "/api/v1/schedules", email(own, **more)).json
    assert listed(own)[made["id"]]["recipientCount"] == count
    recipients = own.get(f"/api/v1/schedules/{made['id']}/recipients").json
    assert recipients == {"type": more["destinationType"]}


def test_a_bucket_is_told_who_delivers(own):
    body = email(own, destinationType="s3", bucketName="b", region="eu-1", roleArn="arn:x")
    made = own.send("POST", "/api/v1/schedules", body).json
    assert set(made) == {"id", "message", "delivererRoleArn", "externalId"}


def test_a_trial_leaves_no_schedule_behind(own):
    before = listed(own)
    tried = own.send("POST", "/api/v1/schedules", email(own, testNow=True))
    assert (tried.status, set(tried.json)) == (200, {"message"})
    assert listed(own) == before


def test_only_what_has_a_dashboard_and_is_seen_can_be_scheduled(own, priya):
    plain = next(
        each.identifier
        for each in own.server.organization.documents.values()
        if not each.has_dashboard and not each.deleted
    )
    for identifier in (plain, "nope"):
        assert (
            own.send("POST", "/api/v1/schedules", email(own, identifier=identifier)).status == 404
        )
    me = own.server.organization.token_holder.membership_id
    closed = next(
        each.identifier
        for each in own.server.organization.documents.values()
        if each.has_dashboard
        and not each.deleted
        and each.scope == "organization"
        and each.folder_id is None
        and not grants_on(each, own.server.organization)
        and each.owner_id != me
    )
    own.send("PUT", f"/api/v1/documents/{closed}/permissions", {"canSchedule": False})
    body = email(own, identifier=closed)
    assert priya.send("POST", "/api/v1/schedules", body).status == 403
    assert own.send("POST", "/api/v1/schedules", body).status == 200


def test_a_schedule_is_replaced_whole(own):
    body = email(own, conditionType="RESULTS_PRESENT", conditionQueryMapKey="2", fanOut=True)
    made = own.send("POST", "/api/v1/schedules", body).json["id"]
    path = f"/api/v1/schedules/{made}"
    assert listed(own)[made]["alert"]["conditionType"] == "RESULTS_PRESENT"
    assert own.get(path).json["conditionQueryMapKey"] == "2"
    replaced = own.send("PUT", path, email(own, name="Tuesday"))
    assert replaced.status == 200
    after = own.get(path).json
    # The condition was not said again, so it is gone.
    assert (after["name"], after["conditionType"], after["fanOut"]) == ("Tuesday", None, False)
    assert "alert" not in listed(own)[made]
    assert own.send("PUT", path, {"name": "Wednesday"}).status == 400


def test_a_pause_holds_until_it_is_resumed(own):
    one = first(own, disabled_at=None)
    path = f"/api/v1/schedules/{one.id}"
    for _ in range(2):
        assert own.send("PUT", f"{path}/pause").json == {"success": True}
        assert listed(own)[one.id]["disabledAt"] == "2026-03-04T05:06:07.000Z"
    for _ in range(2):
        assert own.send("PUT", f"{path}/resume").status == 200
        assert listed(own)[one.id]["disabledAt"] is None


def test_what_the_system_stopped_is_not_started_by_a_resume(own):
    one = next(
        each for each in own.server.organization.schedules.values() if each.system_disabled_at
    )
    own.send("PUT", f"/api/v1/schedules/{one.id}/resume")
    assert listed(own)[one.id]["systemDisabledReason"] == one.system_disabled_reason


def test_a_delivery_under_way_is_not_started_twice(own, clock):
    one = first(own, last_status=None)
    path = f"/api/v1/schedules/{one.id}/trigger"
    assert own.send("POST", path).json == {"success": True}
    record = listed(own)[one.id]
    assert (record["lastStatus"], record["lastCompletedAt"]) == (
        "COMPLETE",
        "2026-03-04T05:06:07.000Z",
    )
    assert own.send("POST", path).status == 409
    clock.time += timedelta(seconds=5)
    assert own.send("POST", path).status == 200


def test_a_schedule_is_given_to_somebody_who_sees_the_dashboard(own):
    one = next(iter(own.server.organization.schedules.values()))
    path = f"/api/v1/schedules/{one.id}/transfer-ownership"
    users = own.server.organization.users.values()
    zoe = next(each.membership_id for each in users if each.email.startswith("zoe@"))
    assert own.send("PUT", path, {"userId": zoe}).json == {"success": True}
    assert listed(own)[one.id]["ownerId"] == zoe
    assert own.send("PUT", path, {"userId": zoe}).status == 400
    assert own.send("PUT", path, {"userId": NOBODY}).status == 404
    assert own.send("PUT", path, {}).status == 400
    own.send(
        "PUT", f"/api/v1/documents/{one.identifier}/permissions", {"organizationRole": "no_access"}
    )
    newcomer = next(each.membership_id for each in users if each.email.startswith("newcomer.9@"))
    assert own.send("PUT", path, {"userId": newcomer}).status == 400


def test_recipients_are_added_and_removed_and_counted(own):
    made = own.send("POST", "/api/v1/schedules", email(own)).json["id"]
    path = f"/api/v1/schedules/{made}"
    users = list(own.server.organization.users.values())
    jose = next(each.membership_id for each in users if each.email.startswith("jose@"))
    group = next(iter(own.server.organization.groups))
    body = {
        "emails": ["ZOE@sandbox.example", "other@outside.example"],
        "userIds": [jose],
        "userGroupIds": [group],
    }
    added = {"success": True, "addedRecipientsCount": 2, "addedGroupRecipientsCount": 1}
    assert own.send("PUT", f"{path}/add-recipients", body).json == added
    again = {"success": True, "addedRecipientsCount": 0, "addedGroupRecipientsCount": 0}
    assert own.send("PUT", f"{path}/add-recipients", body).json == again
    assert listed(own)[made]["recipientCount"] == 5
    removed = {"success": True, "removedRecipientsCount": 3, "removedGroupRecipientsCount": 1}
    assert own.send("PUT", f"{path}/remove-recipients", body).json == removed
    recipients = own.get(f"{path}/recipients").json
    assert [each["email"] for each in recipients["recipients"]] == ["new@outside.example"]
    assert recipients["userGroupRecipients"] == []
    # Who is taken away and was never there is not made for it.
    own.send("PUT", f"{path}/remove-recipients", {"emails": ["never@outside.example"]})
    assert own.get("/api/v1/users/email-only", email="never@").json["records"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"emails": []}, 400),
        ({"emails": ["zoe"]}, 400),
        ({"userIds": ["zoe"]}, 400),
        ({"userIds": [NOBODY]}, 404),
        ({"userGroupIds": ["nope"]}, 404),
    ],
)
def test_recipients_that_cannot_be_are_refused(own, body, status):
    one = first(own, destination="email")
    for word in ("add", "remove"):
        answer = own.send("PUT", f"/api/v1/schedules/{one.id}/{word}-recipients", body)
        assert answer.status == status


def test_only_an_email_has_recipients(own):
    one = first(own, destination="webhook")
    path = f"/api/v1/schedules/{one.id}/add-recipients"
    assert own.send("PUT", path, {"emails": ["zoe@sandbox.example"]}).status == 400


def test_a_schedule_that_is_deleted_is_gone(own):
    one = next(iter(own.server.organization.schedules))
    path = f"/api/v1/schedules/{one}"
    assert own.send("DELETE", path).json == {"success": True}
    assert one not in listed(own)
    assert own.send("DELETE", path).status == own.get(path).status == 404


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("PUT", "/pause"),
        ("PUT", "/resume"),
        ("POST", "/trigger"),
        ("DELETE", ""),
        ("PUT", ""),
        ("PUT", "/transfer-ownership"),
        ("PUT", "/add-recipients"),
    ],
)
def test_another_persons_schedule_is_403(own, priya, method, rest):
    other = next(
        each
        for each in own.server.organization.schedules
        if priya.get(f"/api/v1/schedules/{each}").status == 403
    )
    assert priya.send(method, f"/api/v1/schedules/{other}{rest}", {}).status == 403
    assert own.send(method, f"/api/v1/schedules/{NOBODY}{rest}", {}).status == 404
    assert own.send(method, f"/api/v1/schedules/monday{rest}", {}).status == 400
