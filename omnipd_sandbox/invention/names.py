"""Names of documents: ordinary ones, and the ones that break things."""

from __future__ import annotations

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.derived import number

_SUBJECTS = (
    "Departure delays",
    "Arrival delays",
    "Cancellations",
    "Distance flown",
    "Fleet age",
    "Busiest routes",
    "Weather and delays",
    "Orders",
    "Revenue",
    "Average order value",
    "Returning customers",
    "Product mix",
    "Refunds",
)
_ASPECTS = (
    "by airline",
    "by airport",
    "by month",
    "by weekday",
    "by region",
    "by product",
    "last 30 days",
    "year to date",
    "overview",
    "for the board",
    "deep dive",
)

# What a name may hold on the wire is 1 to 255 characters; each of these has broken a program.
TROUBLESOME = (
    "=1+1",
    '=HYPERLINK("https://example.com","click")',
    "+1 555 0100",
    "-2 + 3",
    "@SUM(A1:A9)",
    "\tstarts with a tab",
    "\r\nstarts with a line break",
    "line one\nline two",
    "quotes \" and ' and “curly”",
    "commas, semicolons; and | pipes",
    "back\\slash",
    "../x",
    "..\\..\\x",
    "CON",
    "nul.txt",
    "a/b",
    "a:b*c?d<e>f|g",
    "ends with a dot.",
    "ends with a space ",
    " ",
    "sales report",
    "Sales Report",
    "SALES REPORT",
    "<script>alert(1)</script>",
    "<b>bold</b> &amp; entity",
    "{{ template }} ${field} %s %(name)s",
    "🧑‍🚀🚀 launch ✈️",
    "تأخير الرحلات",
    "right \u202eto left\u202c override",
    "לוח מחוונים",
    "航班延误 遅延 지연",
    "é composed",
    "e\u0301 decomposed",
    "ß, İ and ı",
    "null",
    "None",
    "NaN",
    "true",
    "007",
    "1e5",
    "2024-01-01",
    "' OR '1'='1",
    "zero\u200bwidth\ufeff",
    "no-break\u00a0space",
    "x" * 255,
    "長" * 255,
    "😀" * 127,
)
FIRST_TROUBLESOME = 20


def is_troublesome(place: int) -> bool:
    """Tell whether the document at this place has one of the difficult names."""
    return FIRST_TROUBLESOME <= place < FIRST_TROUBLESOME + len(TROUBLESOME)


def document_name(place: int) -> str:
    """Name the document at this place; ordinary names may occur more than once."""
    if is_troublesome(place):
        return TROUBLESOME[place - FIRST_TROUBLESOME]
    subject = chance.pick(_SUBJECTS, "document subject", place)
    aspect = chance.pick(_ASPECTS, "document aspect", place)
    year = 2013 + number(13, "document year", place)
    return f"{subject} {aspect}" if number(3, "dated", place) else f"{subject} {year}"
