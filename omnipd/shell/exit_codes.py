"""The exit code of each kind of error.

0 done, 1 something unforeseen, 2 wrong usage, 3 no or wrong settings or key,
4 done with gaps, 5 Omni could not be reached or refuses for now, 6 an answer that is not whole,
7 the query failed, 8 a file could not be written, 130 ended by Ctrl-C, 143 ended by SIGTERM.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnipd.errors import OmniError


#: As shells have it: 128 and the number of the signal.
ENDED_BY = {number: 128 + number for number in (signal.SIGINT, signal.SIGTERM)}


def exit_code(error: OmniError) -> int:
    """Return the documented exit code of an error."""
    from omnipd import errors  # noqa: PLC0415

    for kinds, code in (
        ((errors.ArgumentError,), 2),
        ((errors.SettingsError, errors.AuthenticationError, errors.ForbiddenError), 3),
        ((errors.QueryError,), 7),
        ((errors.NetworkError, errors.RateLimitError, errors.ServerError), 5),
        ((errors.OutcomeUnknownError,), 5),
        ((errors.ResponseError,), 6),
        ((errors.ExportError,), 8),
    ):
        if isinstance(error, kinds):
            return code
    return 1
