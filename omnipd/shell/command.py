"""What all commands do alike: errors are one line and a hint, and each has its exit code."""

from __future__ import annotations

import contextlib
import functools
import logging
import signal
import threading
from collections.abc import Iterator
from typing import IO, Any

import click

from omnipd.key_texts import hide_keys
from omnipd.shell.exit_codes import ENDED_BY, exit_code
from omnipd.shell.output import check_form, checked_output
from omnipd.shell.streams import standard_streams
from omnipd.shell.words import in_words_of


class Commands(click.Group):
    """All commands. What click says of a line that it cannot read echoes parts of it, but no key."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command on the standard streams as they are."""
        with standard_streams():
            return super().main(*args, **kwargs)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the options before the command."""
        with _said_without_keys():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the rest of the line, and run the command; a signal that ends it is in the exit code."""
        with _said_without_keys():
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt as stop:
                number = signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT
            raise _Ended(number)


class _Terminated(KeyboardInterrupt):
    """An interrupt by SIGTERM."""


class _Ended(click.ClickException):
    """A command that a signal has ended."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__("Aborted!")
        self.exit_code = ENDED_BY[number]  # type: ignore[misc]

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it below what the terminal shows of Ctrl-C."""
        click.echo(f"\n{self.message}", err=True, file=file)


@contextlib.contextmanager
def shown_log() -> Iterator[None]:
    """Show the log of the package on standard error."""
    logger, handler = logging.getLogger("omnipd"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("omnipd: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextlib.contextmanager
def _said_without_keys() -> Iterator[None]:
    try:
        yield
    except click.ClickException as error:
        error.message = hide_keys(error.message)  # type: ignore[misc]
        raise


class Command(click.Command):
    """A command whose errors are one line and a hint on standard error, and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; show an error of omnipd, and end with its exit code."""
        import warnings  # noqa: PLC0415

        from omnipd.errors import OmniError, OmniWarning  # noqa: PLC0415

        with _ended_as_by_ctrl_c(), warnings.catch_warnings():
            warnings.simplefilter("always", OmniWarning)
            warnings.showwarning = functools.partial(_show_warning, self)
            try:
                if ctx.params.get("output") is not None:
                    ctx.params["output"] = checked_output(ctx.params["output"])
                if "output" in ctx.params:
                    check_form(ctx.params["output"], ctx.params["style"], raw=ctx.params["raw"])
                return super().invoke(ctx)
            except OmniError as error:
                click.echo(f"omnipd: {in_words_of(self, error.message)}", err=True)
                if error.hint:
                    click.echo(in_words_of(self, error.hint), err=True)
                for note in getattr(error, "__notes__", ()):
                    click.echo(in_words_of(self, note), err=True)
                code = exit_code(error)
            except KeyboardInterrupt as stop:
                for note in getattr(stop, "__notes__", ()):
                    click.echo(f"\n{in_words_of(self, note)}", err=True)
                raise
        return ctx.exit(code)


class CommandWithOthers(Command, click.Group):
    """A command that does something by itself, and has others below it."""


@contextlib.contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """Tidy up after SIGTERM too: by itself it ends Python silently, and leaves its files."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_number: int, _frame: object) -> None:
    raise _Terminated


def _show_warning(command: click.Command, message: Warning | str, *_: Any, **__: Any) -> None:
    from omnipd.bars import aside  # noqa: PLC0415
    from omnipd.errors import OmniWarning  # noqa: PLC0415

    text = message.args[0] if isinstance(message, OmniWarning) else str(message)
    with aside():
        click.echo(f"omnipd: {in_words_of(command, text)}", err=True)
