"""The tables that a question of an administrator rests on: whole, or known not to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, Protocol, TypeVar, cast

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.inventory_parts import ALL_PARTS
from omnipd.admin.table_file import as_declared
from omnipd.arguments import argument, function, said_shortly
from omnipd.audit.each_inventory import of_each_inventory
from omnipd.audit.facts import facts_in
from omnipd.errors import ArgumentError, warn
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists.manual import list_of

#: What has a column of roles on documents and folders, which are the same everywhere.
_WITH_ROLES = {"document_access", "folder_permissions"}
_P = ParamSpec("_P")
_Answer_co = TypeVar("_Answer_co", covariant=True)


class Question(Protocol[_P, _Answer_co]):
    """A function that answers from the tables of an inventory.

    Attributes
    ----------
    needs : tuple of str
        The tables without which there is no answer.
    also : tuple of str
        Those that the answer is part of: without one of them, what rests on it is not known.
    """

    __name__: str
    needs: tuple[str, ...]
    also: tuple[str, ...]

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _Answer_co:
        """Answer the question."""
        ...


def question(
    *needs: str, also: Iterable[str] = ()
) -> Callable[[Callable[_P, _Answer_co]], Question[_P, _Answer_co]]:
    """Note on a function which tables it needs, and which it takes if they are there."""

    def note(answer: Callable[_P, _Answer_co]) -> Question[_P, _Answer_co]:
        noted = cast("Question[_P, _Answer_co]", of_each_inventory(answer))
        noted.needs, noted.also = needs, tuple(also)
        return noted

    return note


class Tables:
    """The tables of an inventory, each with the columns and types that its reader declares.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni, read or opened.
    asked : Question
        What is asked of it.

    Attributes
    ----------
    gaps : dict of str to str
        The tables that are not known whole, and why. What rests on one of them is not known.

    Raises
    ------
    ArgumentError
        If a table that is needed was not asked for, or could not be read.
    """

    def __init__(self, inventory: Inventory, asked: Question[..., Any]) -> None:
        if not isinstance(inventory, Inventory):
            raise ArgumentError(
                f"Expected an Inventory, not {said_shortly(inventory)}.",
                hint=function("read_inventory")
                + ", "
                + function("open_export")
                + ", or an Inventory of frames by their names.",
            )
        self._inventory = inventory
        self._tables: dict[str, pa.Table] = {}
        self._facts: list[dict[str, Any]] = []
        self.gaps: dict[str, str] = {}
        names = [*asked.needs, *asked.also]
        missing = [name for name in asked.needs if name not in inventory]
        if missing:
            failed = [
                f"{name}: {inventory.failures[name]}"
                for name in missing
                if name in inventory.failures
            ]
            why = f" Not read: {'; '.join(failed)}." if failed else ""
            raise ArgumentError(
                f"The inventory has no {' and no '.join(missing)}.{why}",
                hint="It takes an inventory or export with "
                + argument("include", list(asked.needs), of="read_inventory")
                + f"{_without(asked.also)}.",
            )
        for name in names:
            if name in inventory:
                frame = inventory[name]
                if not is_whole(frame):
                    self.gaps[name] = "incomplete"
                self._tables[name] = _in_upper_case(name, declared(name, frame))
                self._facts.append(facts_in(frame))
            else:
                self.gaps[name] = inventory.failures.get(name, "not in the inventory")
                self._tables[name] = _schema(name).empty_table()

    def __getitem__(self, name: str) -> pa.Table:
        """Return a table; one that was not read has no rows."""
        return self._tables[name]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table as dictionaries."""
        rows: list[dict[str, Any]] = self._tables[name].to_pylist()
        return rows

    def frame(self, name: str) -> pd.DataFrame | None:
        """Return a table as it was given; None where it was not."""
        return self._inventory.get(name)

    def is_known(self, *names: str) -> bool:
        """Whether all of these tables were read whole."""
        return not self.gaps.keys() & set(names)

    def answer(
        self, schema: pa.Schema, rows: Iterable[Mapping[str, Any]] | pa.Table
    ) -> pd.DataFrame:
        """Return rows as a frame with these columns; it is marked where a table is not known whole."""
        if isinstance(rows, pa.Table):
            table = rows.select(schema.names).cast(schema)
        else:
            table = pa.Table.from_pylist(list(rows), schema=schema)
        fetched = [facts["fetched_at"] for facts in self._facts if facts.get("fetched_at")]
        facts = {
            "instance": next((one["instance"] for one in self._facts if one.get("instance")), None),
            "fetched_at": min(fetched, default=None),
            "complete": not self.gaps,
            **({"failures": dict(self.gaps)} if self.gaps else {}),
        }
        if self.gaps:
            told = "; ".join(f"{name} ({why})" for name, why in self.gaps.items())
            warn(f"Not all is known: {told}. What rests on it is null or left open.")
        return to_frame(table, facts)


def _in_upper_case(name: str, table: pa.Table) -> pa.Table:
    """Return a table with the roles on content as questions know them: some servers send them in lower case."""
    if name not in _WITH_ROLES:
        return table
    place = table.schema.get_field_index("role")
    return table.set_column(place, table.schema.field(place), pc.utf8_upper(table.column(place)))


def _without(also: Iterable[str]) -> str:
    return f"; without {', '.join(also)} less is known" if also else ""


def _schema(name: str) -> pa.Schema:
    schema = list_of(ALL_PARTS[name].reader_name).schema
    return schema.remove_metadata()


def declared(name: str, frame: pd.DataFrame) -> pa.Table:
    """Return a frame as its reader declares it, without what was added to it."""
    schema = _schema(name)
    if not frame.columns.is_unique:
        raise ArgumentError(
            f"The frame {name} has columns of one name.",
            hint="Give it as its reader made it.",
        )
    absent = [column for column in schema.names if column not in frame.columns]
    if absent:
        raise ArgumentError(
            f"The frame {name} has no column {', '.join(absent)}.",
            hint="Give it as its reader made it.",
        )
    return as_declared(pa.Table.from_pandas(frame[schema.names], preserve_index=False), schema)
