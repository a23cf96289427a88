"""One call per reader: which are looked at, and what each of their answers is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import omnipd
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import list_of

#: Records on a page that is only looked at; of people as many as readers ask for.
_PAGE = 10
#: What is asked for that is otherwise absent.
_WITH = ("_count", "labels")


@dataclass(frozen=True)
class Look:
    """One list of which one page is read.

    Attributes
    ----------
    reader : str
        The reader whose list it is; its declaration is the one that the reader reads by.
    more : mapping of str to str
        Query parameters beside those that always go with the list.
    needs : mapping of str to str
        Where what stands in the path comes from: its name → the reader that has seen one.
    gone : bool
        Whether newer servers have it no more.
    may_lack : bool
        Whether it is only where its name leads, or not every server has it.
    """

    reader: str
    more: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False
    may_lack: bool = False

    @property
    def listing(self) -> Endpoint:
        """What the reader declares."""
        getattr(omnipd, self.reader)  # it is declared where the reader is
        found = list_of(self.reader)
        return found.endpoint if isinstance(found, FanOut) else found

    def params(self) -> dict[str, str]:
        """Return the query parameters of the call."""
        listing = self.listing
        asked = dict(listing.fixed)
        if (include := listing.params.get("include")) is not None:
            wanted = [one for one in include.choices.values() if one in _WITH]
            asked |= {include.wire: ",".join(wanted)} if wanted else {}
        if listing.pages is paging.scim:
            asked["count"] = str(listing.page_size)
        elif listing.pages in paging.PAGE_SIZE_PARAMS:
            asked[paging.PAGE_SIZE_PARAMS[listing.pages]] = str(_PAGE)
        return asked | dict(self.more)


_DOCUMENT = {"document_identifier": "read_documents"}
_MODEL = {"model_id": "read_models"}

#: In this order, since a list may need what an earlier one has.
LOOKS = (
    Look("read_documents"),
    Look("read_folders"),
    Look("read_labels"),
    Look("read_models", {"modelKind": "SHARED"}),
    Look("read_connections"),
    Look("read_users"),
    Look("read_groups"),
    Look("read_embed_users"),
    Look("read_email_only_users", may_lack=True),
    Look("read_user_attributes"),
    Look("read_schedules"),
    Look("read_api_keys", may_lack=True),
    Look("read_document_access", needs=_DOCUMENT),
    Look("read_document_queries", needs=_DOCUMENT),
    Look("read_dashboard_filters", needs=_DOCUMENT, gone=True),
    Look("read_document_controls", needs=_DOCUMENT, may_lack=True),
    Look("read_connection_environments", gone=True),
    Look("read_folder_permissions", needs={"folder_id": "read_folders"}),
    Look("read_topics", needs=_MODEL),
    Look("read_topic_fields", needs={**_MODEL, "topic": "read_topics"}),
    Look("read_model_issues", needs=_MODEL),
    Look("read_content_issues", needs=_MODEL),
    Look("read_ai_conversations", may_lack=True),
    Look("read_ai_routines", may_lack=True),
    Look("read_ai_skills", may_lack=True),
    Look("read_color_palettes", may_lack=True),
)
