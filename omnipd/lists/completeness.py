"""Whether a list is whole: what its pages count, against what came."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from omnipd.lists.collect_pages import PageCollector

_TOTALS_SHOWN = 12


def faults(totals: Sequence[int | None], collected: PageCollector) -> list[str]:
    """Return what speaks against a list having come whole; nothing where all adds up.

    Parameters
    ----------
    totals : sequence of int or None
        What each page counted, in order; the first is that of the list, whatever later ones count.
    collected : PageCollector
        What came.
    """
    found = []
    if collected.repeated:
        found.append(f"{collected.repeated} row(s) came twice")
    total = totals[0] if totals else None
    if not totals_agree(totals, collected.page_sizes):
        shown = ", ".join(str(total) for total in totals[:_TOTALS_SHOWN])
        more = ", …" if len(totals) > _TOTALS_SHOWN else ""
        found.append(f"the total changed while it was read ({shown}{more})")
    elif total is not None and total != collected.records and not collected.enough:
        found.append(f"the server counts {total} and sent {collected.records}")
    return found


def totals_agree(totals: Sequence[int | None], page_sizes: Sequence[int]) -> bool:
    """Whether the totals of all pages say the same of one list, in one of the two ways there are.

    Some servers name the whole count on every page, others what remains from this page on; which
    one it is, nothing says (docs/wire.md).

    Parameters
    ----------
    totals : sequence of int or None
        What each page named, in order.
    page_sizes : sequence of int
        How many records each page held.

    Examples
    --------
    >>> totals_agree([250, 250, 250], [100, 100, 50]), totals_agree([250, 150, 50], [100, 100, 50])
    (True, True)
    >>> totals_agree([250, 150, 250], [100, 100, 50])
    False
    """
    if len(set(totals)) <= 1:
        return True
    before = accumulate(page_sizes, initial=0)
    # What is left and what came before it are then the whole, from each page.
    wholes = {
        None if left is None else left + seen for left, seen in zip(totals, before, strict=False)
    }
    return len(wholes) == 1
