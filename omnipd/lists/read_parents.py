"""One reading of the lists of many parents: what comes of each, in whatever order, in theirs."""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument
from omnipd.cache.checkpoint import Checkpoint, current_checkpoint
from omnipd.cache.lifetime import in_words
from omnipd.call import WouldSend, current_call, part_of_call, rehearsal
from omnipd.client.client import Client
from omnipd.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OmniError,
    held_warnings,
    warn,
)
from omnipd.frames.to_pandas import to_frame
from omnipd.in_threads import as_completed
from omnipd.lists.outcomes import (
    NONE,
    NOT_ASKED,
    OK,
    OUTCOMES,
    as_fact,
    as_facts,
    from_facts,
    outcome_of,
)
from omnipd.lists.parents import Key
from omnipd.lists.read_list import IN_PARTIAL, Reading
from omnipd.message import in_python, join
from omnipd.progress import steps

if TYPE_CHECKING:
    from omnipd.lists.fanout import FanOut

#: What may be wrong with one parent and not with the next. A key that is unknown, a network that
#: is down or a limit that is reached would fail them all.
OF_ONE_PARENT = (BadRequestError, ConflictError, ForbiddenError, NotFoundError)

_MOST_NAMED = 20
#: Of how many parents the first pages are asked for at most, to count what all take.
_MOST_COUNTED = 40

#: What came of one parent, and what was warned of.
_Answer = tuple[Reading | OmniError | WouldSend, list[str]]

#: What takes the rows of each parent instead of the frame, in the parents' order, and when they came.
RowsInto = Callable[[pa.Table, str], object]
_ROWS_INTO: ContextVar[RowsInto | None] = ContextVar("omnipd-rows-into", default=None)


@contextlib.contextmanager
def rows_into(take: RowsInto) -> Iterator[None]:
    """Hand the rows of the next fan-out over as they come; its frame is empty then.

    It is for what is too large to be held. Lists that have to be seen as a whole, such as those of all
    scopes, stay as they are.
    """
    before = _ROWS_INTO.get()
    try:
        _ROWS_INTO.set(take)
        yield
    finally:
        _ROWS_INTO.set(before)


