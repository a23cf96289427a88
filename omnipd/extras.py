"""Packages that only an extra of omnipd brings."""

from __future__ import annotations

from types import ModuleType

from omnipd.errors import SettingsError
from omnipd.locks import load


def load_extra(module: str, extra: str, needs: str) -> ModuleType:
    """Import a module of an extra late, or say how it is installed.

    Parameters
    ----------
    module : str
        The module.
    extra : str
        The extra that brings its package.
    needs : str
        The beginning of the message: ``Excel files need``.

    Raises
    ------
    SettingsError
        If the package, or one that it needs, is not installed.
    """
    try:
        return load(module)
    except ModuleNotFoundError as error:
        missing = error.name
    raise SettingsError(
        f"{needs} a package that is not installed: {missing}.",
        hint=f'pip install "omnipd[{extra}]"',
    )
