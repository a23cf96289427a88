"""Addresses that show Omni inside another page: signed here with the embed secret, and nothing is sent.

Only the values are signed, one to a line, in the order of their names (docs/wire.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode

from omnipd.arguments import argument, as_list, check_choice, check_flag, number_of
from omnipd.client.settings import Secret, embed_secret, tidy_base_url
from omnipd.errors import ArgumentError
from omnipd.key_texts import holds_key
from omnipd.unicode_text import whole_text

_LOGIN = "/embed/login"
_LETTERS = string.digits + string.ascii_letters
_NONCE_LENGTH = 32
_OPEN_LINKS = "__omni_link_access_open"
_CONTENT_ROLES = ("MANAGER", "EDITOR", "VIEWER", "NO_ACCESS")
_LARGEST_NUMBER = 2**53 - 1
# What is white space to JavaScript, which is not quite what it is to Python.
_SPACE = "[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"


def embed_url(
    content_path: str,
    external_id: str,
    name: str,
    *,
    organization: str | None = None,
    url: str | None = None,
    secret: str | None = None,
    access_boost: bool | None = None,
    branch: str | None = None,
    connection_roles: Mapping[str, str] | None = None,
    custom_theme: Mapping[str, Any] | None = None,
    custom_theme_id: str | None = None,
    email: str | None = None,
    entity: str | None = None,
    entity_folder_content_role: str | None = None,
    entity_folder_group_content_role: str | None = None,
    entity_folder_label: str | None = None,
    entity_group_label: str | None = None,
    filter_search_param: str | None = None,
    groups: Sequence[str] | None = None,
    link_access: Sequence[str] | str | Literal[True] | None = None,
    mode: Literal["APPLICATION", "SINGLE_CONTENT"] | None = None,
    model_roles: Mapping[str, str] | None = None,
    prefers_dark: Literal["true", "false", "system"] | bool | None = None,
    preserve_entity_folder_content_role: bool | None = None,
    theme: str | None = None,
    ui_settings: Mapping[str, Any] | None = None,
    user_attributes: Mapping[str, Any] | None = None,
    timezone: str | None = None,
    nonce: str | None = None,
) -> str:
    """Sign an address that shows a dashboard, or all of Omni, inside another page. Nothing is sent.

    Whoever opens it is signed in as the person that it names, so make one for each time that the page
    is shown, on a server, and give it to nobody else.

    Parameters
    ----------
    content_path : str
        What is shown: ``/dashboards/`` and an identifier; ``/w/``, an identifier and ``/duplicate`` for a
        workbook. Any other path needs `connection_roles` or `model_roles`.
    external_id : str
        What tells the person from others in your own system; the same for every address of theirs.
    name : str
        The name of the person, as Omni shows it.
    organization : str, optional
        The first part of your Omni's address, such as ``acme``: the address is then that of
        ``acme.embed-omniapp.co``.
    url : str, optional
        In place of `organization`, the address that your Omni is embedded from. HTTPS only, but for
        loopback addresses.
    secret : str, optional
        The embed secret of Omni's settings. Default: ``OMNI_EMBED_SECRET``. It is in no address, message
        or repr.
    access_boost : bool, optional
        Whether the person sees the content whatever the role on it allows.
    branch : str, optional
        The branch of the model to show.
    connection_roles : mapping of str to str, optional
        The person's role on each connection, by id.
    custom_theme : mapping, optional
        Colors and the like, by their names.
    custom_theme_id : str, optional
        A theme of Omni's settings.
    email : str, optional
        Address of the person.
    entity : str, optional
        The company, or the like, that the person belongs to; those of one entity share a folder.
    entity_folder_content_role, entity_folder_group_content_role : str, optional
        The role of the person, or of all people of the entity, in its folder: MANAGER, EDITOR, VIEWER or
        NO_ACCESS.
    entity_folder_label, entity_group_label : str, optional
        What the folder and the group of the entity are called.
    filter_search_param : str, optional
        Filters of the dashboard, as they stand in its address: ``f--view.field=`` and a filter.
    groups : sequence of str, optional
        The groups that the person is in; an empty list for none.
    link_access : str, sequence of str or True, optional
        The dashboards that links may lead to, by identifier; True for all.
    mode : {"APPLICATION", "SINGLE_CONTENT"}, optional
        Whether all of Omni is shown, or only the content.
    model_roles : mapping of str to str, optional
        The person's role on each model, by id.
    prefers_dark : {"true", "false", "system"} or bool, optional
        Whether it is dark; "system" is as the browser says.
    preserve_entity_folder_content_role : bool, optional
        Whether the person keeps the role in the entity's folder that they have.
    theme : str, optional
        A theme of Omni's, by name.
    ui_settings : mapping, optional
        What of Omni's own controls is shown, by their names.
    user_attributes : mapping, optional
        The person's values of user attributes, by their names: text, numbers, booleans, lists of such.
    timezone : None
        Refused: where it stands among what is signed is not known.
    nonce : str, optional
        32 letters and digits, for tests. Default: new ones for each address.

    Returns
    -------
    str

    Raises
    ------
    ArgumentError
        For what cannot be signed, or that Omni would not take; and unless there is one of `organization`
        and `url`.
    SettingsError
        If there is no secret, or it cannot be one; or `url` is not an address.

    Notes
    -----
    A line break is refused in every value: Omni signs values one to a line, so a name with one could pass
    for other values. Numbers above 2⁵³ − 1 are to be given as text.

    Examples
    --------
    >>> import omnipd
    >>> omnipd.embed_url(
    ...     "/dashboards/abc",
    ...     "u1",
    ...     "Ann B",
    ...     organization="acme",
    ...     secret="s3cret",
    ...     nonce="0123456789abcdefghijABCDEFGHIJ01",
    ... ).rpartition("&")[2]
    'signature=_j_-jbSiyO3MD90b2uuj_JTuVOfP-pvaxK9o9n6fafo'
    """
    given = dict(locals())
    held = given.pop("secret")
    key = Secret(held) if isinstance(held, str) else None
    wrong = None if key is not None or held is None else type(held).__name__
    # What fails from here on shows its locals to whoever prints a traceback with them.
    del secret, held
    if wrong is not None:
        raise ArgumentError(argument("secret") + f" is {wrong}, not text.")
    key = embed_secret(key)
    if timezone is not None:
        raise ArgumentError(
            argument("timezone", timezone)
            + " cannot be signed: where it stands among what is signed is not "
            "known.",
            hint="Leave it out; the dashboard then has the time zone of Omni's settings.",
        )
    login = _login(organization, url)
    texts = {
        wire: write(parameter, given[parameter])
        for wire, (parameter, write) in _ALL.items()
        if given[parameter] is not None or wire in _REQUIRED
    }
    texts["nonce"] = _nonce() if nonce is None else _checked_nonce(nonce)
    optional = sorted(texts.keys() - {*_REQUIRED, "nonce"})
    ordered = {wire: texts[wire] for wire in [*_REQUIRED, "nonce", *optional]}
    signature = _signature([login, *ordered.values()], key)
    return f"{login}?{urlencode({**ordered, 'signature': signature})}"


def _signature(lines: Sequence[str], secret: Secret) -> str:
    """Return the signature of values, each of which is a line."""
    text = "\n".join(lines)
    text = re.sub(f"\n{_SPACE}+", "\n", text)
    text = re.sub(f"^{_SPACE}+|{_SPACE}+$", "", text)
    digest = hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _login(organization: str | None, url: str | None) -> str:
    """Return the address that signs in."""
    if (organization is None) == (url is None):
        raise ArgumentError(
            "An address for embedding needs "
            + argument("organization", ...)
            + " or "
            + argument("url", ...)
            + ", and not both.",
            hint="Your Omni is at {organization}.embed-omniapp.co, or at an address of your own.",
        )
    if organization is not None:
        if not isinstance(organization, str) or not re.fullmatch(
            r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", organization, re.IGNORECASE
        ):
            raise ArgumentError(
                argument("organization", organization) + " is not the first part of an address.",
                hint="For another address pass " + argument("url", ...) + ".",
            )
        return f"https://{organization.lower()}.embed-omniapp.co{_LOGIN}"
    text = re.sub(r"/embed(?:/login)?/*$", "", url) if isinstance(url, str) else url
    origin = tidy_base_url(text, name="The address for embedding", sent="a signed address")  # type: ignore[arg-type]
    return origin + _LOGIN


def _nonce() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_NONCE_LENGTH))


def _checked_nonce(nonce: object) -> str:
    if not isinstance(nonce, str) or not re.fullmatch(f"[0-9A-Za-z]{{{_NONCE_LENGTH}}}", nonce):
        raise ArgumentError(
            argument("nonce", nonce) + f" is not {_NONCE_LENGTH} letters and digits.",
            hint="Leave it out: each address then has a new one.",
        )
    return nonce


def _text(name: str, value: object) -> str:
    """Return a text that is one line of what is signed."""
    if not isinstance(value, str):
        raise ArgumentError(argument(name, value) + f" must be text, not {type(value).__name__}.")
    _refuse_secrets(name, value)
    if whole_text(value) != value:
        raise ArgumentError(
            argument(name, value) + " is not valid Unicode: it has a lone surrogate."
        )
    if "\n" in value or "\r" in value:
        raise ArgumentError(
            argument(name, value) + " holds a line break, which separates what is signed."
        )
    if re.fullmatch(f"{_SPACE}*", value):
        raise ArgumentError(argument(name, value) + " is empty.")
    return value


def _refuse_secrets(name: str, text: str) -> None:
    if holds_key(text):
        raise ArgumentError(
            argument(name) + " holds an API key or the secret for embedding.",
            hint="It would stand in the address. It is not shown here on purpose.",
        )


def _path(name: str, value: object) -> str:
    path = _text(name, value)
    if not path.startswith("/"):
        raise ArgumentError(
            argument(name, path) + " is not a path: it begins with a slash.",
            hint="A dashboard is at /dashboards/ and its identifier.",
        )
    return path


def _boolean(name: str, value: Any) -> str:
    check_flag(name, value)
    return "true" if value else "false"


def _prefers_dark(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _boolean(name, value)
    check_choice(name, value, ("true", "false", "system"))
    return str(value)


def _one_of(*words: str) -> Callable[[str, Any], str]:
    def written(name: str, value: Any) -> str:
        check_choice(name, value, words)
        return str(value)

    return written


def _links(name: str, value: Any) -> str:
    if value is True:
        return _OPEN_LINKS
    if isinstance(value, bool):
        raise ArgumentError(argument(name, value) + " is not needed; leave it out for no links.")
    found = [_text(name, one) for one in as_list(name, value)]
    if not found:
        raise ArgumentError(argument(name, found) + " is empty; leave it out for no links.")
    for one in found:
        # Several may come as one text, joined as Omni joins them.
        if any(re.search(_SPACE, part) or not part for part in one.split(",")):
            raise ArgumentError(argument(name, one) + " is not the identifier of a dashboard.")
    if _OPEN_LINKS in found and len(found) > 1:
        raise ArgumentError(argument(name, found) + " names dashboards beside all of them.")
    return ",".join(found)


def _roles(name: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        raise ArgumentError(argument(name, value) + " must be a mapping of ids to roles.")
    for role in value.values():
        _text(name, role)
    return _object(name, value)


def _groups(name: str, value: Any) -> str:
    return _json(name, [_text(name, one) for one in as_list(name, value)])


def _object(name: str, value: Any) -> str:
    if not isinstance(value, Mapping):
        raise ArgumentError(argument(name, value) + " must be a mapping.")
    return _json(name, value)


def _json(name: str, value: Any) -> str:
    """Return JSON as ``JSON.stringify`` writes it: without spaces, and every letter as it is."""
    try:
        text = _stringified(name, value)
    except RecursionError:
        text = None
    if text is None:
        raise ArgumentError(argument(name) + " is nested too deeply.")
    _refuse_secrets(name, text)
    return text


def _stringified(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ArgumentError(argument(name, value) + " has a name that is not text.")
        inner = (f"{_quoted(name, key)}:{_stringified(name, one)}" for key, one in value.items())
        return f"{{{','.join(inner)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(_stringified(name, one) for one in value)}]"
    if isinstance(value, str):
        return _quoted(name, value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    number = number_of(value)
    if number is None:
        raise ArgumentError(
            argument(name, value) + f" holds a {type(value).__name__}, which JSON does not have.",
            hint="Pass it as text.",
        )
    return _number(name, number)


def _quoted(name: str, text: str) -> str:
    if whole_text(text) != text:
        raise ArgumentError(
            argument(name, text) + " is not valid Unicode: it has a lone surrogate."
        )
    return json.dumps(text, ensure_ascii=False)


def _number(name: str, number: float) -> str:
    """Return a number as JavaScript writes it, which has one kind of them."""
    if not math.isfinite(number) or (isinstance(number, int) and abs(number) > _LARGEST_NUMBER):
        raise ArgumentError(
            argument(name, number) + " is a number that JSON does not have exactly.",
            hint="Pass it as text.",
        )
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    digits, _, exponent = repr(float(number)).partition("e")
    if not exponent:
        return digits
    if -7 < int(exponent) < 0:  # up to so many zeros are written out
        sign, digits = ("-", digits[1:]) if digits[0] == "-" else ("", digits)
        return f"{sign}0.{'0' * (-int(exponent) - 1)}{digits.replace('.', '')}"
    return f"{digits}e{int(exponent):+d}"


#: How Omni spells a parameter, which one it is here, and how its value is written.
_REQUIRED: dict[str, tuple[str, Callable[[str, Any], str]]] = {
    "contentPath": ("content_path", _path),
    "externalId": ("external_id", _text),
    "name": ("name", _text),
}
_ALL = _REQUIRED | {
    "accessBoost": ("access_boost", _boolean),
    "branch": ("branch", _text),
    "connectionRoles": ("connection_roles", _roles),
    "customTheme": ("custom_theme", _object),
    "customThemeId": ("custom_theme_id", _text),
    "email": ("email", _text),
    "entity": ("entity", _text),
    "entityFolderContentRole": ("entity_folder_content_role", _one_of(*_CONTENT_ROLES)),
    "entityFolderGroupContentRole": ("entity_folder_group_content_role", _one_of(*_CONTENT_ROLES)),
    "entityFolderLabel": ("entity_folder_label", _text),
    "entityGroupLabel": ("entity_group_label", _text),
    "filterSearchParam": ("filter_search_param", _text),
    "groups": ("groups", _groups),
    "linkAccess": ("link_access", _links),
    "mode": ("mode", _one_of("APPLICATION", "SINGLE_CONTENT")),
    "modelRoles": ("model_roles", _roles),
    "prefersDark": ("prefers_dark", _prefers_dark),
    "preserveEntityFolderContentRole": ("preserve_entity_folder_content_role", _boolean),
    "theme": ("theme", _text),
    "uiSettings": ("ui_settings", _object),
    "userAttributes": ("user_attributes", _object),
}
