"""The work of reading grows with the mail and not faster, for every mail that the benchmark of hostile mails knows.

No clock is asked for how long: only how much more the same kind of mail takes when it is four times as big.
"""

import time

import pytest

from bench.hostile import MAILS
from service.mail.parse import parse

SCALE, TIMES = 0.01, 4  # 50 and 200 KB of most, so that a header of 100 KB, the longest that is read, is in between
MOST_GROWTH = 9  # linear is 4, quadratic 16
ATTEMPTS = 4  # a busy machine may disturb one
NO_WORK = 0.01  # CPU seconds: what takes less is bounded by one of the limits, or too little to compare


def work(raw: bytes) -> float:
    begin = time.process_time()
    parse(raw)
    return time.process_time() - begin


def grows_evenly(small: bytes, big: bytes) -> bool:
    more = min(work(big) for _ in range(2))
    return more < NO_WORK or more < MOST_GROWTH * max(min(work(small) for _ in range(2)), NO_WORK / TIMES)


@pytest.mark.parametrize("name", MAILS)
def test_the_work_grows_no_faster_than(name):
    small, big = MAILS[name](SCALE), MAILS[name](TIMES * SCALE)
    assert any(grows_evenly(small, big) for _ in range(ATTEMPTS))


@pytest.mark.parametrize("name", MAILS)
def test_nothing_within_raises_on(name):
    raw = MAILS[name](0.02)
    message = parse(raw)
    assert message.size == len(raw)
    assert not [fault for fault in message.faults if "cannot be read (" in fault]
