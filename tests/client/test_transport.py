"""What goes over the wire for a request."""

import pytest
from faults.given import client_of
from scripted_server import answer

GETS = [
    ("/api/v1/content", {"include": "_count,labels", "pageSize": "100"}),
    ("/api/v1/content", {"include": "_count,labels", "pageSize": "100", "cursor": "a b+c/%=&"}),
    ("/api/v1/content", None),
    ("/api/v1/documents/a%2Fb%20%C3%BC", {"name": "ü~-._"}),
    ("/api/v1/content", {}),
    ("/api/v1/content?x=%E9&x=1", {"y": "*'()"}),
    ("/api/v1/content?x=%E9&x=1", None),
    ("/api/v1/content", {"": "?#", "empty": ""}),
]
TARGETS = [
    "/api/v1/content?include=_count%2Clabels&pageSize=100",
    "/api/v1/content?include=_count%2Clabels&pageSize=100&cursor=a+b%2Bc%2F%25%3D%26",
    "/api/v1/content",
    "/api/v1/documents/a%2Fb%20%C3%BC?name=%C3%BC~-._",
    "/api/v1/content",
    "/api/v1/content?x=%E9&x=1&y=%2A%27%28%29",
    "/api/v1/content?x=%E9&x=1",
    "/api/v1/content?=%3F%23&empty=",
]


@pytest.mark.parametrize("first", range(len(GETS)))
def test_a_get_asks_for_its_own_path_and_parameters_whichever_came_before(
    scripted, fake_time, first
):
    order = [*range(first, len(GETS)), *range(first)]
    scripted.script(*[answer({"ok": 1}) for _ in order])
    with client_of(scripted, fake_time) as client:
        for number in order:
            client.get(*GETS[number])
    assert [request[1] for request in scripted.requests] == [TARGETS[number] for number in order]
