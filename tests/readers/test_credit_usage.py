"""What the AI has cost: asked by a POST that only reads, a thousand ids at a time."""

import json

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import plain
from scripted_server import answer, hang_up

import omnipd

MAY = {"periodStart": 1777593600000, "periodEnd": 1780272000000}
IN_MAY = {
    "period_start_at": pd.Timestamp("2026-05-01", tz="UTC"),
    "period_end_at": pd.Timestamp("2026-06-01", tz="UTC"),
}
PATH = "/api/v1/ai/credit-usage/"


def bodies(scripted):
    return [json.loads(body) for *_, body in scripted.requests]


def read(scripted, *steps, **asked):
    scripted.script(*steps)
    with client_of(scripted, cache=False):
        return omnipd.read_ai_credit_usage(**asked)


USED = [{"userId": "a", "creditsUsed": 12.5}, {"userId": "b", "creditsUsed": 0}]
ROWS = [
    {"user_id": "a", "credits_used": 12.5, **IN_MAY, "extra": None},
    {"user_id": "b", "credits_used": 0.0, **IN_MAY, "extra": None},
]


@pytest.mark.parametrize(
    "body",
    [
        {"records": USED, **MAY},
        {"users": USED, "period": {"start": MAY["periodStart"], "end": MAY["periodEnd"]}},
        [{**one, **MAY} for one in USED],
        {"usage": [{"id": one["userId"], "credits": one["creditsUsed"]} for one in USED], **MAY},
    ],
    ids=["records", "users", "bare", "other keys"],
)
def test_whatever_its_shape_the_answer_is_a_row_for_each(scripted, body):
    df = read(scripted, answer(body), users=["a", "b", "a"])
    assert plain(df) == ROWS
    assert bodies(scripted) == [{"userIds": ["a", "b"]}]
    assert [(method, target) for method, target, *_ in scripted.requests] == [
        ("POST", f"{PATH}users")
    ]


def test_what_is_not_known_of_a_row_is_kept_and_named(scripted):
    body = {"records": [{**USED[0], "model": "gpt"}], **MAY}
    with pytest.warns(omnipd.OmniWarning, match="model"):
        df = read(scripted, answer(body), users="a")
    assert df["extra"].tolist() == ['{"model":"gpt"}']


def test_a_thousand_ids_at_a_time(scripted):
    ids = [f"u{number}" for number in range(2_001)]
    parts = [ids[:1_000], ids[1_000:2_000], ids[2_000:]]
    pages = [answer([{"userId": one, "creditsUsed": 1} for one in part]) for part in parts]
    df = read(scripted, *pages, users=pd.DataFrame({"user_id": [*ids, None, "u7"]}))
    assert bodies(scripted) == [{"userIds": part} for part in parts]
    assert df["user_id"].tolist() == ids
    assert (df.attrs["omni"]["requests"], df.attrs["omni"]["complete"]) == (3, True)


def test_groups_and_entities_have_keys_of_their_own(scripted):
    df = read(
        scripted,
        answer({"records": [{"userGroupId": "g", "creditsUsed": 3}]}),
        groups="g",
        period="2026-04",
    )
    assert df[["group_id", "credits_used"]].to_numpy().tolist() == [["g", 3.0]]
    df = read(scripted, answer([{"entity": "a, b", "creditsUsed": 2}]), entities=["a, b"])
    assert df["embed_entity"].tolist() == ["a, b"]
    assert bodies(scripted) == [
        {"userGroupIds": ["g"], "period": "2026-04"},
        {"entities": ["a, b"]},
    ]
    assert [target for _, target, *_ in scripted.requests] == [
        f"{PATH}user-groups",
        f"{PATH}entity-groups",
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (USED[:1], "the server counts 2 and sent 1"),
        ([*USED, USED[0]], "1 row(s) came twice"),
    ],
)
def test_who_is_missing_or_there_twice_is_an_error(scripted, body, words):
    with pytest.raises(omnipd.IncompleteReadError) as error:
        read(scripted, answer(body), users=["a", "b"])
    assert words in error.value.message
    assert error.value.partial["user_id"].tolist() == [one["userId"] for one in body[:2]]


def test_nobody_is_asked_about_without_a_request(scripted):
    df = read(scripted, users=[])
    assert (len(df), list(df.columns)[:2]) == (0, ["user_id", "credits_used"])
    assert df.attrs["omni"]["requests"] == len(scripted.requests) == 0


def test_a_404_says_what_it_may_come_of(scripted):
    with pytest.raises(omnipd.NotFoundError) as error:
        read(scripted, answer({"detail": "Not Found", "status": 404}, 404), users=["a", "b"])
    assert "One of the ids may be unknown" in error.value.hint
    assert "this Omni does not have the call" in error.value.hint


