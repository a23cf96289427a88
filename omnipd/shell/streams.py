"""Standard output and error as they are: of any encoding, full, closed, or read by `head`."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

import click

# What Python writes text with where nobody has chosen: it raises for what the encoding lacks.
_BY_DEFAULT = {"strict", "surrogateescape"}


class CannotBeWritten(click.ClickException):
    """Standard output takes nothing more."""

    exit_code = 8

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it as an error of omnipd is said."""
        click.echo(f"omnipd: {self.message}", err=True, file=file)


class _Output(io.BufferedIOBase):
    """The bytes of a standard stream. What it does when they cannot be written is one thing for all."""

    def __init__(self, stream: Any) -> None:
        self._bytes = None if stream is None else stream.buffer

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._bytes is not None and self._bytes.isatty()

    def fileno(self) -> int:
        if self._bytes is None:
            raise io.UnsupportedOperation("it is closed")
        return int(self._bytes.fileno())

    def write(self, data: Any, /) -> int:
        with self._failing():
            if self._bytes is None:
                raise OSError("it is closed")
            self._bytes.write(data)
        return memoryview(data).nbytes

    def flush(self) -> None:
        with self._failing():
            if self._bytes is not None:
                self._bytes.flush()

    def close(self) -> None:
        """Leave the stream to whoever has it: only what is at its end closes it."""

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._give_up()
            self.fail(error)

    def _give_up(self) -> None:
        """Let what is left go nowhere: Python would try again at its end, and complain."""
        with contextlib.suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)

    def fail(self, error: OSError) -> None:
        """Do what is done when it cannot be written."""
        if isinstance(error, BrokenPipeError):  # `… | head` has seen enough
            raise click.exceptions.Exit(0) from None
        why = error.strerror or error
        raise CannotBeWritten(f"Standard output cannot be written: {why}.") from None


class _Error(_Output):
    """Standard error: where it cannot be written, there is nobody to tell."""

    def fail(self, error: OSError) -> None:
        pass


class _Ascii(io.TextIOWrapper):
    """A console of ASCII. Under its name click takes it for a mistake, and writes UTF-8 to it."""

    encoding = "7 bits"


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Let a block write to any console: a letter that it lacks is a question mark, a full disk an error."""
    _keep_numbers_free()
    before = sys.stdout, sys.stderr
    ours = _as_text(_Output, sys.stdout), _as_text(_Error, sys.stderr)
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream, of in zip(ours, before, strict=True):
            if stream is not of:
                stream.detach()


def _as_text(kind: type[_Output], stream: Any) -> Any:
    if stream is None:  # closed: `>&-`
        return io.TextIOWrapper(kind(None), "utf-8", "replace")
    if not hasattr(stream, "buffer"):  # of a notebook, say
        return stream
    is_ascii = codecs.lookup(stream.encoding).name == "ascii"
    kind_of_text: Any = _Ascii if is_ascii else io.TextIOWrapper
    return kind_of_text(
        kind(stream),
        stream.encoding,
        "replace" if stream.errors in _BY_DEFAULT else stream.errors,
        line_buffering=stream.line_buffering,
    )


def _keep_numbers_free() -> None:
    """Let no file that is opened become a standard stream that is closed."""
    with contextlib.suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)
