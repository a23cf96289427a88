"""The people of an inventory, and whether an owner is one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from omnipd.audit.tables import Tables

#: The tables of all who may own something or receive it.
PEOPLE = ("users", "embed_users", "email_only_users")


class Owner(NamedTuple):
    """What is known of the person an id stands for.

    Attributes
    ----------
    why : str or None
        What is not known, and why.
    may_be_gone : bool
        Whether it is no user, and could only be somebody of a table that was not read.
    """

    is_gone: bool | None
    is_deactivated: bool | None
    why: str | None = None
    may_be_gone: bool = False


_NO_MATCH = "no owner's id is that of a person"


class People:
    """Everybody by id: whether they are active, where that is known."""

    def __init__(self, tables: Tables) -> None:
        self.active: dict[str, bool | None] = dict.fromkeys(
            tables["email_only_users"]["user_id"].to_pylist(), True
        )
        for name in ("embed_users", "users"):
            table = tables[name]
            self.active |= zip(
                table["user_id"].to_pylist(), table["active"].to_pylist(), strict=True
            )
        self.active.pop(None, None)  # type: ignore[call-overload]
        self._gaps = [f"{name}: {tables.gaps[name]}" for name in PEOPLE if name in tables.gaps]
        self._users_are_known = tables.is_known("users")

    def owners(self, ids: Iterable[str | None]) -> Callable[[str | None], Owner]:
        """Return what tells of each of these ids whose it is.

        On some servers owners have ids of another kind than people: where none of them is known,
        none is said to be gone.
        """
        is_of_people = any(one in self.active for one in ids)

        def owner(user_id: str | None) -> Owner:
            if user_id is None:
                return Owner(None, None, "Omni does not tell the owner")
            if user_id in self.active:
                active = self.active[user_id]
                if active is None:
                    return Owner(False, None, "Omni does not tell whether the owner is active")
                return Owner(False, not active)
            if not is_of_people:
                return Owner(None, None, "; ".join([_NO_MATCH, *self._gaps]))
            if self._gaps:
                return Owner(None, None, "; ".join(self._gaps), self._users_are_known)
            return Owner(True, False)

        return owner
