"""What Omni works out for each row: fields, conditions and calculations, none of which is a value."""

from __future__ import annotations

from typing import ClassVar


class Expression:
    """What has a value, or is true or false, in each row only."""

    __slots__ = ()
    # NumPy and pandas leave the operators to these classes.
    __array_ufunc__ = None
    #: What to do instead of comparing a field with it.
    _in_place_of_it: ClassVar[str] = (
        "Compare the two columns in pandas, or make a dimension of it in the model."
    )
