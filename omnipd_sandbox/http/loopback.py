"""Who may see what needs no key: programs and browsers of this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.request import Request


def check_loopback(request: Request) -> None:
    """Refuse what does not come from this machine.

    The address at the other end is not enough: a page from anywhere, open in a browser here, can
    ask too. Its requests name another origin, or, where a name was made to point here, another
    host.

    Raises
    ------
    Forbidden
        403, saying which of these it is.
    """
    if not _is_address_of_this_machine(request.peer):
        raise Forbidden("This is for programs of the sandbox's own machine")
    if not _is_name_of_this_machine(request.headers.get("Host", "")):
        raise Forbidden("The Host header does not name this machine")
    origin = request.headers.get("Origin")
    if origin is not None and _place(origin) != request.headers.get("Host"):
        raise Forbidden("The Origin header names another page")


def is_of_another_page(request: Request) -> bool:
    """Tell whether a browser asks because of a page that is not ours.

    A link, an image or a frame names no origin. Browsers say in another header which site asks,
    or which page; "same-site" is another port of this machine.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    return _place(request.headers.get("Referer", "")) != request.headers.get("Host")


def _place(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def _is_name_of_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or _is_address_of_this_machine(name)


def _is_address_of_this_machine(address: str) -> bool:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
