import pytest


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "bearer abc", "Basic abc", "Bearer a b", "abc", "Token abc"],
)
def test_a_missing_or_malformed_header_is_400_in_the_middleware_form(wire, header):
    answer = wire.ask("GET", "/api/v1/whoami", headers={"Authorization": header})
    assert answer.status == 400
    assert answer.json == {
        "error": {
            "code": 400,
            "message": "Bad authorization header, must be formatted as Bearer <token>",
        }
    }


def test_the_header_of_the_typo_in_the_manual_does_not_count(wire):
    answer = wire.ask(
        "GET",
        "/api/v1/whoami",
        headers={"Authorization": None, "Authentication": f"Bearer {wire.key}"},
    )
    assert answer.status == 400


def test_a_bad_key_is_403(wire):
    answer = wire.ask("GET", "/api/v1/content", headers={"Authorization": "Bearer omni_osk_x"})
    assert answer.status == 403
    assert answer.json == {"error": {"code": 403, "message": "Invalid bearer token"}}


def test_a_key_with_one_letter_changed_is_403(wire):
    last = "a" if wire.key[-1] != "a" else "b"
    answer = wire.ask(
        "GET", "/api/v1/whoami", headers={"Authorization": f"Bearer {wire.key[:-1]}{last}"}
    )
    assert answer.status == 403


def test_a_bad_key_is_refused_before_a_bad_parameter(wire):
    answer = wire.ask(
        "GET", "/api/v1/content", {"nonsense": "1"}, headers={"Authorization": "Bearer x"}
    )
    assert answer.status == 403


@pytest.mark.parametrize("kind", ["api_key", "personal_key"])
def test_keys_have_the_shape_of_omni_keys(server, kind):
    key = getattr(server, kind)
    assert key.startswith("omni_osk_")
    assert key.isascii()
    assert len(key) == len("omni_osk_") + 50 + 6
    assert key.removeprefix("omni_osk_").isalnum()


def test_no_two_keys_are_alike_not_even_of_two_sandboxes(serve):
    keys = [
        key
        for _ in range(2)
        for one in [serve(documents=1)]
        for key in (one.api_key, one.personal_key)
    ]
    assert len(set(keys)) == 4


def test_the_log_never_holds_a_key(serve, connect):
    server = serve(documents=1)
    connect(server).get("/api/v1/whoami")
    assert server.api_key not in repr(server.requests)
    assert [asked.path for asked in server.requests] == ["/api/v1/whoami"]
    assert server.requests[0].status == 200
