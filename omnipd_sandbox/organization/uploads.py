"""Files that people have loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Upload:
    """A file, for a whole connection or for one workbook's model."""

    id: str
    type: Literal["csv", "spreadsheet"]
    file_name: str
    view_name: str
    connection_id: str
    model_id: str | None
    table_name: str | None
    size: int | None
    created_at: str
    updated_at: str
    user_id: str | None
