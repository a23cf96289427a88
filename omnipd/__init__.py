"""pandas for Omni: every list and every governed query is a DataFrame with Arrow types."""

import pkgutil
import re
from typing import Any

from omnipd.locks import load as _load
from omnipd.version import __version__ as __version__

# The stub beside this file is what editors and type checkers read, and the table of the public names.
# Each is loaded when it is first used, so that `omnipd --help` and programs that need one name do not
# wait for pandas and all the rest.
_TABLE = (pkgutil.get_data(__name__, "__init__.pyi") or b"").decode()
_MODULE_OF = {
    name: module
    for module, name in re.findall(r"^from (\S+) import (\w+) as", _TABLE, re.MULTILINE)
}
del _MODULE_OF["__version__"]

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - a list, made from the table


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'omnipd' has no attribute {name!r}")
    module = _MODULE_OF[name]
    value = _load(f"{module}.{name}") if module == __name__ else getattr(_load(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
