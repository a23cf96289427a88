"""Start the sandbox and connect to it: the one place where client and sandbox meet."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

from omnipd.arguments import argument, check_choice, function
from omnipd.client.client import Client
from omnipd.client.failures import Failure
from omnipd.client.settings import Secret, resolve
from omnipd.client.transport import Reply
from omnipd.errors import ArgumentError, SettingsError
from omnipd.extras import load_extra
from omnipd.locks import NO_FORK
from omnipd.paths import local_path


class Sandbox(Client):
    """A client of an Omni that runs in this process. Made by :func:`omnipd.sandbox`.

    Attributes
    ----------
    api_key : str
        The sandbox's organization key. It opens nothing but the sandbox.
    personal_key : str
        The personal access token of one of its members.
    embed_secret : str
        The secret of the sandbox that addresses for embedding are signed with.
    server : Server
        The server itself; ``server.requests`` is what it was asked.
    """

    def __init__(
        self,
        *,
        port: int,
        documents: int | None,
        size: Literal["tiny", "demo", "large"],
        org: str | Path | None,
        state: str | Path | None,
        requests_per_minute: int | None,
        cache: str | float | Literal[False],
        timeout: float | None,
        decimals: str,
        now: Callable[[], datetime] | None,
        replay: str | Path | None,
        **served: Any,
    ) -> None:
        _server_class()
        check_choice("size", size, ("tiny", "demo", "large"))
        if org is not None and (documents is not None or size != "demo"):
            raise ArgumentError(
                (
                    argument("documents")
                    + " and "
                    + argument("size")
                    + " are for what is invented, and "
                    + argument("org")
                    + " is not."
                ),
                hint="What an organization of your own holds is in its folder.",
            )
        if replay is not None:
            invents = documents is not None or size != "demo" or now is not None
            self._refuse_beside_replay(org, state, requests_per_minute, served, invents=invents)
            replay = local_path("replay", replay)
        org = None if org is None else local_path("org", org)
        state = None if state is None else local_path("state", state)
        for name in sorted({"host", "engine"} & served.keys()):
            raise ArgumentError(
                "A sandbox takes no " + argument(name) + ".",
                hint="The knobs and faults: docs/sandbox.md.",
            )
        given: dict[str, Any] = {} if now is None else {"now": now}
        given |= {} if documents is None else {"documents": documents}
        if replay is not None:
            self.server = _replay_server(replay, port)
        else:
            given |= {"requests_per_minute": requests_per_minute, "size": size, **served}
            self.server = _new_server(port, org, state, given)
        _open_door(self.server, port)
        folder = Path(tempfile.mkdtemp(prefix="omnipd-sandbox-"))
        # Also when nobody closes it: at the end of the process, or when it is let go.
        self._shut_down = weakref.finalize(self, _shut_down, self.server, folder, os.getpid())
        try:
            super().__init__(
                resolve(self.server.url, Secret(self.server.api_key)),
                cache=cache,
                requests_per_minute=requests_per_minute,
                timeout=timeout,
                decimals=decimals,
                cache_dir=folder,
                state_dir=folder,
            )
        except BaseException:
            # Whoever keeps the error would keep a server with it, its port and its file.
            self._shut_down()
            raise
        self._replays = replay is not None
        self.api_key: str = self.server.api_key
        self.personal_key: str = self.server.personal_key
        self.embed_secret: str = self.server.embed_secret

    @property
    def models(self) -> Mapping[str, str]:
        """Model name → model id, as they are now; nothing is sent for it."""
        if self._replays:  # which models there are is in the recording, or nowhere
            return super().models
        with NO_FORK:
            from omnipd.readers.model_list import ModelNames  # noqa: PLC0415 - needs pandas

        return ModelNames(self, lambda: self.server.models)

    @staticmethod
    def _refuse_beside_replay(
        org: object, state: object, pace: object, served: Mapping[str, Any], *, invents: bool
    ) -> None:
        """Refuse what says how an organization is, where there is none."""
        given = invents or any(one is not None for one in (org, state, pace))
        if (
            given
            or served.get("faults")
            or served.get("control")
            or served.keys() - {"faults", "control"}
        ):
            raise ArgumentError(
                argument("replay")
                + " answers what was recorded, and takes no argument beside it that says how an Omni is.",
                hint="Only port, cache, timeout and decimals go with it.",
            )

    def close(self) -> None:
        """Stop the server and delete what was kept on disk. It cannot be opened again."""
        super().close()
        self._shut_down()
        # They would make their folder again.
        self._cache = self._lanes.all[0].limiter = None

    def __enter__(self) -> Self:
        """Make the sandbox the default client of this context; it stops at its end."""
        return super().__enter__()

    def _forget_lists(self) -> None:
        if self._shut_down.alive:  # or it would make its folder again
            super()._forget_lists()

    def _exchange(self, *args: Any) -> Reply | Failure:
        if not self._shut_down.alive:
            raise SettingsError(
                "This sandbox is closed: it ends with its with block, or with close().",
                hint="Start another one: " + function("sandbox") + ".",
            )
        return super()._exchange(*args)


def sandbox(
    *,
    port: int = 0,
    documents: int | None = None,
    size: Literal["tiny", "demo", "large"] = "demo",
    org: str | Path | None = None,
    state: str | Path | None = None,
    requests_per_minute: int | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
    control: bool = False,
    cache: str | float | Literal[False] = "10m",
    timeout: float | None = None,
    decimals: str = "exact",
    now: Callable[[], datetime] | None = None,
    replay: str | Path | None = None,
    **knobs: Any,
) -> Sandbox:
    """Start an Omni on this machine and connect to it: no key, no network.

    A real HTTP server on loopback, over a real database. Its flights are those of New York's
    airports in 2013 (336,776 of them, as the semantic model ``flights``), its orders hold what
    flights lack (decimals, booleans, fan-out: the model ``orders``), and its documents, folders and
    people are invented and the same every day.

    Parameters
    ----------
    port : int, default 0
        0 takes a free one.
    documents : int, optional
        How many documents the organization has, if not as many as its size says.
    size : {"tiny", "demo", "large"}, default "demo"
        "tiny" has 5 documents, "demo" 600 and "large" 100,000, with 10,000 folders and 5,000,000
        order items. A large one takes half a minute to start.
    org : str or Path, optional
        A folder with an organization of your own instead: who there is and what they have, the
        models, the data. ``omnipd sandbox init FOLDER`` writes one to start from.
    state : str or Path, optional
        A file that keeps what is changed: read at the start if it is there, and written after
        each change. Folders that are missing are made. Default: changes are gone when the sandbox is closed.
    requests_per_minute : int, optional
        Make the server as strict as Omni (60), and the client keep to it. Default: no limit.
    faults : sequence of mapping, optional
        What goes wrong on purpose: ``{"kind": "status", "code": 503, "path": "/api/v1/content"}``.
        Kinds are status, html, reset, cut, slow, same_cursor, shift and drift.
    control : bool, default False
        Let any program open and close organizations at ``/_sandbox/tenants``.
    cache : str, float or False, default "10m"
        As for :func:`omnipd.connect`; kept in a folder that goes with the sandbox.
    timeout : float, optional
        As for :func:`omnipd.connect`.
    decimals : {"exact", "float64"}, default "exact"
        As for :func:`omnipd.connect`.
    now : callable, optional
        The server's clock, for relative dates and counters of views. Default: the real one.
    replay : str or Path, optional
        A file that :func:`omnipd.record` has written: what was asked then is answered as it was answered
        then, in the same order, and the last answer again and again. What is not in it is an error that
        names what was asked. Nothing that says how an Omni is goes with it.
    **knobs
        How this Omni differs from others, such as ``slow_job_polls=2`` or ``redact_sql=True``;
        the page on the sandbox lists them.

    Returns
    -------
    Sandbox
        A client; as a context manager it is the default client inside the block. ``models`` maps
        model names to ids.

    Raises
    ------
    SettingsError
        If the sandbox's packages are not installed, and the message says how; or if `port` is taken.
    ArgumentError
        If `org`, `state` or `replay` cannot be used, or a knob or fault is unknown or has a value it cannot have; the
        message says what is wrong where. If another argument cannot be used.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as omni:
    ...     len(omnipd.read_content())
    550
    """
    return Sandbox(
        port=port,
        documents=documents,
        size=size,
        org=org,
        state=state,
        requests_per_minute=requests_per_minute,
        cache=cache,
        timeout=timeout,
        decimals=decimals,
        now=now,
        replay=replay,
        faults=faults,
        control=control,
        **knobs,
    )


def start_server(**given: Any) -> Any:
    """Start the server alone, without a client; for the fixtures of tests.

    Raises
    ------
    SettingsError
        If the sandbox's packages are not installed; the message says how.
    """
    return _server_class()(**given).start()


def write_demo(folder: Path) -> None:
    """Write the organization of the sandbox as a folder, to be changed and brought back.

    Raises
    ------
    ArgumentError
        If there is something in the folder already, or it cannot be made.
    """
    folder = local_path("folder", folder)
    server = _server_class()()
    with NO_FORK:
        from omnipd_sandbox.folder.demo import write_folder  # noqa: PLC0415 - needs what a server does

    unusable = None
    try:
        write_folder(folder, server.organization)
    except _bad_organization() as error:
        unusable = str(error)
    if unusable is not None:
        raise ArgumentError(unusable, hint="Name a folder that is not there yet.")


def _bad_organization() -> type[ValueError]:
    with NO_FORK:
        from omnipd_sandbox.folder.problems import BadOrganization  # noqa: PLC0415 - as the server

    return BadOrganization


def _new_server(port: int, org: Path | None, state: Path | None, given: Mapping[str, Any]) -> Any:
    """Make a server; say what is wrong with what it is given as an error of omnipd."""
    bad_org = bad_knob = None
    try:
        if state is not None:
            state.parent.mkdir(parents=True, exist_ok=True)
        return _server_class()(port=port, org=org, state=state, **given)
    except _bad_organization() as error:
        bad_org = str(error)
    except OSError as error:
        bad_org = f"{error.filename or org or state}: {error.strerror or error}"
    except ValueError as error:
        bad_knob = str(error)
    if bad_org is not None:
        raise ArgumentError(bad_org, hint="What a folder and a state hold: docs/sandbox.md.")
    raise ArgumentError(f"{bad_knob}.", hint="The knobs and faults: docs/sandbox.md.")


def _replay_server(replay: Path, port: int) -> Any:
    """Make a server that answers a recording; say what is wrong with that as an error of omnipd."""
    with NO_FORK:
        from omnipd_sandbox.replay.server import ReplayServer  # noqa: PLC0415 - as the server

    try:
        return ReplayServer(replay, port=port)
    except ValueError as error:
        wrong = str(error)
    raise ArgumentError(f"{wrong}.", hint="A recording is what " + function("record") + " writes.")


def _open_door(server: Any, port: int) -> None:
    unusable = None
    try:
        server.start()
    except OSError as error:
        # It holds the state file already.
        server.close()
        unusable = str(error)
    if unusable is not None:
        raise SettingsError(
            f"Port {port} cannot be used: {unusable}.", hint="Port 0 takes a free one."
        )


def _shut_down(server: Any, folder: Path, pid: int) -> None:
    if os.getpid() == pid:  # a child of a fork has neither the threads of the server nor its folder
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def _server_class() -> type:
    """Import the server late: only those who use it need its packages."""
    for module in ("omnipd_sandbox.engine.bundled", "omnipd_sandbox.server"):
        load_extra(module, "sandbox", "The sandbox needs")
    with NO_FORK:
        from omnipd_sandbox.server import Server  # noqa: PLC0415
    return Server
