"""Several keys of one organization: each within its own limit, and what depends on who asks by one."""

import contextlib
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
from scripted_server import ScriptedServer, answer, document, page

import omnipd
from omnipd import AuthenticationError, OmniWarning, SettingsError
from omnipd.client.client import Client
from omnipd.client.rate_limit import WINDOW
from omnipd.client.settings import Secret, resolve

KEYS = [f"omni_osk_{letter * 50}c0ffee" for letter in "ABC"]


class Organization(ScriptedServer):
    """Answers whoever has a key that it knows; lists have as many pages as their sort field is long."""

    def __init__(self):
        super().__init__()
        self.kinds = dict.fromkeys(KEYS, "organization")
        self.revoked = set()
        self.pages = 1

    def step(self, target, body):
        key = self.askers[-1]
        if key in self.revoked:
            said = f"Invalid bearer token {key}"
            return answer({"error": {"code": 403, "message": said}}, 403)
        url = urlsplit(target)
        if url.path.endswith("/whoami"):
            return answer({"user": {"id": "u"}, "keyScope": self.kinds[key]})
        if body:
            return answer({"identifier": "new"})
        number = int(parse_qs(url.query).get("cursor", ["1"])[0])
        following = str(number + 1) if number < self.pages else None
        return page(document(f"d{number}"), cursor=following, total=self.pages)

    @property
    def askers(self):
        """Whose key each request had."""
        return [headers["authorization"].split()[1] for _, _, headers, _ in self.requests]

    def asked_by(self):
        """Which of the keys each request had, but for those that ask of which kind it is."""
        paths = [urlsplit(target).path for _, target, _, _ in self.requests]
        return [
            KEYS.index(key) + 1
            for path, key in zip(paths, self.askers, strict=True)
            if not path.endswith("/whoami")
        ]


@pytest.fixture
def organization():
    with Organization() as running:
        yield running


@pytest.fixture
def connect(organization, fake_time):
    def connected(keys=KEYS, **more):
        settings = resolve(organization.url, Secret(keys[0]))
        settings = settings.with_more([Secret(key) for key in keys[1:]])
        more = {"cache": False, "clock": fake_time.clock()} | more
        return Client(settings, **more)

    return connected


def read(client):
    return omnipd.read_content(client=client)["document_identifier"].tolist()


# --- which key a request goes by


def test_lists_go_by_whichever_key_has_a_place_and_each_keeps_to_its_limit(
    organization, connect, fake_time
):
    client = connect(requests_per_minute=4)
    for _ in range(6):
        assert read(client) == ["d1"]
    # Of three places each, the first was taken by the question of which kind it is.
    assert organization.asked_by() == [3, 3, 2, 2, 1, 1]
    assert len(organization.requests) == client.requests_sent == 9
    assert fake_time.slept == []
    read(client)
    assert sum(fake_time.slept) == pytest.approx(WINDOW)


def test_all_pages_of_a_list_go_by_one_key_though_it_has_to_wait(organization, connect, fake_time):
    client = connect(requests_per_minute=4)
    organization.pages = 4
    assert read(client) == ["d1", "d2", "d3", "d4"]
    assert organization.asked_by() == [3, 3, 3, 3]
    assert sum(fake_time.slept) == pytest.approx(WINDOW)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/api/v1/documents"),
        lambda client: client.post("/api/v1/documents/import", {"name": "new"}),
        lambda client: omnipd.read_documents(user_id="m-1", client=client),
        lambda client: omnipd.read_content(scope="restricted", creator_id="m-1", client=client),
        lambda client: omnipd.read_records("/api/v1/documents", client=client),
        lambda client: omnipd.read_ai_conversations(client=client),
    ],
)
def test_what_depends_on_who_asks_goes_by_the_first_key(organization, connect, ask):
    with warnings.catch_warnings(), contextlib.suppress(omnipd.ResponseError):
        warnings.simplefilter("ignore", OmniWarning)  # what is in the rows is another test's
        ask(connect())
    assert set(organization.asked_by()) == {1}


def test_what_a_client_acts_for_goes_by_the_first_key(organization, connect):
    omnipd.read_documents(client=connect(user_id="m-1"))
    assert organization.asked_by() == [1]


def test_a_429_holds_its_own_key_only(organization, connect, fake_time):
    client = connect()
    read(client)
    client._lanes.all[2].limiter.hold(100)
    read(client)
    assert organization.asked_by() == [3, 2]
    client.hold(50)  # the first, by which queries go
    read(client)
    assert organization.asked_by() == [3, 2, 2]
    assert fake_time.slept == []


def test_the_allowance_is_that_of_all_keys_together(connect):
    assert connect(requests_per_minute=60).requests_per_minute == 180
    assert connect(requests_per_minute=None).requests_per_minute is None


# --- a key that is refused


