"""Changes an Omni and exports it since the last time: ``python -m tests.changed_exports``, or ``… 200``.

Each change by itself first, then so many rounds of some at random, in Omnis of several kinds. What an
export since the last one has otherwise than a whole one must be what the changes before it let expect,
and nothing once all has been asked for.
"""

import random
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from omni_changes import (
    AT_ONCE,
    IN_PART,
    LATE,
    Changing,
    NothingToChangeError,
    differences,
    is_late,
)

import omnipd

ALL = (*AT_ONCE, *LATE, *IN_PART)
#: Rounds in one Omni, and after how many of them all is asked for.
ROUNDS, FULL = 6, 3
KINDS = [
    {},
    {"total_records": "remaining", "scim_count_at_most": 7},
    {"labels_as_objects": True, "owner_ids": "other"},
    {"documents": 30, "folders": 8, "unknown_owner": "empty"},
]


class Trial:
    """One Omni that changes, and its exports.

    Parameters
    ----------
    omni : Changing
        The Omni.
    folder : Path
        Where they are.
    """

    def __init__(self, omni, folder):
        self.omni = omni
        self.faults = 0
        self._expected = []
        self._folder = folder
        self._client = omnipd.connect(
            omni.server.url, omni.server.api_key, requests_per_minute=None, cache=False
        )
        self._since_last()

    def _export(self, name, **asked):
        omnipd.export_inventory(
            self._folder / name,
            include="all",
            errors="collect",
            keep=2,  # one is compared with the next
            client=self._client,
            **asked,
        )
        return omnipd.open_export(self._folder / name)

    def _since_last(self, full_every="30d"):
        return self._export("since", since="last", full_every=full_every)

    def change(self, change):
        """Change something, and return whether there was something to change."""
        try:
            late = change(self.omni)
        except NothingToChangeError:
            return False
        if change not in AT_ONCE:
            self._expected.append(late)
        return True

    def compare(self, what, *, alone):
        """Compare an export since the last one with one of all; return in which tables it is late.

        What comes alone is compared with the next export since the last one, when all is asked for;
        else with one that takes nothing from any other, and after that the next one is late, too.
        """
        now = self._since_last()
        whole = self._since_last(full_every=0) if alone else self._export("whole")
        found = self._check(what, now, whole)
        if alone:
            self._expected = []
        else:
            self._whole = whole
        return sorted({table for table, _ in found})

    def ask_for_all(self, what):
        """Ask for all; nothing may be late then."""
        self._expected = []
        self._check(f"{what}, all asked for", self._since_last(full_every=0), self._whole)

    def _check(self, what, now, whole):
        found = differences(now, whole)
        wrong = {one for one in found if not is_late(one, self._expected)}
        if wrong:
            self.faults += 1
            print(f"{what}: {sorted(wrong, key=str)[:5]}", flush=True)
        return found


def main() -> int:
    """Run the trial and say what came of it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    warnings.simplefilter("ignore", omnipd.OmniWarning)
    faults = made = 0
    with tempfile.TemporaryDirectory() as top, Changing() as omni:
        trial = Trial(omni, Path(top))
        for change in ALL:
            name = change.__name__.replace("_", " ")
            if trial.change(change):
                late = trial.compare(name, alone=True)
                print(f"{name}: {', '.join(late) or 'at once'}", flush=True)
        faults += trial.faults
    for first in range(0, count, ROUNDS):
        knobs, chance = KINDS[first // ROUNDS % len(KINDS)], random.Random(first)
        with tempfile.TemporaryDirectory() as top, Changing(first, **knobs) as omni:
            trial = Trial(omni, Path(top))
            for number in range(first, min(first + ROUNDS, count)):
                drawn = chance.choices(ALL, k=chance.randint(1, 6))
                made += sum(map(trial.change, drawn))
                names = ", ".join(change.__name__ for change in drawn)
                trial.compare(f"{number}, {knobs}: {names}", alone=False)
                if number % FULL == FULL - 1:
                    trial.ask_for_all(f"{number}, {knobs}")
            faults += trial.faults
    print(f"{len(ALL)} changes alone, {made} in {count} rounds; {faults} faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
