"""Which documents are listed, and which are known to be gone."""

from __future__ import annotations

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.facts import has_all_scopes
from omnipd.audit.tables import Tables

#: The tables by which a document is known to be there or gone.
LISTS = ("content", "documents", "embed_users")


class ListedDocuments:
    """The documents of the lists, and what could hide another one from them."""

    def __init__(self, inventory: Inventory, tables: Tables) -> None:
        self._deleted: dict[str | None, bool] = {}
        for name in ("content", "documents"):
            table = tables[name]
            self._deleted |= {
                identifier: bool(deleted) or self._deleted.get(identifier, False)
                for identifier, deleted in zip(
                    table["document_identifier"].to_pylist(),
                    table["deleted"].to_pylist(),
                    strict=True,
                )
            }
        hidden = [f"{name}: {tables.gaps[name]}" for name in LISTS if name in tables.gaps]
        if not has_all_scopes(inventory):
            hidden.append("content: it may be personal, and these are not known to be in it")
        if tables["embed_users"].num_rows:
            hidden.append("content: it may be an embed user's own, and these are not in it")
        self._hidden = "; ".join(hidden) or None

    def is_gone(self, identifier: str | None) -> tuple[bool | None, str | None]:
        """Return whether a document is gone or in the trash, and why that is not known."""
        if identifier is None:
            return None, "Omni does not tell the document"
        if identifier in self._deleted:
            return self._deleted[identifier], None
        return (True, None) if self._hidden is None else (None, self._hidden)
