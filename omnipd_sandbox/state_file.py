"""The file that keeps what calls change in an organization, for one server at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from omnipd_sandbox.organization.organization import Organization

if TYPE_CHECKING:
    from omnipd_sandbox.folder.file_lock import FileLock


class StateFile:
    """Read and write a file, and hold it while it is in use.

    What it needs of `folder` is imported late, because that needs a package of its own.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: FileLock | None = None

    def load(self, begun: Organization) -> Organization:
        """Give the organization of the file; without one, it is written as it begins.

        Raises
        ------
        BadOrganization
            For a file that cannot be read, or not be understood.
        """
        from omnipd_sandbox.folder import state  # noqa: PLC0415
        from omnipd_sandbox.folder.problems import BadOrganization  # noqa: PLC0415

        try:
            self.hold()
            if self._path.exists():
                return state.load(self._path, begun)
            state.store(begun, self._path)
        except OSError as error:
            self.let_go()
            raise BadOrganization(str(self._path), [error.strerror or str(error)]) from None
        except BadOrganization:
            self.let_go()
            raise
        return begun

    def store(self, organization: Organization) -> None:
        """Write the organization as it is now."""
        from omnipd_sandbox.folder import state  # noqa: PLC0415

        state.store(organization, self._path)

    def hold(self) -> None:
        """Keep the file from others; holding it already is no error."""
        from omnipd_sandbox.folder.file_lock import FileLock  # noqa: PLC0415

        if self._held is None:
            self._held = FileLock(self._path)

    def let_go(self) -> None:
        """Leave the file to others."""
        if self._held is not None:
            self._held.let_go()
            self._held = None
