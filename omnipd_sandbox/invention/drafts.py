"""Changes to documents that are not published yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from omnipd_sandbox.calls.query_object import QueryObject
from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import base62, instant, number, stable_uuid
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.models import ModelRecord, ModelReference
from omnipd_sandbox.organization.records import Document, StoredQuery, User

# Renamed in the model since: the content validator finds them.
_GONE = {"flights": "flights.tail_number", "orders": "order_items.sales_channel"}


@dataclass(frozen=True)
class Drafts:
    """Invent the drafts of documents; whoever works on them, and on which branch, is given."""

    users: Mapping[str, User]
    models: Mapping[str, ModelReference]
    branches: Sequence[ModelRecord]

    def of(self, document: Document) -> list[Draft]:
        """Invent at most one without a branch, one on a branch, and one that is archived."""
        topic = document.identifier
        drafts = []
        if chance.one_in(8, "draft", topic):
            drafts.append(self._draft(document, 0))
        branches = [each for each in self.branches if each.base_id == document.model_id]
        if branches and chance.one_in(20, "branch draft", topic):
            branch = chance.pick(branches, "draft branch", topic)
            drafts.append(replace(self._draft(document, 1), branch=branch))
        if chance.one_in(15, "archived draft", topic):
            drafts.append(replace(self._draft(document, 2), status="archived"))
        return drafts

    def _draft(self, document: Document, place: int) -> Draft:
        topic = (document.identifier, place)
        created = instant("draft", *topic)
        editors = list(islice(self.users.values(), 24))
        return Draft(
            identifier=base62(8, "draft", *topic).lower(),
            document=document,
            status="active",
            out_of_date=chance.one_in(4, "out of date", *topic),
            branch=None,
            created_by=self.users[document.owner_id],
            last_edited_by=chance.pick(editors, "draft editor", *topic),
            created_at=written(created),
            updated_at=written(created + timedelta(minutes=number(9000, "draft edited", *topic))),
            workbook_model_id=stable_uuid("draft workbook", *topic),
            queries=self._queries(document, topic),
        )

    def _queries(self, document: Document, topic: tuple[str, int]) -> tuple[StoredQuery, ...]:
        model = self.models[document.model_id]
        if not document.queries or model.subject not in _GONE:
            return document.queries
        if not chance.one_in(2, "draft trouble", *topic):
            return document.queries
        # A field that the model no longer has, for the content validator to find.
        first, *others = document.queries
        fields = [*QueryObject(first.query).fields, _GONE[model.subject]]
        return (replace(first, query={**first.query, "fields": fields}), *others)
