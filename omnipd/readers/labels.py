"""Labels: those of the organization, and those of a frame as rows of their own."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import FLAG, TEXT, count, flag, text
from omnipd.frames.labels import split_names
from omnipd.lists import paging
from omnipd.lists.editable import Editable
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual

LABEL_LIST = Endpoint(
    "/api/v1/labels",
    pages=paging.whole,
    rows="labels",
    key=("label",),
    editable=Editable(
        "label",
        ("label",),
        columns={name: name for name in ("color", "description", "homepage", "verified")},
        renamed="new_label",
        row="exists",
    ),
    columns={
        "label": text("name", doc="Name, as in the labels of documents and folders"),
        "color": text("color", doc="Color, such as #0366d6"),
        "description": text("description", doc="Description"),
        "homepage": flag("homepage", doc="Whether it shows on the home page"),
        "verified": flag("verified", doc="Whether it marks what is verified"),
        "usage_count": count("usage_count", doc="Items that carry it"),
    },
)


@manual(LABEL_LIST)
def read_labels(
    *, strict: bool = True, refresh: bool = False, client: Client | None = None
) -> pd.DataFrame:
    """Read the labels of the organization, one row each.

    See Also
    --------
    omnipd.explode_labels : One row per item and label.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     labels = omnipd.read_labels()
    >>> bool(labels["label"].is_unique)
    True
    """
    return LABEL_LIST.read(locals())


def explode_labels(df: pd.DataFrame) -> pd.DataFrame:
    """Return one row per item and label.

    Parameters
    ----------
    df : pandas.DataFrame
        With a ``labels`` column as the readers make it (ask for ``include="labels"``), and
        ``labels_verified`` where known. There ``%2C`` stands for a comma in a name, and ``%25``
        for a percent sign that would read as one of the two.

    Returns
    -------
    pandas.DataFrame
        The columns of `df` but for ``labels`` and ``labels_verified``, then ``label`` (string) and
        ``verified`` (bool, null where the server does not say). Items without labels have no row.
        The index is that of `df`, so that a label finds its item; ``reset_index(drop=True)`` numbers
        the rows anew, and files then have no column for it.

    Raises
    ------
    ArgumentError
        If there is no ``labels`` column, or it is null throughout: the labels were not asked for.

    See Also
    --------
    omnipd.read_content : Read documents and folders.

    Examples
    --------
    >>> import omnipd
    >>> content = omnipd.flatten_content([
    ...     {"type": "document", "identifier": "d1", "name": "Sales", "labels": ["finance", "weekly"]},
    ... ])
    >>> omnipd.explode_labels(content)[["name", "label", "verified"]]
        name    label  verified
    0  Sales  finance      <NA>
    0  Sales   weekly      <NA>
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"Expected a DataFrame, not {type(df).__name__}.")
    if "labels" not in df.columns:
        raise ArgumentError(
            "The frame has no column 'labels'.", hint='Read it with include="labels".'
        )
    if len(df) and df["labels"].isna().all():
        raise ArgumentError("The labels were not asked for.", hint='Read it with include="labels".')
    joined = [None if pd.isna(value) else str(value) for value in df["labels"]]
    sure = df["labels_verified"] if "labels_verified" in df.columns else [None] * len(df)
    rows: list[int] = []
    names: list[str] = []
    verified: list[bool | None] = []
    for row, (labels, known) in enumerate(zip(joined, sure, strict=True)):
        among = None if pd.isna(known) else set(split_names(str(known)))
        for name in split_names(labels):
            rows.append(row)
            names.append(name)
            verified.append(None if among is None else name in among)
    long = df.drop(columns=["labels", "labels_verified"], errors="ignore").iloc[rows].copy()
    long["label"] = pd.Series(
        pd.array(pa.array(names, TEXT), dtype=pd.ArrowDtype(TEXT)), index=long.index
    )
    long["verified"] = pd.Series(
        pd.array(pa.array(verified, FLAG), dtype=pd.ArrowDtype(FLAG)), index=long.index
    )
    # Of an incomplete frame this is one, too; pandas need not keep it.
    long.attrs.update(df.attrs)
    return long
