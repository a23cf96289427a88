"""How large the invented organization is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SizeName = Literal["tiny", "demo", "large"]


@dataclass(frozen=True)
class Size:
    """Count what there is; a large one has five million order items, too."""

    documents: int
    folders: int
    newcomers: bool = True
    large_data: bool = False


SIZES: Mapping[str, Size] = {
    "tiny": Size(documents=5, folders=3, newcomers=False),
    "demo": Size(documents=600, folders=60),
    "large": Size(documents=100_000, folders=10_000, large_data=True),
}
