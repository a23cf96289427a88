"""Every reader against other servers: one that hands out a row at a time, and an older one."""

import urllib.error
import urllib.parse
import urllib.request

import pandas as pd
import pytest
from readers.test_every_list import EACH, PARENTS, POSTED, TOLD, WHO_OF
from scripted_server import ScriptedServer, answer

import omnipd
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def small():
    """A sandbox with few documents: a page for each row is many pages."""
    with Server(documents=12) as running:
        yield running


@pytest.fixture(scope="module")
def old():
    """A sandbox that answers in older forms."""
    with Server(old_shapes=True) as running:
        yield running


@pytest.fixture(scope="module")
def one_by_one(small):
    """A server before it that asks it for one row where a hundred were asked for."""

    def step(target):
        path, _, query = target.partition("?")
        params = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        asked = params | {name: "1" for name in ("pageSize", "count") if name in params}
        request = urllib.request.Request(
            f"{small.url}{path}?{urllib.parse.urlencode(asked)}" if asked else small.url + path,
            headers={"Authorization": f"Bearer {small.api_key}"},
        )
        try:
            with urllib.request.urlopen(request) as response:
                return answer(response.read())
        except urllib.error.HTTPError as error:
            return answer(error.read(), error.code)

    with ScriptedServer() as running:
        running.by_target = step
        yield running


#: Lists that Omni does not hand out in pages (docs/wire.md).
IN_ONE_PIECE = {
    "read_ai_agent_actions",
    "read_ai_credit_controls",
    "read_ai_eval_results",
    "read_ai_eval_runs",
    "read_ai_jobs",
    "read_ai_messages",
    "read_ai_prompt_sets",
    "read_ai_prompts",
    "read_ai_skills",
    "read_color_palettes",
    "read_connection_environments",
    "read_connection_schedules",
    "read_connections",
    "read_content_issues",
    "read_content_search",
    "read_dashboard_filters",
    "read_dbt",
    "read_document_abilities",
    "read_document_controls",
    "read_document_details",
    "read_document_drafts",
    "read_document_permissions",
    "read_document_queries",
    "read_document_tiles",
    "read_folder_permissions",
    "read_labels",
    "read_model_files",
    "read_model_git",
    "read_model_issues",
    "read_model_roles",
    "read_relationships",
    "read_schedule_details",
    "read_schedule_recipients",
    "read_schemas",
    "read_topic_fields",
    "read_topics",
    "read_user_attributes",
    "read_views",
    "read_whoami_roles",
}
#: What twelve documents have none of.
NONE_OF_TWELVE = {"read_document_drafts", "read_content_issues"}
#: What older servers do not say at all; their other readers are checked below.
NEWER = {"read_document_abilities", "read_ai_credit_usage"}


def client_of(url, key):
    return omnipd.connect(url, key, cache=False, requests_per_minute=None)


def arguments(path, name, omni):
    parents = [PARENTS[name](omni)] if name in PARENTS else []
    return parents, WHO_OF.get(path, TOLD.get(name, lambda _omni: {}))(omni)


READERS = [(path, name) for path, name in EACH if name != "whoami"]
pytestmark = [pytest.mark.filterwarnings("ignore::omnipd.OmniWarning"), pytest.mark.thorough]


def each(readers):
    names = [f"{path} {name}" for path, name in readers]
    return pytest.mark.parametrize(("path", "name"), readers, ids=names)


@each([(path, name) for path, name in READERS if path not in POSTED])
def test_a_page_for_each_row_gives_the_same_frame(small, one_by_one, path, name):
    omni = client_of(small.url, small.api_key)
    parents, told = arguments(path, name, omni)
    before = len(one_by_one.requests)
    whole = getattr(omnipd, name)(*parents, **told, client=omni)
    singly = getattr(omnipd, name)(*parents, **told, client=client_of(one_by_one.url, "key"))
    pd.testing.assert_frame_equal(singly, whole)
    assert len(whole) > 0 or name in NONE_OF_TWELVE
    targets = [request[1] for request in one_by_one.requests[before:]]
    paged = [target for target in targets if "pageSize=" in target or "count=" in target]
    assert (name in IN_ONE_PIECE) == (not paged)
    facts = whole.attrs["omni"]
    if paged:
        # A frame may hold several rows of one record, or none; the server counts records.
        assert len(paged) >= (facts.get("total") or len(whole)) > 1
        assert facts["requests"] < len(paged)


@each([(path, name) for path, name in READERS if name not in NEWER])
def test_an_older_server_gives_the_same_columns_and_types(server, old, path, name):
    frames = []
    for running in (server, old):
        omni = client_of(running.url, running.api_key)
        parents, told = arguments(path, name, omni)
        frames.append(getattr(omnipd, name)(*parents, **told, client=omni))
    new_shape, old_shape = frames
    assert new_shape.dtypes.to_dict() == old_shape.dtypes.to_dict()
    assert len(old_shape) > 0


def test_what_an_older_server_does_not_say_is_an_error_and_not_a_no(old):
    omni = client_of(old.url, old.api_key)
    documents = PARENTS["read_document_abilities"](omni)
    told = TOLD["read_document_permissions"](omni)
    with pytest.raises(omnipd.ResponseError, match="abilities"):
        omnipd.read_document_abilities(documents, **told, client=omni)
