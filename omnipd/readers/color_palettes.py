"""Colors of charts that an organization has made its own."""

from __future__ import annotations

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import TEXT, Column, as_json, flag, instant, text
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.inferred_paths import InferredPaths
from omnipd.lists.manual import manual

COLOR_PALETTES = Endpoint(
    "/api/v1/color-palettes",
    pages=paging.either,
    rows=None,
    key=("palette_id",),
    keyless="whole",
    exhaustive=False,
    columns={
        "palette_id": text("id", "paletteId", doc="Id of the palette"),
        "name": text("name", "label", doc="Name as people see it"),
        "type": text("type", "kind", doc="What kind of values it colors, where the server says so"),
        "colors": Column(TEXT, ("colors", "values"), "The colors, as JSON", as_json),
        "is_default": flag("isDefault", "default", doc="Whether charts begin with it"),
        "created_at": instant("createdAt", "created_at", doc="When it was made"),
        "updated_at": instant("updatedAt", "updated_at", doc="Last change"),
    },
)
_ANYWHERE = InferredPaths(COLOR_PALETTES)


@manual(COLOR_PALETTES)
def read_color_palettes(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the color palettes of an organization, one row each.

    Those that come with Omni are not among them.

    Notes
    -----
    omnipd has the address of this list from its name only, and no source says what the answer looks like:
    what omnipd does not know of it is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     palettes = omnipd.read_color_palettes()
    >>> palettes["colors"].str[:10].tolist()
    ['["#123a5c"', '["#f2f2f2"']
    """
    return _ANYWHERE.read(locals())
