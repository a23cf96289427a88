"""A frame as a table of HTML that shows values as Omni does."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from omnipd.errors import ArgumentError
from omnipd.extras import load_extra
from omnipd.formats.format_values import format_values
from omnipd.message import in_python

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


def styled(df: pd.DataFrame, formats: Mapping[Any, str] | None = None) -> Styler:
    """Return a frame styled: its values as Omni shows them, numbers to the right.

    Parameters
    ----------
    df : pandas.DataFrame
        The frame, which is not changed.
    formats : mapping, optional
        As for :func:`format_values`.
    """
    load_extra("jinja2", "style", "A styled table needs")
    if not (df.index.is_unique and df.columns.is_unique):
        raise ArgumentError(
            "pandas styles no frame in which two rows or two columns have the same name.",
            hint=in_python("df.reset_index(drop=True) numbers the rows."),
        )
    shown = format_values(df, formats)
    styler = df.style
    written = {name: _looked_up(column, shown[name]) for name, column in df.items()}
    styler.format(cast("Any", written), na_rep="", escape="html")
    for axis, heads in (("index", df.index), ("columns", df.columns)):
        styler.format_index(escape="html", axis=cast("Any", axis))
        for level in range(heads.nlevels):
            values = heads.get_level_values(level)
            if pd.api.types.is_datetime64_any_dtype(values.dtype):
                texts = _head_texts(values, df.attrs)
                styler.format_index(texts, level=level, axis=cast("Any", axis))
    sides = {
        name: "right" if pd.api.types.is_any_real_numeric_dtype(column.dtype) else "left"
        for name, column in df.items()
    }
    return styler.set_table_styles(
        {name: [{"selector": "", "props": [("text-align", at)]}] for name, at in sides.items()}
    )


def _head_texts(times: pd.Index[Any], attrs: dict[Hashable, Any]) -> Callable[[Any], str]:
    """Return what gives the text of a time in the heads of rows or columns."""
    held = times.to_frame(index=False)
    held.attrs = attrs
    texts = format_values(held)
    return _looked_up(held.iloc[:, 0], texts.iloc[:, 0])


def _looked_up(column: pd.Series[Any], texts: pd.Series[Any]) -> Callable[[Any], str]:
    """Return what gives the text of a value of a column; text itself comes escaped already."""
    known = {
        value: html.escape(text)
        for value, text in zip(column, texts, strict=True)
        if isinstance(text, str) and isinstance(value, Hashable)
    }

    def text_of(value: Any) -> str:
        if isinstance(value, str):
            return value
        found = known.get(value) if isinstance(value, Hashable) else None
        return html.escape(str(value)) if found is None else found

    return text_of
