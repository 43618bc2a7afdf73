"""Runs in which something once did not hold, in as few steps as show it."""

from __future__ import annotations

import pytest

from adapters.simulation.steps import read_steps
from entrypoints.simulation.run import replay

FOUND = {
    "a dispute of money paid a second time is taken from nobody who sells": (
        1,
        (
            "1 order ana g0.3:1; 2 pay y1 paid; 3 webhook m2; 4 pay y1 paid; 5 webhook m4; 6 bank y1:2 disputes;"
            "7 webhook m6; 9 bank y1:2 lost"
        ),
    ),
    "a dispute of a wrong amount is booked": (
        110,
        "1 product eva 5 instant 1900; 3 order dan g1:1; 8 pay y3 wrong; 23 bank y3 disputes; 28 bank y3 lost",
    ),
    "a dispute of late money is booked": (
        124,
        (
            "6 product cleo 2999 manual 1900; 21 order ben g6:3; 23 pay y21 paid; 26 shelve g6; 29 clock 2000;"
            "31 worker expire-orders a; 122 bank y21 takes-some; 130 bank y21 lost"
        ),
    ),
    "a dispute of a wrong amount whose refund is under way is booked": (
        784,
        (
            "67 product dan 5 instant 1900; 71 order eva g67:1 g46:1; 82 pay y71 wrong; 92 webhook m82;"
            "122 worker send-refunds b !slow@1; 125 bank y71 disputes; 139 bank y71 lost"
        ),
    ),
    "word that a refund failed may come before word that it was done": (
        234,
        (
            "26 order finn g0.3:3; 33 pay y26 paid; 36 webhook m33; 74 refund o26 finn 60;"
            "76 worker send-refunds b !read-fails@5; 81 settle v76 failed; 138 webhook m81"
        ),
    ),
    "word that a refund failed may come before it was written down": (
        627,
        (
            "15 order ana g0.3:1; 17 pay y15 paid; 36 webhook m17; 37 refund o15 dan 1;"
            "40 worker send-refunds b !stands@7; 46 settle v40 failed; 53 webhook m46"
        ),
    ),
    "a transfer that has failed is tried again however long ago that was": (
        71,
        (
            "10 order ana g0.2:3 g0.4:1 g0.3:1; 14 pay y10 paid; 15 webhook m14; 18 worker send-transfers a !slow@1;"
            "114 settle v18 failed; 147 clock 86400"
        ),
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_stays_right(what: str) -> None:
    seed, steps = FOUND[what]

    ran = replay(seed, read_steps(steps))

    assert ran.broken is None, str(ran.broken)
    assert not any(" -> - [" in line for line in ran.trace)
