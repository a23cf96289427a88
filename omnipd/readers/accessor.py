"""What every frame has as ``df.omni``: the functions about frames, and columns made of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, function
from omnipd.errors import ArgumentError, warn
from omnipd.formats.style import styled
from omnipd.frames.columns import FLAG, TEXT
from omnipd.frames.labels import split_names
from omnipd.frames.to_pandas import is_whole, marked_incomplete
from omnipd.readers.folders import folder_tree
from omnipd.readers.labels import explode_labels

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

#: The columns that hold an address as Omni sends it.
_SENT = ("url", "omni_chat_url")


@pd.api.extensions.register_dataframe_accessor("omni")
class OmniAccessor:
    """What a frame of omnipd has as ``df.omni``.

    It is there as soon as any function of omnipd has been used; ``import omnipd.readers`` gives it to
    frames that pandas itself has opened. Nothing is sent to Omni.

    Parameters
    ----------
    df : pandas.DataFrame
        The frame.

    Examples
    --------
    >>> import omnipd
    >>> content = omnipd.flatten_content([
    ...     {"type": "document", "identifier": "d1", "name": "Sales", "labels": ["finance", "weekly"]},
    ...     {"type": "document", "identifier": "d2", "name": "Costs", "labels": []},
    ... ])
    >>> content[content.omni.has_label("weekly")]["name"].tolist()
    ['Sales']
    """

    def __init__(self, df: pd.DataFrame) -> None:
        self._df = df

    def explode_labels(self) -> pd.DataFrame:
        """Return one row per item and label, as :func:`omnipd.explode_labels`."""
        return explode_labels(self._df)

    def folder_tree(self) -> pd.DataFrame:
        """Return folders with parents, depth and rolled-up counts, as :func:`omnipd.folder_tree`."""
        return folder_tree(self._df)

    def style(self, formats: Mapping[Any, str] | None = None) -> Styler:
        """Return the frame as a table for a notebook, with its values as Omni shows them.

        Parameters
        ----------
        formats : dict, optional
            As for :func:`omnipd.format_values`.

        Returns
        -------
        pandas.io.formats.style.Styler
            Numbers stand to the right, anything else to the left, and null is empty. The values of the
            frame stay what they are, so that more styles can be added, such as colors by value.

        Raises
        ------
        SettingsError
            If Jinja2 is not installed: ``pip install "omnipd[style]"``.
        ArgumentError
            If two rows or columns have one name, which pandas does not style.

        Examples
        --------
        >>> import omnipd
        >>> with omnipd.sandbox():
        ...     df = omnipd.Query("orders", "orders").select("order_items.total_sale_price").run()
        >>> "$10,601.60" in df.omni.style().to_html()
        True
        """
        return styled(self._df, formats)

    def has_label(self, name: str) -> pd.Series:
        """Return whether each row carries a label.

        Parameters
        ----------
        name : str
            The label as it is written in Omni; upper and lower case differ.

        Returns
        -------
        pandas.Series
            bool, with the index of the frame; null where the labels of a row are not known.

        Raises
        ------
        ArgumentError
            If the frame has no column ``labels``.

        Warns
        -----
        OmniWarning
            If no labels are known at all: they were not asked for.

        Examples
        --------
        >>> import omnipd
        >>> content = omnipd.flatten_content([
        ...     {"type": "document", "identifier": "d1", "labels": ["finance"]},
        ...     {"type": "document", "identifier": "d2"},
        ... ])
        >>> content.omni.has_label("finance").tolist()
        [True, <NA>]
        """
        if not isinstance(name, str):
            raise ArgumentError(argument("name", name) + " is not text: the name of one label.")
        labels = self._column("labels", 'Read it with include="labels".')
        if len(labels) and labels.isna().all():
            warn(
                "The labels of these rows are not known, and the answer is null for each: "
                'read them with include="labels".'
            )
        held = [None if pd.isna(one) else name in split_names(str(one)) for one in labels]
        return pd.Series(
            pd.array(pa.array(held, FLAG), dtype=pd.ArrowDtype(FLAG)),
            index=labels.index,
            name="has_label",
        )

    def with_owners(self, users: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with what is known of the owner of each row.

        Parameters
        ----------
        users : pandas.DataFrame
            From :func:`omnipd.read_users`.

        Returns
        -------
        pandas.DataFrame
            The same rows in the same order, with the columns of `users` but for ``user_id`` after
            them, each with ``owner_`` before its name, such as ``owner_email``. They are null where no
            user has that id, and where the owner is not known. It is marked incomplete where one of the
            two is.

        Raises
        ------
        ArgumentError
            If the frame has no ``owner_id`` or already one of these columns, or if two rows of `users` have
            the same id.

        Notes
        -----
        On some servers owners have other ids than users; then all that is
        added is null. How the tables join is told on a page of its own.

        Examples
        --------
        >>> import omnipd
        >>> with omnipd.sandbox():
        ...     content = omnipd.read_content(limit=3)
        ...     users = omnipd.read_users()
        >>> owned = content.omni.with_owners(users)
        >>> len(owned), int(owned["owner_email"].notna().sum())
        (3, 3)
        """
        owner_ids = self._column("owner_id", "Documents, folders and content have owners.")
        if not isinstance(users, pd.DataFrame) or "user_id" not in users.columns:
            raise ArgumentError(
                argument("users") + " is no frame with a column 'user_id'.",
                hint="Pass what " + function("read_users") + " returns.",
            )
        people = users[users["user_id"].notna()]
        if not people["user_id"].is_unique:
            twice = people["user_id"][people["user_id"].duplicated()].iloc[0]
            raise ArgumentError(
                argument("users") + f" has several rows of the user_id {str(twice)!r:.60}.",
                hint='Leave one of each: users.drop_duplicates("user_id").',
            )
        found = people.drop(columns="user_id").add_prefix("owner_").reset_index(drop=True)
        there = [name for name in found.columns if name in self._df.columns]
        if there:
            raise ArgumentError(f"The frame has already a column {there[0]!r}.")
        places = pd.Index(people["user_id"]).get_indexer(pd.Index(owner_ids))
        found = found.reindex(places).set_axis(self._df.index)
        joined = pd.concat([self._df, found], axis=1)
        joined.attrs.update(self._df.attrs)
        return joined if is_whole(users) else marked_incomplete(joined)

    def links(self) -> pd.Series:
        """Return the address that opens each row's item in a browser.

        Returns
        -------
        pandas.Series
            Text, with the index of the frame. It is the address that Omni sent, where it sent one. Else
            it is made for documents, on the Omni that the frame came from: that of the dashboard where
            ``has_dashboard`` is true, that of the workbook otherwise. Null for what has neither, and
            where the frame does not say which Omni it came from.

        Raises
        ------
        ArgumentError
            If the frame has no column of addresses, and none of identifiers of documents.

        Notes
        -----
        Who may only view a document does not open its workbook.

        Examples
        --------
        >>> import omnipd
        >>> with omnipd.sandbox():
        ...     content = omnipd.read_content(limit=1)
        >>> content.omni.links().tolist()
        ['https://sandbox.omni.example/dashboards/v3spj1wn19']
        """
        if not {*_SENT, "document_identifier"} & {*self._df.columns}:
            raise ArgumentError(
                "The frame has no column 'url' and no 'document_identifier': nothing in it can be opened."
            )
        facts = self._df.attrs.get("omni")
        instance = facts.get("instance") if isinstance(facts, dict) else None
        documents = zip(
            self._values("document_identifier"), self._values("has_dashboard"), strict=True
        )
        made = [_address(instance, identifier, shows) for identifier, shows in documents]
        sent = zip(*(self._values(name) for name in _SENT), strict=True)
        links = [
            next((str(one) for one in row if not pd.isna(one) and one != ""), other)
            for row, other in zip(sent, made, strict=True)
        ]
        return pd.Series(
            pd.array(pa.array(links, TEXT), dtype=pd.ArrowDtype(TEXT)),
            index=self._df.index,
            name="link",
        )

    def _values(self, name: str) -> list[Any]:
        """Return the values of a column; nulls if there is none."""
        return self._df[name].tolist() if name in self._df.columns else [None] * len(self._df)

    def _column(self, name: str, hint: str) -> pd.Series:
        if name not in self._df.columns:
            raise ArgumentError(f"The frame has no column {name!r}.", hint=hint)
        return self._df[name]


def _address(instance: str | None, identifier: Any, has_dashboard: Any) -> str | None:
    """Return where a document opens, as docs/wire.md has it; apps and folders are only known by what is sent."""
    if instance is None or pd.isna(identifier):
        return None
    page = "dashboards" if has_dashboard is True else "w"
    return f"{instance}/{page}/" + quote(str(identifier), safe="")
