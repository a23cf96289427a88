"""A sandbox in a mood: knobs and faults from Python, and what the client makes of them."""

import socket

import pytest

import omnipd


def test_a_fault_of_the_sandbox_is_an_error_of_the_client():
    fault = {"kind": "status", "code": 403, "path": "/api/v1/labels"}
    with omnipd.sandbox(documents=3, faults=[fault]):
        with pytest.raises(omnipd.ForbiddenError):
            omnipd.read_labels()
        assert len(omnipd.read_labels()) == 12


def test_a_page_that_names_itself_ends_the_read():
    fault = {"kind": "same_cursor", "path": "/api/v1/content", "count": None}
    with omnipd.sandbox(faults=[fault]) as omni:
        with pytest.raises(omnipd.ResponseError, match="same cursor twice") as raised:
            omnipd.read_content()
        assert len(omni.server.requests) == 2
    assert raised.value.partial is not None


def test_a_reset_is_tried_again():
    with omnipd.sandbox(documents=3, faults=[{"kind": "reset"}]) as omni:
        assert omnipd.whoami().key_scope == "organization"
        assert [each.fault for each in omni.server.requests] == ["reset", None]


def test_drift_is_kept_and_told():
    fault = {"kind": "drift", "path": "/api/v1/labels", "new_key": "mood"}
    with (
        omnipd.sandbox(documents=0, faults=[fault]),
        pytest.warns(omnipd.OmniWarning, match="mood"),
    ):
        labels = omnipd.read_labels()
    assert labels["extra"].eq('{"mood":"not known yet"}').all()


def test_knobs_change_what_the_client_sees():
    with omnipd.sandbox(documents=3, key_scope="user", model_name="Departures") as omni:
        assert omnipd.whoami().key_scope == "user"
        assert sorted(omni.models) == ["Departures", "orders"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"slow_jobs": 1}, "unknown knob 'slow_jobs'; did you mean 'slow_job_polls'?"),
        ({"faults": [{"kind": "slo"}]}, r"faults\[0\].kind must be one of"),
        ({"documents": "many"}, "documents must be a whole number"),
        ({"port": "x"}, "port must be a whole number"),
        ({"port": 70_000}, "port must be a whole number from 0 to 65,535"),
        ({"control": "no"}, "control must be true or false"),
        ({"now": 5}, "now must be a function that gives a datetime"),
        ({"state": 5}, "state=5 is not a path"),
        ({"org": 5}, "org=5 is not a path"),
        ({"host": "0.0.0.0"}, "takes no host="),
        ({"engine": 1}, "takes no engine="),
    ],
)
def test_a_wrong_knob_is_an_argument_error(given, said):
    with pytest.raises(omnipd.ArgumentError, match=said):
        omnipd.sandbox(**given)


def test_a_folder_that_cannot_be_read_is_not_called_a_bad_port(tmp_path):
    (tmp_path / "organization.json").mkdir()
    with pytest.raises(omnipd.ArgumentError, match=r"organization\.json"):
        omnipd.sandbox(org=tmp_path)


@pytest.mark.parametrize("refused", [{"cache": "bogus"}, {"timeout": -1}])
def test_a_sandbox_that_is_refused_lets_its_port_and_its_state_go(tmp_path, refused):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = tmp_path / "state.json"
    with pytest.raises(omnipd.ArgumentError) as kept:
        omnipd.sandbox(documents=3, port=port, state=state, **refused)
    with omnipd.sandbox(documents=3, port=port, state=state) as omni:
        assert omni.base_url.endswith(f":{port}")
    assert kept.value is not None


def test_a_port_that_is_taken_is_said_to_be_and_the_state_let_go(tmp_path):
    state = tmp_path / "state.json"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(omnipd.SettingsError, match=f"Port {port} cannot be used") as kept:
            omnipd.sandbox(documents=3, port=port, state=state)
    with omnipd.sandbox(documents=3, state=state) as omni:
        assert omni.base_url != ""
    assert kept.value is not None


@pytest.mark.parametrize("tokens", ["omni_osk_REAL", {"a": "omni_osk_REAL"}])
def test_a_key_in_the_wrong_shape_is_not_shown(tokens):
    with pytest.raises(omnipd.ArgumentError, match="tokens must be a list") as raised:
        omnipd.sandbox(tokens=tokens)
    assert "REAL" not in f"{raised.value!r} {raised.value}"
