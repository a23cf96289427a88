"""HTML as elements: what is text stays text, whatever it holds."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

Child = Element | str | None


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Element:
    """Make an element; `class_` stands for class, and an attribute that is None or False is left out."""
    made = Element(
        name,
        {
            key.rstrip("_").replace("_", "-"): key.rstrip("_") if value is True else str(value)
            for key, value in attributes.items()
            if value is not None and value is not False
        },
    )
    for child in children:
        if isinstance(child, str):
            if len(made):
                made[-1].tail = (made[-1].tail or "") + child
            else:
                made.text = (made.text or "") + child
        elif child is not None:
            made.append(child)
    return made


def written(document: Element) -> bytes:
    """Write a document; a lone surrogate has no bytes and becomes a question mark."""
    text = tostring(document, encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n".encode(errors="replace")
