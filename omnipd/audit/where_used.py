"""Where a field is used: in tiles, filters of dashboards, and the model itself."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument
from omnipd.audit.live import as_inventory
from omnipd.audit.tables import Tables, question
from omnipd.audit.uses import Use, Uses
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.queries.language.timeframes import split

_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("field", "timeframe", "used_in", "used_as"), pa.string()),
        "is_known": pa.bool_(),
        "reason": pa.string(),
        **dict.fromkeys(("model_id", "topic", "document_identifier"), pa.string()),
        **dict.fromkeys(("document_name", "owner_id", "owner_name"), pa.string()),
        **dict.fromkeys(("query_id", "query_name", "query_reference"), pa.string()),
        **dict.fromkeys(("item_id", "used_by", "schedule_ids"), pa.string()),
    }
)
_AT_A_TIME = 65_536


@question(
    *("documents", "document_queries"),
    also=(
        *("content", "dashboard_filters", "topic_fields", "relationships", "views"),
        *("model_files", "schedules"),
    ),
)
def field_usage(inventory: Inventory | Client, field: str | None = None) -> pd.DataFrame:
    """Return where fields are used, one row per use.

    Parameters
    ----------
    inventory : Inventory or Client
        With the tables that ``omnipd.audit.field_usage.needs`` and ``.also`` name, as
        :func:`omnipd.read_inventory` reads them (``include=``) or :func:`omnipd.open_export` opens them; a
        client reads them now.
    field : str, optional
        Only uses of this field, ``view.field``, in whatever timeframe; of ``view.field[month]``, in this
        one. What may be a use of it stays. Case does not matter. Default: all fields.

    Returns
    -------
    pandas.DataFrame
        With these columns:

        - ``field``: ``view.field``, without its timeframe; null where it is not known.
        - ``timeframe``: The timeframe it is used in, such as ``month``; null without.
        - ``used_in``: ``tile``, ``dashboard_filter``, ``field`` (the definition of another field),
          ``relationship`` or ``model_file`` (anything else in a model).
        - ``used_as``: In a tile ``field``, ``filter``, ``sort``, ``pivot``, ``fill``, ``total``,
          ``calculation``, ``period``, ``control`` or ``sql``; on a dashboard ``filter`` or ``control``;
          in a model the key that it stands under, such as ``sql`` or ``access_filters``.
        - ``is_known``: Whether it is a use. False where there may be one, and ``reason`` says why that is
          not known.
        - ``reason``: See there; else null.
        - ``model_id``: Model that a tile asks, which may be that of its workbook, or that it is defined in.
        - ``topic``: Topic of the tile or of the relationship.
        - ``document_identifier``, ``document_name``, ``owner_id``, ``owner_name``: Document of the tile or
          the filter, and its owner.
        - ``query_id``, ``query_name``: The tile.
        - ``query_reference``: Of a query within the query of the tile, its key.
        - ``item_id``: The filter or control of the dashboard.
        - ``used_by``: In a model the field, relationship or file.
        - ``schedule_ids``: The schedules that deliver the document, comma-joined; empty for none, null where
          they are not known.

        ``is_known`` is ``bool[pyarrow]``, all others are ``string[pyarrow]``.

    Raises
    ------
    ArgumentError
        If a table is missing that is needed, or the field is neither in a model nor used.

    See Also
    --------
    unused_fields : The fields without any use.

    Notes
    -----
    A row with ``is_known`` false stands for whatever could not be looked into: a table that was not read, a
    document whose queries Omni did not tell, a tile of SQL by hand, whose ``${view.field}`` are uses all the
    same, ``view.*``, and controls whose type omnipd does not know.

    A view that a topic joins in several roles has a name for each, and a use has the name that it stands
    under: ``origin_airport.name`` is no use of ``airports.name``.

    The YAML of models is read as Omni writes it. In it, only ``${…}`` counts in SQL; elsewhere also a name
    that is a field of the model. Labels, descriptions and comments do not count.

    Examples
    --------
    >>> import omnipd
    >>> asked = omnipd.audit.field_usage
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=[*asked.needs, *asked.also])
    >>> uses = asked(inventory, "flights.date")
    >>> uses[["used_in", "used_as", "document_name", "used_by"]]
                used_in used_as              document_name            used_by
    0              tile  filter  Busiest routes by airport               <NA>
    1              tile  filter   Cancellations by airport               <NA>
    2  dashboard_filter  filter  Busiest routes by airport               <NA>
    3  dashboard_filter  filter   Cancellations by airport               <NA>
    4             field     sql                       <NA>  flights.last_date
    """
    given = as_inventory(inventory, field_usage)
    tables = Tables(given, field_usage)
    uses = Uses(given, tables)
    wanted = None if field is None else _wanted(field)
    is_used = False

    def found() -> Iterator[Use]:
        nonlocal is_used
        for use in itertools.chain(uses.gaps(), uses):
            if wanted is not None and use.name is not None:
                bare, timeframe = split(use.name)
                if bare.lower() != wanted[0] or wanted[1] not in {None, timeframe}:
                    continue
                is_used = True
            yield use

    table = _table(found(), uses)
    if wanted is not None and not is_used and tables.is_known("views"):
        _check_exists(str(field), wanted[0], uses)
    return tables.answer(_SCHEMA, table)


def _table(found: Iterator[Use], uses: Uses) -> pa.Table:
    """Return the rows of an answer, put into columns some at a time: there may be millions."""
    schedules = uses.schedules()
    batches = []
    while some := list(itertools.islice(found, _AT_A_TIME)):
        names = [(None, None) if use.name is None else split(use.name) for use in some]
        places = [use.document_identifier for use in some]
        documents = [None if one is None else uses.documents.get(one) for one in places]
        columns = {
            "field": [bare for bare, _ in names],
            "timeframe": [timeframe for _, timeframe in names],
            "is_known": [use.name is not None for use in some],
            "document_name": [one and one.name for one in documents],
            "owner_id": [one and one.owner_id for one in documents],
            "owner_name": [one and one.owner_name for one in documents],
            "schedule_ids": [
                None if schedules is None or one is None else schedules.get(one, "")
                for one in places
            ],
        }
        for name in _SCHEMA.names:
            if name not in columns:
                columns[name] = [getattr(use, name) for use in some]
        batches.append(pa.Table.from_pydict(columns, schema=_SCHEMA))
    return pa.concat_tables([_SCHEMA.empty_table(), *batches])


def _wanted(field: str) -> tuple[str, str | None]:
    bare, timeframe = split(field) if isinstance(field, str) else ("", None)
    if not all(bare.strip().partition(".")):
        raise ArgumentError(
            argument("field", field) + " is not a field name.", hint="Write it as 'view.field'."
        )
    return bare.strip().lower(), timeframe


def _check_exists(field: str, bare: str, uses: Uses) -> None:
    """Refuse a field that nobody knows: that it is not used would say nothing."""
    known = set[str]().union(*uses.fields.values())
    if bare not in known:
        near = difflib.get_close_matches(bare, known, n=3)
        raise ArgumentError(
            argument("field", field) + " is in no model of the inventory, and nothing uses it.",
            hint=f"Did you mean {' or '.join(near)}?" if near else None,
        )
