"""Colors of charts: ``GET /color-palettes``."""

from __future__ import annotations

from operator import itemgetter

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.parameters import pages
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.calls.tables import rows_of, show_page
from omnipd_sandbox.http.reply import Reply


def color_palette_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [Endpoint("GET", "/api/v1/color-palettes", list_color_palettes, pages())]


def list_color_palettes(call: Call) -> Reply:
    """Answer with one page of the palettes, oldest first; those that come with Omni are not among them."""
    return show_page(call, rows_of(call, "color_palettes"), itemgetter("createdAt"))