class ParentsRead:
    """One reading of a fan-out.

    Parameters
    ----------
    fanout : FanOut
        What is read.
    keys : list of tuple of str
        The parents.
    has_some : mapping
        What is known of some of them: whether they have any.
    acting : mapping
        As :meth:`FanOut.read` takes them, with the client.
    collect : bool
        Whether to go on after a parent that is refused.
    """

    def __init__(
        self,
        fanout: FanOut,
        keys: list[Key],
        has_some: Mapping[Key, bool],
        acting: Mapping[str, Any],
        *,
        collect: bool,
    ) -> None:
        self._fanout = fanout
        self._has_some = has_some
        self._acting = acting
        self._client: Client = acting["client"]
        self._collect = collect
        self._waiting = deque(keys)
        self._counted = {key for key in keys[:_MOST_COUNTED] if fanout.has_first_page(key)}
        self._outcomes = dict.fromkeys(keys, NOT_ASKED)
        self._tables: dict[Key, pa.Table] = {}
        self._sum = _Sum()
        self._failed: dict[Key, OmniError] = {}
        #: Whose refusals the checkpoint had.
        self._old: set[Key] = set()
        self._rows_into = _ROWS_INTO.get() if fanout.in_parts else None
        if self._rows_into is not None:
            _ROWS_INTO.set(None)  # what a progress function reads meanwhile is its own
        self._to_hand_over = deque(keys)
        self._came_at: dict[Key, str] = {}

    def run(self, checkpoint: Checkpoint | None, known: dict[Key, Reading]) -> pd.DataFrame:
        """Read the lists of all parents.

        Parameters
        ----------
        checkpoint : Checkpoint, optional
            What keeps the answers.
        known : dict
            What is read already of some; emptied.
        """

        def ask(key: Key) -> _Answer:
            if (reading := known.pop(key, None)) is not None:
                return reading, []
            return self._told_before(key, checkpoint) or self._ask(key)

        unsent: list[WouldSend] = []
        with (
            steps(self._client, self._fanout.endpoint.path) as how_far,
            # Whatever leaves early ends the threads at once, also where its traceback is kept.
            contextlib.closing(_answers(ask, self._waiting, self._client.in_flight)) as answers,
        ):
            how_far.total, how_far.left = len(self._outcomes), len(self._outcomes) - len(known)
            for done, (key, (answer, said)) in enumerate(answers, 1):
                for text in said:
                    warn(text)
                if isinstance(answer, WouldSend):
                    unsent.append(answer)
                    continue
                if isinstance(answer, OmniError) and self._is_asked_again(key, answer):
                    unsent.append(WouldSend(1))
                    continue
                if isinstance(answer, OmniError):
                    self._take_refusal(key, answer, checkpoint)
                else:
                    self._take(key, *answer)
                self._hand_over()
                total = len(self._outcomes)
                how_far.at(done, total, left=total - done - len(known))
        if unsent:
            raise self._lacking(unsent)
        # Where rows are handed over there may be those of other parents, and nobody chose the arguments.
        all_failed = len(self._failed) == len(self._outcomes) and self._rows_into is None
        if all_failed and _say_the_same(self._failed):
            first = next(iter(self._failed.values()))
            first.add_note(
                f"All {len(self._failed)} are refused in these words: an argument may be wrong."
            )
            raise first
        return to_frame(self._joined(), self._facts())

    def _lacking(self, unsent: list[WouldSend]) -> WouldSend:
        """Sum up what is lacking of all parents, and how many rows those have that are counted."""
        counted = self._counted
        held = (self._tables[key].num_rows for key in counted if key in self._tables)
        return WouldSend(
            sum(one.requests or 1 for one in unsent),
            len(self._outcomes) - len(unsent) + sum(one.stored for one in unsent),
            rows=sum(held) + sum(one.rows or 0 for one in unsent) if counted else None,
            more=next(
                (one.more for one in unsent if one.more),
                None
                if len(counted) == len(self._outcomes)
                else self._fanout.why_more(self._client),
            ),
        )

    def told_before(self, checkpoint: Checkpoint | None) -> int:
        """Return of how many parents the checkpoint has a refusal that is still an answer."""
        return sum(self._told_before(key, checkpoint) is not None for key in self._outcomes)

    def so_far(self) -> list[str]:
        """Say how far the reading is, when it is interrupted."""
        done = sum(outcome != NOT_ASKED for outcome in self._outcomes.values())
        if not done:
            return []
        return [
            f"Read so far of {self._fanout.endpoint.path}: {done:,} of {len(self._outcomes):,}.",
            kept(self._client, refresh=self._acting.get("refresh", False)),
        ]

    def _ask(self, key: Key) -> _Answer:
        """Read the list of one parent, in any thread; what is warned of is told where it is taken."""
        only_counted = current_call().counts and key not in self._counted
        with (
            held_warnings() as said,
            rehearsal() if only_counted else contextlib.nullcontext(),
        ):
            try:
                return self._fanout.read_one(key, self._acting, self._has_some.get(key)), said
            except OmniError as error:
                if isinstance(error, BadRequestError | NotFoundError) and self._fanout.ids:
                    # A name or a path may stand where the id belongs; only Omni can tell.
                    error.hint = join([error.hint, *self._fanout.ids.values()])
                return error.with_traceback(None), said  # its frames hold the answer
            except WouldSend as nothing:
                return nothing, said

    def _told_before(self, key: Key, checkpoint: Checkpoint | None) -> _Answer | None:
        """Return a refusal that the checkpoint has, where it is still an answer."""
        told = None if checkpoint is None else checkpoint.refusal(self._fanout.named(key))
        if told is None:
            return None
        outcome, error = from_facts(told)
        is_none = self._fanout.says_none(error, self._has_some.get(key))
        if is_none or (self._collect and outcome != NONE):
            self._old.add(key)
            return error, []
        return None

    def _take(self, key: Key, table: pa.Table, reading: Mapping[str, Any]) -> None:
        self._outcomes[key], self._tables[key] = OK, self._fanout.with_key(table, key)
        self._sum.add(reading)
        if self._rows_into is not None:
            self._came_at[key] = reading["fetched_at"]
        # More parents may become known on the way, behind those that are.
        further = [one for one in self._fanout.further(key, table) if one not in self._outcomes]
        self._outcomes |= dict.fromkeys(further, NOT_ASKED)
        self._waiting.extend(further)
        self._to_hand_over.extend(further)

    def _take_refusal(self, key: Key, error: OmniError, checkpoint: Checkpoint | None) -> None:
        """Note that a parent has none, or why it cannot be read; raise where that ends the reading."""
        of_one = isinstance(error, OF_ONE_PARENT)
        if of_one and self._fanout.says_none(error, self._has_some.get(key)):
            self._outcomes[key] = NONE
        else:
            self._outcomes[key], self._failed[key] = outcome_of(error), error
            if not (of_one and self._collect):
                raise self._with_partial(error, key)
        old = key in self._old
        self._sum.add({"requests": int(not old), "from_checkpoint": int(old)})
        if checkpoint is not None and key not in self._old:
            checkpoint.keep_refusal(self._fanout.named(key), as_facts(error, self._outcomes[key]))

    def _is_asked_again(self, key: Key, error: OmniError) -> bool:
        """Whether a refusal came of counting, and is none that ends the reading: that asks once more."""
        goes_on = self._collect or self._fanout.says_none(error, self._has_some.get(key))
        return (
            current_call().counts
            and key not in self._old
            and goes_on
            and isinstance(error, OF_ONE_PARENT)
        )

    def _hand_over(self) -> None:
        """Hand over the rows of those parents before whom no one is still to come."""
        if self._rows_into is None:
            return
        while self._to_hand_over and self._outcomes[self._to_hand_over[0]] != NOT_ASKED:
            key = self._to_hand_over.popleft()
            table = self._tables.pop(key, None)
            if table is not None:
                self._rows_into(table, self._came_at.pop(key))

    def _joined(self) -> pa.Table:
        """Return the rows of all parents, in the parents' order."""
        return self._fanout.joined(
            [self._tables[key] for key in self._outcomes if key in self._tables]
        )

    def _with_partial(self, error: OmniError, key: Key) -> OmniError:
        became = as_fact(self._fanout.parent, self._outcomes, self._failed)
        error.partial = to_frame(self._joined(), {"complete": False, OUTCOMES: became})
        if hasattr(error, "__notes__"):
            error.__notes__ = [note.replace(IN_PARTIAL, "") for note in error.__notes__]
        if (count := len(self._outcomes)) > 1:
            partial = "" if self._rows_into else "; the rows that had come are in .partial"
            place = 1 + list(self._outcomes).index(key)
            error.add_note(f"At {' / '.join(key)}, {place} of {count}" + in_python(partial) + ".")
        return error

    def _facts(self) -> dict[str, Any]:
        """Sum up how the parents were read; the frame is as old as the oldest answer in it."""
        summed, failed, count = self._sum, self._failed, len(self._outcomes)
        facts: dict[str, Any] = {
            "instance": self._client.base_url,
            "endpoint": self._fanout.endpoint.path,
            "parents": count,
            "fetched_at": summed.fetched_at,
            "requests": summed.requests,
            "from_checkpoint": summed.from_checkpoint,
            "from_cache": count > 0 and summed.requests == 0,
            "duplicates_checked": summed.duplicates_checked,
            "shifts_checked": summed.shifts_checked,
            "complete": not failed and summed.complete,
        }
        if failed:
            named = {"/".join(key): failed[key].message for key in list(failed)[:_MOST_NAMED]}
            facts |= {"failed": len(failed), "failures": named}
            first = next(iter(named.values()))
            warn(
                f"{len(failed)} of {count} could not be read and the frame is marked incomplete: "
                f"{', '.join(named)}{' …' if len(failed) > len(named) else ''}. The first of them: "
                + first
                + ("" if first.endswith(".") else ".")
                + in_python(' df.attrs["omni"]["failures"] says why.')
            )
        if self._collect:
            facts[OUTCOMES] = as_fact(self._fanout.parent, self._outcomes, failed)
        return facts


