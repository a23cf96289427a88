"""Texts of errors and warnings, in which what is of Python is data: the shell has words of its own for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Code:
    """An argument of a function, with or without a value, or a function, as a text names it.

    Attributes
    ----------
    python : str
        How Python writes it.
    function, argument : str or None
        Their names; either may be missing.
    value : bool or tuple of str or None
        The value in words: whether, or each text of it. None where the text is about any value.
    """

    python: str
    function: str | None = None
    argument: str | None = None
    value: bool | tuple[str, ...] | None = None

    def __str__(self) -> str:
        """Return it as Python writes it."""
        return self.python


class Text(str):
    """A text in the words of Python that knows which of its parts are code.

    Texts are put together by ``+``. An f-string, or any other method of str, gives what Python says
    and no more.

    Examples
    --------
    >>> text = "Allow more time with " + Text(Code("timeout=…", argument="timeout")) + "."
    >>> text
    'Allow more time with timeout=….'
    >>> [part.argument for part in text.parts if isinstance(part, Code)]
    ['timeout']
    """

    __slots__ = ("parts",)
    parts: tuple[str | Code, ...]

    def __new__(cls, *parts: str | Code) -> Text:
        """Put a text together of texts and code."""
        self = super().__new__(cls, "".join(map(str, parts)))
        self.parts = tuple(
            part for each in parts for part in (each.parts if isinstance(each, Text) else (each,))
        )
        return self

    def __add__(self, other: str, /) -> Text:
        """Return it with a text after it."""
        return Text(self, other)

    def __radd__(self, other: str, /) -> Text:
        """Return it with a text before it."""
        return Text(other, self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive a pickle with its parts."""
        return Text, self.parts


def in_python(text: str) -> Text:
    """Return words about what only Python has, such as an attribute: the shell leaves them out.

    Examples
    --------
    >>> "One failed." + in_python(" Its .partial has the rest.")
    'One failed. Its .partial has the rest.'
    """
    return Text(Code(text))


def changed(text: str, change: Callable[[str], str]) -> str:
    """Return a text, changed outside of its code.

    Examples
    --------
    >>> changed(Text(Code("limit=0"), " is none."), str.upper)
    'limit=0 IS NONE.'
    """
    if not isinstance(text, Text):
        return change(text)
    return Text(*(part if isinstance(part, Code) else change(part) for part in text.parts))


def renamed(text: str, argument: str, name: str) -> str:
    """Return a text that is of another argument, for a function whose argument is given to another as that.

    Examples
    --------
    >>> text = Text(Code("at=1", argument="at", value=("1",)), " is none.")
    >>> renamed(text, "at", "before").parts[0].argument
    'before'
    """
    if not isinstance(text, Text):
        return text
    return Text(
        *(
            replace(part, argument=name)
            if isinstance(part, Code) and part.argument == argument
            else part
            for part in text.parts
        )
    )


def join(texts: Iterable[str | None], between: str = " ") -> str:
    """Return texts as one, but for those that are None or empty.

    Examples
    --------
    >>> join(["There is none.", None, "Write: " + Text(Code("limit=1", argument="limit"))])
    'There is none. Write: limit=1'
    """
    given = [text for text in texts if text]
    pieces = [piece for text in given for piece in (between, text)]
    return Text(*pieces[1:])
