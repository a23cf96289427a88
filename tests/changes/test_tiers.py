"""How much care each call takes: what is safe, what is to be confirmed, what destroys."""

import pytest

from omnipd.changes import api_call
from omnipd.changes.api_call import TIERS, ApiCall, most_careful

CALLS = [
    # Safe: it may be taken back, and be made twice.
    ("safe", "PUT", "/api/v1/documents/d1/labels/finance", None),
    ("safe", "PUT", "/api/v1/documents/d1/labels/50%25%20off", None),
    ("safe", "DELETE", "/api/v1/documents/d1/labels/finance", None),
    ("safe", "PATCH", "/api/v1/documents/d1/labels", {"add": ["finance"]}),
    ("safe", "PATCH", "/api/v1/folders/f1/labels", {"add": ["finance"]}),
    ("safe", "PUT", "/api/v1/documents/d1/favorite", None),
    ("safe", "DELETE", "/api/v1/documents/d1/favorite", None),
    ("safe", "PUT", "/api/v1/schedules/s1/pause", None),
    ("safe", "PUT", "/api/v1/schedules/s1/resume", None),
    ("safe", "PATCH", "/api/v1/folders/f1", {"name": "Finance"}),
    ("safe", "PATCH", "/api/v1/documents/d1", {"name": "Finance"}),
    ("safe", "PATCH", "/api/v2/documents/d1/draft", {"name": "Finance"}),
    ("safe", "POST", "/api/v1/users/email-only", {"email": "a@b.example"}),
    ("safe", "POST", "/api/v1/users/email-only/bulk", {"users": []}),
    ("safe", "POST", "/api/v1/users/u1/model-roles", {"roleName": "VIEWER"}),
    ("safe", "POST", "/api/v1/user-groups/g1/model-roles", {"roleName": "VIEWER"}),
    ("safe", "PATCH", "/api/scim/v2/Users/u1", {"Operations": []}),
    ("safe", "PATCH", "/api/scim/v2/Groups/g1", {"Operations": []}),
    ("safe", "POST", "/api/v1/labels", {"name": "finance"}),
    ("safe", "PUT", "/api/v1/labels/finance", {"color": "#123456"}),
    ("safe", "POST", "/api/v2/documents/d1/draft/publish", None),
    ("safe", "PATCH", "/api/v2/documents/d1/draft/b1", {"name": "Finance"}),
    ("safe", "POST", "/api/v1/folders", {"name": "Finance"}),
    ("safe", "POST", "/api/scim/v2/Users", {"userName": "a@b.example"}),
    ("safe", "POST", "/api/scim/v2/Groups", {"displayName": "a"}),
    # To be confirmed: others get rights, owners or addresses.
    ("confirm", "POST", "/api/v1/documents/d1/move", {"folderPath": "finance"}),
    ("confirm", "PUT", "/api/v1/documents/d1/permissions", {"canDownload": False}),
    ("confirm", "POST", "/api/v1/documents/d1/permissions", {"role": "VIEWER"}),
    ("confirm", "PATCH", "/api/v1/documents/d1/permissions", {"role": "VIEWER"}),
    ("confirm", "DELETE", "/api/v1/documents/d1/permissions", {"userIds": ["u1"]}),
    ("confirm", "POST", "/api/v1/folders/f1/permissions", {"role": "VIEWER"}),
    ("confirm", "PATCH", "/api/v1/folders/f1/permissions", {"role": "VIEWER"}),
    ("confirm", "DELETE", "/api/v1/folders/f1/permissions", {"userIds": ["u1"]}),
    ("confirm", "PUT", "/api/v1/documents/d1/transfer-ownership", {"userId": "u1"}),
    ("confirm", "PUT", "/api/v1/schedules/s1/transfer-ownership", {"userId": "u1"}),
    ("confirm", "PUT", "/api/v1/schedules/s1/add-recipients", {"emails": ["a@b.example"]}),
    ("confirm", "PUT", "/api/v1/schedules/s1/remove-recipients", {"emails": ["a@b.example"]}),
    ("confirm", "PUT", "/api/v1/api-keys/k1", {"enabled": False}),
    ("confirm", "PUT", "/api/scim/v2/Groups/g1", {"members": []}),
    ("confirm", "PUT", "/api/scim/v2/Users/u1", {"userName": "a@b.example"}),
    ("confirm", "PUT", "/api/v2/documents/d1/identifier", {"identifier": "d2"}),
    ("confirm", "PATCH", "/api/v1/documents/d1", {"identifier": "d2"}),
    ("confirm", "PATCH", "/api/v1/folders/f1", {"path": "finance"}),
    ("confirm", "POST", "/api/v1/models/m1/content-validator", {"branch_id": "b1"}),
    # Destructive: it is not taken back as a whole, or reaches people at once.
    ("destructive", "DELETE", "/api/v1/documents/d1", None),
    ("destructive", "DELETE", "/api/v1/folders/f1", None),
    ("destructive", "DELETE", "/api/v1/labels/finance", None),
    ("destructive", "DELETE", "/api/scim/v2/Users/u1", None),
    ("destructive", "DELETE", "/api/scim/v2/embed/Users/u1", None),
    ("destructive", "DELETE", "/api/scim/v2/Groups/g1", None),
    ("destructive", "DELETE", "/api/v1/schedules/s1", None),
    ("destructive", "DELETE", "/api/v1/api-keys/k1", None),
    ("destructive", "DELETE", "/api/v1/uploads/u1", None),
    ("destructive", "POST", "/api/v1/schedules/s1/trigger", None),
    ("destructive", "PUT", "/api/v1/schedules/s1", {"name": "Daily"}),
    ("destructive", "POST", "/api/v1/models/m1/content-validator", {"find": "a"}),
    ("destructive", "PATCH", "/api/v1/documents/d1", {"name": "a", "clearExistingDraft": True}),
    ("destructive", "DELETE", "/api/v1/models/m1", None),
    # What nobody has thought of.
    ("destructive", "POST", "/api/v1/documents/d1/labels", None),
    ("destructive", "PUT", "/api/v1/documents/d1", {"name": "a"}),
    ("destructive", "POST", "/api/v3/anything", None),
]


@pytest.mark.parametrize(("tier", "method", "path", "body"), CALLS)
def test_each_call_takes_its_care(tier, method, path, body):
    assert ApiCall(method, path, body).tier == tier


def test_each_row_of_the_table_is_tried():
    tried = [f"{method} {path}" for _, method, path, _ in CALLS]
    untried = [row.pattern for row, _ in api_call._PATTERNS if not any(map(row.fullmatch, tried))]
    assert untried == []


def test_parameters_are_no_part_of_what_a_call_is():
    force = ApiCall("DELETE", "/api/v1/folders/f1", params={"force": "true"})
    assert (force.tier, str(force)) == ("destructive", "DELETE /api/v1/folders/f1?force=true")
    label = ApiCall("PUT", "/api/v1/documents/d1/labels/a", params={"userId": "u1"})
    assert label.tier == "safe"


def test_several_calls_take_as_much_care_as_any():
    assert TIERS == ("safe", "confirm", "destructive")
    assert most_careful([]) == "safe"
    assert most_careful(["safe", "confirm", "safe"]) == "confirm"
    assert most_careful(["destructive", "confirm"]) == "destructive"
