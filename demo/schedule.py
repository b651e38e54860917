"""Who complains when: the hundred stories over three days, then the same ones in other words, for ever. Pure.

Everything follows from a seed and the moment at which the demo starts.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from random import Random

from demo.stories import Story
from demo.tempers import TEMPERS, Fate

SEED = 2024
FIRST_DAYS = 3
# How busy each of those days is, and every day after them.
DAY_WEIGHTS, LATER_WEIGHT = (1.0, 0.8, 0.4), 0.75
LATER_EACH_DAY = 33
# How busy each hour is, from midnight on: people write by day, and most of all in the evening.
HOUR_WEIGHTS = (1, 0, 0, 0, 0, 1, 4, 7, 7, 6, 5, 5, 6, 5, 4, 4, 5, 6, 6, 8, 8, 6, 3, 1)

# Told first, because they show most: a photo and thanks, a wrong category, an excellent and a silent office.
OPENING = (
    "lampu-kebun-tebeng",
    "lubang-hibrida",
    "sampah-panorama",
    "ktp-lima-bulan",
    "kec-surat-lama",
    "siring-sumbat-salah-kategori",
    "parkir-mega-mall",
    "gaji-toko",
    "tps-liar-budi-utomo",
    "jembatan-papan",
)
LEADS = (
    "Selamat pagi.", "Permisi, Bapak/Ibu.", "Assalamualaikum.", "Halo admin.", "Mohon maaf mengganggu.",
    "Saya lapor lagi.", "Menyambung laporan saya yang lalu.", "Kejadian lagi.", "Sudah saya tunggu beberapa hari.",
    "Salam.", "Saya tahu petugas sibuk, tapi begini.", "Lapor, Pak.",
)  # fmt: skip
CLOSINGS = (
    "", "Terima kasih.", "Mohon ditanggapi.", "Ditunggu kabarnya.", "Semoga cepat ditangani.",
    "Tetangga juga mengeluh.", "Kalau perlu foto, saya kirim.", "Matur nuwun.", "Ini sudah kedua kali.", "Wassalam.",
)  # fmt: skip


@dataclass(frozen=True)
class Telling:
    """A citizen tells a story at an instant (aware); `number` counts all tellings from 0."""

    at: datetime
    story: Story
    number: int


def tellings(stories: tuple[Story, ...], start: datetime, zone: tzinfo, seed: int = SEED) -> Iterator[Telling]:
    """All tellings from `start` on, in order of time; never ends."""
    random = Random(seed)
    order = in_order(stories)
    hours = [_weight(start, hour, zone) for hour in range(FIRST_DAYS * 24)]
    number = 0
    for at in _spread(start, hours, len(order), random):
        yield Telling(at, order[number], number)
        number += 1
    queue: list[Story] = []
    day = start + timedelta(days=FIRST_DAYS)
    while True:
        hours = [HOUR_WEIGHTS[(day + timedelta(hours=hour)).astimezone(zone).hour] for hour in range(24)]
        for at in _spread(day, hours, LATER_EACH_DAY, random):
            queue = queue or _shuffled(stories, random)
            yield Telling(at, said_otherwise(queue.pop(), random), number)
            number += 1
        day += timedelta(days=1)


def in_order(stories: tuple[Story, ...]) -> list[Story]:
    """The order of the first three days: the opening, those of agencies with a story of their own to tell (so that
    they fall due within the week), then the others."""
    by_id = {story.id: story for story in stories}
    opening = [by_id[name] for name in OPENING if name in by_id]
    rest = [story for story in stories if story not in opening]
    told = _evenly([story for story in rest if story.right_agency in TEMPERS])
    others = [story for story in rest if story.right_agency not in TEMPERS]
    woven = []
    for position, story in enumerate(told):
        woven.append(story)
        if position % 5 == 4 and len(others) > len(rest) // 9:
            woven.append(others.pop(0))
    return [*opening, *woven, *others]


def _evenly(told: list[Story]) -> list[Story]:
    """Each agency's stories spread over the days, those of small agencies earlier: below five due cases an agency has
    no percentage in the first digest."""
    counts = Counter(story.right_agency for story in told)
    place: Counter[str] = Counter()
    ranks = {}
    for story in told:
        ranks[story.id] = place[story.right_agency] / max(counts[story.right_agency], 9)
        place[story.right_agency] += 1
    return sorted(told, key=lambda story: ranks[story.id])


def said_otherwise(story: Story, random: Random) -> Story:
    """The same complaint in slightly other words, as somebody writes who has to write again."""
    lead, closing = random.choice(LEADS), random.choice(CLOSINGS)
    return replace(story, text=f"{lead} {story.text.strip()} {closing}".strip())


def is_silent(agency: str) -> bool:
    """Whether this agency never answers anything."""
    return agency in TEMPERS and set(TEMPERS[agency].pattern) == {Fate.NEVER}


def _weight(start: datetime, hour: int, zone: tzinfo) -> float:
    at = (start + timedelta(hours=hour)).astimezone(zone)
    return HOUR_WEIGHTS[at.hour] * DAY_WEIGHTS[hour // 24]


def _spread(start: datetime, hours: list[float] | list[int], count: int, random: Random) -> list[datetime]:
    """`count` instants after `start`, spread by the weights of its hours; the first comes at once."""
    whole = sum(hours)
    marks = [(number + random.uniform(0.0, 0.9)) * whole / count for number in range(count)]
    marks[0] = min(marks[0], hours[0] / 20)
    found, passed, hour = [], 0.0, 0
    for mark in marks:
        while passed + hours[hour] <= mark:
            passed += hours[hour]
            hour += 1
        found.append(start + timedelta(hours=hour + (mark - passed) / hours[hour]))
    return found


def _shuffled(stories: tuple[Story, ...], random: Random) -> list[Story]:
    queue = list(stories)
    random.shuffle(queue)
    return queue
