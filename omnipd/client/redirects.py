"""Where a redirect of a GET leads: within the API of the same Omni, or nowhere."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from dataclasses import replace

from omnipd.client import failures
from omnipd.client.api_paths import is_api_path
from omnipd.client.settings import shown_host, tidy_base_url
from omnipd.client.transport import Reply, Request
from omnipd.errors import SettingsError

_MAX_REDIRECTS = 3


def followed(
    request: Request,
    reply: Reply,
    redirects: int,
    *,
    base_url: str,
    hide_key: Callable[[str], str],
) -> Request:
    """Follow a redirect of a GET inside this origin's API: a renamed document redirects.

    Parameters
    ----------
    redirects : int
        Which one after another it is.

    Raises
    ------
    ResponseError
        If it leads elsewhere, or does not end.
    """
    host, inside, moved = None, False, ""
    try:
        parts = urllib.parse.urlsplit(
            urllib.parse.urljoin(base_url + request.path, reply.headers.get("Location", ""))
        )
        host = parts.hostname
        origin = tidy_base_url(f"{parts.scheme}://{parts.netloc}", allow_http=True)
        prefix = base_url.removeprefix(origin)
        moved = parts.path.removeprefix(prefix)
        inside = origin + prefix == base_url and is_api_path(moved)
    except (ValueError, SettingsError):
        inside = False
    to = None
    if not inside or request.method != "GET":
        to = f"to {hide_key(shown_host(host))}" if host else "to an unusable address"
    elif redirects > _MAX_REDIRECTS:
        to = "in a circle"
    if to is not None:
        url = base_url + request.path.split("?", 1)[0]
        raise failures.unwanted_redirect(to, url=url, status=reply.status)
    # Filters and the cursor go along, but for what the address says itself.
    said = {name for name, _ in urllib.parse.parse_qsl(parts.query, keep_blank_values=True)}
    params = {name: one for name, one in (request.params or {}).items() if name not in said}
    path = f"{moved}?{parts.query}" if parts.query else moved
    return replace(request, path=path, params=params)