@dataclass
class _Sum:
    """What the facts of many readings come to; of each by itself nothing is held."""

    requests: int = 0
    from_checkpoint: int = 0
    fetched_at: str | None = None
    duplicates_checked: bool = True
    shifts_checked: bool = True
    complete: bool = True

    def add(self, facts: Mapping[str, Any]) -> None:
        self.requests += facts["requests"]
        self.from_checkpoint += facts["from_checkpoint"]
        came = facts.get("fetched_at")
        if came is not None and (self.fetched_at is None or came < self.fetched_at):
            self.fetched_at = came
        self.duplicates_checked &= facts.get("duplicates_checked", True)
        self.shifts_checked &= facts.get("shifts_checked", True)
        self.complete &= facts.get("complete", True)


def _answers(
    ask: Callable[[Key], _Answer], waiting: deque[Key], in_flight: Callable[[], int]
) -> Generator[tuple[Key, _Answer], None, None]:
    """Yield each parent with what comes of it, as it comes; more may be put behind those that wait.

    The first is asked by itself, since others may depend on what is learned by it; and all are, one
    after the other, where that is as fast as the requests may be sent.
    """
    first = True
    while waiting and (first or current_call().rehearses or in_flight() == 1):
        first = False
        key = waiting.popleft()
        yield key, ask(key)
    if waiting:
        with part_of_call() as part:
            yield from as_completed(ask, waiting, in_flight, part)


def _say_the_same(failed: Mapping[Key, OmniError]) -> bool:
    """Whether Omni refused every parent in the same words: then an argument is at fault."""
    words = set()
    for key, error in failed.items():
        said = error.words or ""
        for part in key:
            said = re.sub(rf"(?<![\w-]){re.escape(part)}(?![\w-])", "…", said)
        words.add((type(error), said))
    return len(words) == 1 and isinstance(next(iter(failed.values())), BadRequestError)


def kept(client: Client, *, refresh: bool) -> str:
    """Say what is kept of many lists, when their reading is interrupted, and how to go on."""
    if current_checkpoint() is not None:
        return "Nothing of it has to be asked for again."
    cache = client.cache
    if cache is None or not cache.works:
        return "There is no cache, so nothing of it is kept: the same call begins anew."
    again = ("the same call without " + argument("refresh", True)) if refresh else "the same call"
    return (
        f"Each list that was read whole is in the cache for {in_words(cache.lifetime)}: "
        + again
        + " goes on from there."
    )