def test_an_answer_of_another_shape_is_named(scripted):
    with pytest.raises(omnipd.ResponseError, match="no list of rows") as error:
        read(scripted, answer({"a": 12.5}), users="a")
    assert "please report it" in error.value.hint


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "Name one of users=, groups= and entities="),
        ({"users": "a", "groups": "g"}, "Name one of"),
        ({"users": "a", "period": "2026-04"}, "period= goes with groups= only"),
        ({"groups": "a", "period": 4}, "period=4 is not a month"),
        ({"users": ["a", ""]}, "is not a user_id"),
        ({"users": "omni_osk_0123456789abcdef"}, "holds an API key"),
        ({"users": [], "strict": 1}, "strict=1 must be True or False"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(scripted, asked, words):
    with pytest.raises(omnipd.ArgumentError) as error:
        read(scripted, **asked)
    assert words in error.value.message
    assert scripted.requests == []


@pytest.mark.parametrize("broken", [hang_up, answer(b"", 503), answer(b"{"), answer(b"", 502)])
def test_it_is_asked_again_where_a_post_that_starts_something_is_not(scripted, fake_time, broken):
    scripted.script(broken, answer({"records": USED[:1], **MAY}))
    with client_of(scripted, fake_time, cache=False):
        assert plain(omnipd.read_ai_credit_usage("a")) == ROWS[:1]
    assert bodies(scripted) == [{"userIds": ["a"]}] * 2


def test_a_redirect_of_it_is_not_followed(scripted):
    moved = answer(b"", 308, Location=f"{PATH}elsewhere")
    with pytest.raises(omnipd.ResponseError):
        read(scripted, moved, users="a")
    assert len(scripted.requests) == 1


def test_it_is_served_from_the_cache_and_no_list_is_forgotten_for_it(scripted, tmp_path):
    page = {"records": USED, **MAY}
    scripted.script(answer({"labels": []}), answer(page))
    with client_of(scripted, cache_dir=tmp_path, state_dir=tmp_path):
        omnipd.read_labels()
        first = omnipd.read_ai_credit_usage(["a", "b"])
        again = omnipd.read_ai_credit_usage(["a", "b"])
        labels = omnipd.read_labels()
    assert len(scripted.requests) == 2
    assert again.equals(first)
    assert again.attrs["omni"]["from_cache"] is labels.attrs["omni"]["from_cache"] is True


def test_an_estimate_counts_it_and_sends_nothing(scripted):
    with client_of(scripted, cache=False) as client:
        cost = omnipd.estimate("ai_credit_usage", [f"u{n}" for n in range(2_500)], client=client)
    assert cost[["calls", "at_least"]].to_numpy().tolist() == [[3, False]]
    assert scripted.requests == []


@pytest.fixture(scope="module")
def omni(server):
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache=False
    ) as client:
        yield client


def test_the_sandbox_counts_the_answers_that_members_of_a_group_were_given(server, omni):
    organization = server.organization
    said = [
        (conversation.user_id, message.created_at[:7])
        for conversation in organization.conversations.values()
        for message in conversation.messages
        if message.role == "assistant"
    ]
    month = max(when for who, when in said if who == organization.administrator.membership_id)
    df = omnipd.read_ai_credit_usage(groups=omnipd.read_groups(client=omni), period=month)
    expected = {
        group.id: 1.5 * sum(who in group.member_ids and when == month for who, when in said)
        for group in organization.groups.values()
    }
    assert dict(zip(df["group_id"], df["credits_used"], strict=True)) == expected
    assert df["credits_used"].max() > 0
    assert df["period_start_at"].dt.strftime("%Y-%m").unique().tolist() == [month]


def test_the_sandbox_fails_the_whole_for_one_that_it_does_not_know(omni):
    users = omnipd.read_users(limit=2, client=omni)["user_id"].tolist()
    unknown = "123e4567-e89b-12d3-a456-426614174000"
    with pytest.raises(omnipd.NotFoundError, match=f"userId {unknown} does not exist"):
        omnipd.read_ai_credit_usage([*users, unknown], client=omni)
    assert len(omnipd.read_ai_credit_usage(users, client=omni)) == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("users", {"userIds": []}, 400, "must contain at least 1"),
        ("users", {"userIds": ["x"]}, 404, "userId x does not exist"),
        ("users", {"userIds": ["ME", "ME"]}, 404, "is named twice"),
        ("users", {"userIds": ["ME"], "period": "2026-04"}, 400, "Unrecognized key(s)"),
        ("entity-groups", {"entities": ["nobody"]}, 404, "entity nobody does not exist"),
        ("user-groups", {"userGroupIds": ["x"], "period": "2026-13"}, 400, "period: "),
        ("user-groups", {"userGroupIds": ["x"], "period": "2026-05"}, 400, "an earlier month"),
    ],
)
def test_what_the_sandbox_refuses(server, omni, path, body, status, words):
    me = server.organization.administrator.membership_id
    text = json.dumps(body).replace("ME", me)
    with pytest.raises(omnipd.OmniError) as error:
        omni.get(f"{PATH}{path}", body=json.loads(text))
    assert (error.value.status, words in error.value.words) == (status, True)


def test_it_is_for_administrators(server):
    with (
        omnipd.connect(server.url, server.personal_key, cache=False) as client,
        pytest.raises(omnipd.ForbiddenError),
    ):
        omnipd.read_ai_credit_usage(server.organization.token_holder.membership_id, client=client)
