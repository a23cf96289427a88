"""Fields that nothing uses, as far as that is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.model_yaml import extended_views
from omnipd.audit.tables import Tables, question
from omnipd.audit.uses import Uses
from omnipd.frames.labels import join_names

_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("model_id", "view", "field", "fully_qualified_name"), pa.string()),
        **dict.fromkeys(("kind", "label", "topics"), pa.string()),
        "is_unused": pa.bool_(),
        "reason": pa.string(),
    }
)
_MOST_NAMED = 3
#: A view and a field in lower case.
_Field = tuple[str, str]


@question(
    *("documents", "document_queries", "topic_fields", "views"),
    also=("content", "dashboard_filters", "relationships", "model_files"),
)
def unused_fields(inventory: Inventory) -> pd.DataFrame:
    """Return the fields of models that nothing is known to use, one row each.

    Parameters
    ----------
    inventory : Inventory
        With the tables that ``omnipd.audit.unused_fields.needs`` and ``.also`` name.

    Returns
    -------
    pandas.DataFrame
        With these columns:

        - ``model_id``, ``view``, ``field``: The field.
        - ``fully_qualified_name``: ``view.field``.
        - ``kind``: dimension, measure or filter.
        - ``label``: Name as people see it, where a topic has it.
        - ``topics``: The topics that offer it, comma-joined.
        - ``is_unused``: True, or null where a use was not found and there may be one.
        - ``reason``: Why it is null: what could not be looked into.

        ``is_unused`` is ``bool[pyarrow]``, all others are ``string[pyarrow]``.

    Raises
    ------
    ArgumentError
        If a table is missing that is needed.

    See Also
    --------
    field_usage : Where the others are used.

    Notes
    -----
    Where a table is missing or not whole, ``is_unused`` is null in every row. A tile or document that could
    not be looked into makes it null for the fields of its model, and of all models where it is not known
    which that is: Omni tells of many tiles only the model of their workbook. The same goes for a tile that
    names a field which no model has: it is gone, or it is the workbook's own, and may rest on any other.

    A field that only another field uses is used. A primary key is used. A field of a view that is joined
    under another name, or that another view extends, is used where the one with that name is; where it
    cannot be told which view has that name, ``is_unused`` is null.

    What nobody uses may still be what somebody looks for in a workbook, or what the AI answers with.

    Examples
    --------
    >>> import omnipd
    >>> asked = omnipd.audit.unused_fields
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=[*asked.needs, *asked.also])
    >>> unused = asked(inventory)
    >>> unused.loc[unused["view"] == "order_items", ["fully_qualified_name", "is_unused"]].head(2)
          fully_qualified_name is_unused
    58        order_items.note      True
    59  order_items.shipped_on      True
    """
    tables = Tables(inventory, unused_fields)
    uses = Uses(inventory, tables)
    found = _Found(uses)
    views = _ViewsOfModels(tables)
    gaps = [str(gap.reason) for gap in uses.gaps()]

    def rows() -> Iterator[dict[str, Any]]:
        for model, fields in views.fields.items():
            own = views.with_bases(model, found.used(model))
            reasons = [*gaps, *found.reasons(model)]
            for field, row in fields.items():
                if field not in own:
                    other = views.maybe_as(model, field, own)
                    why = _told(reasons if other is None else [other, *reasons])
                    yield {**row, "is_unused": None if why else True, "reason": why}

    return tables.answer(_SCHEMA, rows())


class _Found:
    """The uses by model, and what may be more of them."""

    def __init__(self, uses: Uses) -> None:
        self._known = uses.fields
        self._used: dict[str | None, set[_Field]] = {}
        self._open: dict[str | None, dict[str, int]] = {}
        everything = set[str]().union(*uses.fields.values())
        for use in uses:
            # The model of a workbook, a branch or none: it may be any.
            model = use.model_id if use.model_id in self._known else None
            if use.field is None:
                self._leave_open(model, str(use.reason))
                continue
            name = use.field.lower()
            view, _, field = name.partition(".")
            self._used.setdefault(model, set()).add((view, field))
            if name not in (everything if model is None else self._known[model]):
                self._leave_open(model, f"{use.field} is in no model, or a workbook's own")

    def _leave_open(self, model: str | None, why: str) -> None:
        held = self._open.setdefault(model, {})
        held[why] = held.get(why, 0) + 1

    def used(self, model: str | None) -> set[_Field]:
        """Return the fields of a model that are used."""
        return self._used.get(model, set()) | self._used.get(None, set())

    def reasons(self, model: str | None) -> list[str]:
        """Return why more fields of a model may be used, the most frequent first."""
        counted = [
            one for key in dict.fromkeys((model, None)) for one in self._open.get(key, {}).items()
        ]
        return [
            why if number == 1 else f"{why} ({number:,} times)"
            for why, number in sorted(counted, key=lambda one: -one[1])
        ]


class _ViewsOfModels:
    """The views of each model with their fields, and which of them are others by another name."""

    def __init__(self, tables: Tables) -> None:
        self.fields: dict[str | None, dict[_Field, dict[str, Any]]] = {}
        self._bases: dict[tuple[str | None, str], set[str]] = {}
        held = tables["views"].select(["model_id", "view", "field", "kind"])
        views: dict[str | None, dict[str, set[str]]] = {}
        for row in held.to_pylist():
            model, view, field = row["model_id"], row["view"], row["field"]
            if view is None:
                continue
            known = views.setdefault(model, {}).setdefault(view.lower(), set())
            if field is not None:
                known.add(field.lower())
                self._add(row)
        roles: dict[str | None, dict[str, set[str]]] = {}
        for row in tables.rows("topic_fields"):
            model, view, field = row["model_id"], row["view"], row["field"]
            if view is None or field is None:
                continue
            if view.lower() in views.get(model, {}):
                self._add(row)
            else:
                roles.setdefault(model, {}).setdefault(view.lower(), set()).add(field.lower())
        #: Of each model, the roles that may be of several views, with those; none for any.
        self._unclear: dict[str | None, list[tuple[str, list[str]]]] = {}
        for model, of_model in roles.items():
            self._match(model, of_model, views.get(model, {}))
        for row in tables.rows("model_files"):
            for view, base in extended_views(row["yaml"] or "", row["view"]):
                self._bases.setdefault((row["model_id"], view.lower()), set()).add(base.lower())

    def _match(
        self,
        model: str | None,
        roles: Mapping[str, set[str]],
        views: Mapping[str, set[str]],
    ) -> None:
        """Find the view of each role: the only one that has all its fields."""
        for role, fields in roles.items():
            fitting = [view for view, own in views.items() if fields <= own]
            if len(fitting) == 1:
                self._bases[model, role] = set(fitting)
            else:
                self._unclear.setdefault(model, []).append((role, fitting))

    def _add(self, row: dict[str, Any]) -> None:
        """Take a field; a topic says more of one that is there."""
        key = row["view"].lower(), row["field"].lower()
        known = self.fields.setdefault(row["model_id"], {}).setdefault(
            key,
            {
                "model_id": row["model_id"],
                "view": row["view"],
                "field": row["field"],
                "fully_qualified_name": f"{row['view']}.{row['field']}",
                "kind": row["kind"],
                "label": None,
                "topics": "",
            },
        )
        if row.get("topic") is not None:
            known["label"] = known["label"] or row["label"]
            topics = known["topics"]
            known["topics"] = ",".join([*([topics] if topics else []), join_names([row["topic"]])])

    def with_bases(self, model: str | None, used: set[_Field]) -> set[_Field]:
        """Return the fields that are used, with those that they are by another name."""
        known, left = set(used), list(used)
        while left:
            view, field = left.pop()
            for base in self._bases.get((model, view), ()):
                if (base, field) not in known:
                    known.add((base, field))
                    left.append((base, field))
        return known

    def maybe_as(self, model: str | None, field: _Field, used: set[_Field]) -> str | None:
        """Say which field that is used may be this one, in a view that may be its own."""
        view, name = field
        for role, fitting in self._unclear.get(model, ()):
            if (role, name) in used and (view in fitting or not fitting):
                return f"{role}.{name} is used, and {role} may be {view}"
        return None


def _told(reasons: list[str]) -> str | None:
    more = f"; and {len(reasons) - _MOST_NAMED} more" if len(reasons) > _MOST_NAMED else ""
    return "; ".join(reasons[:_MOST_NAMED]) + more if reasons else None