def test_a_revoked_key_is_set_aside_with_one_warning_and_the_others_go_on(organization, connect):
    client = connect()
    read(client)
    organization.revoked = {KEYS[2]}
    with pytest.warns(OmniWarning, match="Omni refuses the 3rd of 3 API keys") as caught:
        assert read(client) == ["d1"]
    assert len(caught) == 1
    assert KEYS[2][:20] not in str(caught[0].message)
    assert organization.asked_by() == [3, 3, 2]
    assert read(client) == ["d1"]
    assert organization.asked_by()[-1] == 2
    assert client.requests_per_minute == 120


def test_a_list_goes_on_by_another_key_where_its_own_is_revoked(organization, connect):
    client = connect()
    organization.pages = 3
    shown = []

    def revoke(_path, rows, _total):
        shown.append(rows)
        organization.revoked = {KEYS[2]}

    client.progress = revoke
    with pytest.warns(OmniWarning, match="3rd of 3"):
        assert read(client) == ["d1", "d2", "d3"]
    assert organization.asked_by() == [3, 3, 2, 2]


def test_a_change_is_made_once_by_the_next_key(organization, connect):
    client = connect()
    client.get("/api/v1/documents")
    organization.revoked = {KEYS[0]}
    with pytest.warns(OmniWarning, match="1st of 3"):
        assert client.post("/api/v1/documents/import", {}).content == {"identifier": "new"}
    assert organization.asked_by() == [1, 1, 2]


def test_a_key_that_was_revoked_before_is_set_aside_at_once(organization, connect):
    organization.revoked = {KEYS[0]}
    with pytest.warns(OmniWarning, match="1st of 3"):
        assert read(connect()) == ["d1"]
    assert organization.asked_by() == [3]


def test_all_keys_refused_is_an_error(organization, connect):
    client = connect()
    read(client)
    organization.revoked = set(KEYS)
    with (
        pytest.warns(OmniWarning, match="set aside") as caught,
        pytest.raises(AuthenticationError) as error,
    ):
        read(client)
    assert len(caught) == 2
    assert not any(key[:20] in f"{error.value}{error.value.words}" for key in KEYS)
    with pytest.raises(AuthenticationError):
        read(client)


# --- which keys may stand together


@pytest.mark.parametrize(
    ("kind", "said"),
    [("user", "2nd of 3 API keys is a personal access token"), (None, "does not name")],
)
def test_several_keys_that_are_shown_different_things_are_refused(
    organization, connect, kind, said
):
    organization.kinds[KEYS[1]] = kind
    client = connect()
    for _ in range(2):
        with pytest.raises(SettingsError, match=said):
            read(client)
        assert organization.asked_by() == []


def test_a_personal_key_of_a_real_server_is_found_out(server):
    keys = [server.api_key, server.personal_key]
    with (
        omnipd.connect(server.url, keys, requests_per_minute=None) as client,
        pytest.raises(SettingsError, match="2nd of 2 API keys is a personal access token"),
    ):
        omnipd.read_labels(client=client)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([], "empty list"),
        ([KEYS[0], 7], "not text"),
        ([KEYS[0], None], "not text"),
        ([KEYS[0], ""], "empty text"),
        ([KEYS[0], KEYS[1], KEYS[0]], "a key twice"),
        ([KEYS[0], f" {KEYS[0]}\n"], "a key twice"),
        ([KEYS[0], "$OMNI_API_KEY"], "API key 2 of api_key= is a variable"),
        ([KEYS[0], KEYS[1], "white space"], "API key 3 of api_key= holds a space"),
    ],
)
def test_what_are_no_keys_is_refused_before_anything_is_sent(keys, said):
    with pytest.raises(SettingsError, match=said) as caught:
        omnipd.connect("acme.omniapp.co", keys)
    assert KEYS[0][:20] not in str(caught.value)


def test_a_list_of_one_key_is_that_key_of_whatever_kind(organization):
    organization.kinds[KEYS[0]] = "user"
    with omnipd.connect(organization.url, (KEYS[0],), cache=False) as client:
        assert read(client) == ["d1"]
    assert len(organization.requests) == 1


# --- what is shown and what is stored


def test_a_client_shows_how_many_keys_it_has_and_none_of_them(connect):
    client = connect()
    assert repr(client).endswith(", 3 keys>")
    assert not any(key[:20] in repr(client) + repr(vars(client)) for key in KEYS)
    assert client.hide_key(f"{KEYS[0]} {KEYS[2]}") == "*** ***"


def test_stored_lists_are_those_of_the_first_key_and_never_served_to_another(organization, connect):
    several = connect(cache="10m")
    read(several)
    assert organization.asked_by() == [3]
    read(connect(KEYS[:1], cache="10m"))
    assert organization.asked_by() == [3]
    for number in (1, 2):
        read(connect(KEYS[number : number + 1], cache="10m"))
    assert organization.asked_by() == [3, 2, 3]
    stored = b"".join(file.read_bytes() for file in several.disk.rglob("*") if file.is_file())
    assert not any(key.encode() in stored for key in KEYS)
