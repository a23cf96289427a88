"""The file that keeps what calls change in an organization, for one server at a time."""

from __future__ import annotations

import errno
from os.path import realpath
from pathlib import Path
from typing import TYPE_CHECKING

from omnipd_sandbox.organization.organization import Organization

if TYPE_CHECKING:
    from omnipd_sandbox.folder.file_lock import FileLock
    from omnipd_sandbox.folder.state import State


class StateFile:
    """Read and write a file, and hold it while it is in use.

    What it needs of `folder` is imported late, because that needs a package of its own.

    Parameters
    ----------
    path
        Where it is, or is to be.
    begun
        What the organization begins with; it has what calls cannot change.
    """

    def __init__(self, path: Path, begun: Organization) -> None:
        # By one name, whatever leads there: the lock is beside the file itself.
        self._path = Path(realpath(path))
        self._begun = begun
        self._held: tuple[FileLock, State] | None = None

    def load(self) -> Organization:
        """Keep the file from others and give its organization; without one, it is written.

        Holding it already is no error.

        Raises
        ------
        BadOrganization
            For a file that another sandbox uses, that cannot be read, or not be understood.
        """
        from omnipd_sandbox.folder.file_lock import FileLock  # noqa: PLC0415
        from omnipd_sandbox.folder.problems import BadOrganization  # noqa: PLC0415
        from omnipd_sandbox.folder.state import State  # noqa: PLC0415

        if self._held is not None:
            return self._held[1].organization
        try:
            lock = FileLock(self._path)
            try:
                self._held = (lock, State(self._path, self._begun))
            except BaseException:
                lock.let_go()
                raise
        except OSError as error:
            raise BadOrganization(str(self._path), [error.strerror or str(error)]) from None
        return self._held[1].organization

    def store(self, organization: Organization) -> None:
        """Write what is new in the organization.

        Raises
        ------
        OSError
            When it cannot be written, or was let go; the file is as it was then.
        """
        if self._held is None:
            raise OSError(errno.EBADF, "the sandbox is closed", str(self._path))
        self._held[1].store(organization)

    def let_go(self) -> None:
        """Leave the file to others."""
        if self._held is not None:
            lock, state = self._held
            self._held = None
            state.close()
            lock.let_go()
