"""Who receives a schedule by email, and whether they are outside of some domains."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from omnipd.arguments import argument, as_list
from omnipd.audit.empty_groups import EmptyGroups
from omnipd.audit.owners import PEOPLE
from omnipd.audit.reasons_to_keep import any_of
from omnipd.audit.tables import Tables
from omnipd.errors import ArgumentError

Row = Mapping[str, Any]
_EMAIL = "email"


def checked_domains(domains: Sequence[str] | str | None) -> frozenset[str] | None:
    """Return domains as addresses have them behind the ``@``, in lower case."""
    if domains is None:
        return None
    listed = as_list("domains", domains)
    if not listed:
        raise ArgumentError(
            argument("domains", listed) + " is empty; leave it out to ask for none."
        )
    for domain in listed:
        bare = domain.removeprefix("@") if isinstance(domain, str) else ""
        if not bare.strip() or "@" in bare:
            raise ArgumentError(
                argument("domains", domain) + " is not a domain.",
                hint="Give what stands behind the @ of an address: "
                + argument("domains", "example.com")
                + ".",
            )
    return frozenset(domain.removeprefix("@").strip().casefold() for domain in listed)


class Recipients:
    """The recipients of all schedules."""

    def __init__(self, tables: Tables) -> None:
        self._rows: dict[str | None, list[Row]] = {}
        for row in tables.rows("schedule_recipients"):
            self._rows.setdefault(row["schedule_id"], []).append(row)
        self._groups = EmptyGroups(tables)
        self._emails = {
            row["user_id"]: row["email"] for name in PEOPLE for row in tables.rows(name)
        }
        gap = tables.gaps.get("schedule_recipients")
        self._gap = None if gap is None else f"schedule_recipients: {gap}"

    def are_none(self, schedule: Row) -> tuple[bool | None, str | None]:
        """Return whether nobody receives a schedule; one that is no email goes somewhere."""
        if schedule["destination_type"] != _EMAIL:
            told = schedule["destination_type"] is not None
            return (False, None) if told else (None, "Omni does not tell where it goes")
        rows = self._rows.get(schedule["schedule_id"], [])
        if any(map(_is_somebody, rows)):
            return False, None
        if self._gap is not None:
            return None, self._gap
        if not rows:
            if schedule["recipient_count"] == 0:
                return True, None
            return None, "schedule_recipients: none is listed, and Omni does not count none"
        parts = [self._groups.is_empty(row["via_group_id"], row["via_group_name"]) for row in rows]
        has_member = any_of(*(None if empty is None else not empty for empty, _ in parts))
        why = "; ".join(dict.fromkeys(why for _, why in parts if why is not None))
        return (None, why) if has_member is None else (not has_member, None)

    def outside(
        self, schedule: Row, domains: Collection[str]
    ) -> tuple[bool | None, list[str], str | None]:
        """Return whether any recipient is outside of domains, their addresses, and what is not known."""
        if schedule["destination_type"] != _EMAIL:
            return None, [], "recipients: Omni does not tell where it goes"
        outside: dict[str, None] = {}
        why = {} if self._gap is None else {self._gap: None}
        rows = self._rows.get(schedule["schedule_id"], [])
        if not rows and schedule["recipient_count"] != 0:
            why["schedule_recipients: none is listed, and Omni does not count none"] = None
        for row in rows:
            address = row["email"] or self._emails.get(row["recipient_id"])
            if address is not None and "@" in address:
                if address.rpartition("@")[2].strip().casefold() not in domains:
                    outside[address] = None
            elif (
                _is_somebody(row)
                or not self._groups.is_empty(row["via_group_id"], row["via_group_name"])[0]
            ):
                why["schedule_recipients: Omni does not tell all addresses"] = None
        said = "; ".join(why) or None
        return True if outside else None if why else False, list(outside), said


def _is_somebody(row: Row) -> bool:
    return row["recipient_id"] is not None or row["email"] is not None
