"""Read one mapping of a configuration file, key by key, noting every fault instead of stopping at the first.

Each `Reader` knows its place in the file (`categories[12] "parkir"`), so that a note can be acted on. Where a value is
missing or wrong the getters note it and hand back a harmless stand-in; whoever reads must look at the notes before use.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

# What mail servers accept unquoted, with a dot in the domain. Line breaks cannot pass, so no header can be injected.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_MOMENT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


class Reader:
    """The checked door to one mapping. `faults` is shared by all readers of a file."""

    def __init__(self, value: object, place: str, faults: list[str], label: str = "code") -> None:
        """Wrap `value`; `label` names the key whose text is shown beside the place."""
        self.faults = faults
        self.place = place
        self._taken: set[str] = set()
        self._values: dict[str, Any] = {}
        if not isinstance(value, dict):
            self.note(f"must be a list of keys and values, not {_describe(value)}")
            return
        self._values = {str(key): item for key, item in value.items()}
        name = self._values.get(label)
        if name is not None:
            self.place = f'{place} "{name}"'

    def note(self, fault: str) -> None:
        """Remember a fault at this place."""
        self.faults.append(f"{self.place}: {fault}" if self.place else fault)

    def has(self, key: str) -> bool:
        """Say whether the key is there with a value."""
        return self._values.get(key) is not None

    def text(self, key: str, pattern: str | None = None, meaning: str = "") -> str:
        """Return required text, trimmed; `pattern` must match all of it, `meaning` says in words what is asked."""
        value = self._take(key)
        if value is None:
            self.note(f'key "{key}" is missing')
            return ""
        if not isinstance(value, str):
            self.note(f'"{key}" must be text, not {_describe(value)}; write it in quotes')
            return ""
        value = value.strip()
        if not value:
            self.note(f'"{key}" is empty')
        elif pattern is not None and not re.fullmatch(pattern, value):
            self.note(f'"{key}" is "{value}", but must be {meaning}')
        return value

    def optional_text(self, key: str) -> str | None:
        """Return text, or None where the key is absent."""
        if not self.has(key):
            self._taken.add(key)
            return None
        return self.text(key)

    def one_of(self, key: str, allowed: Iterable[str]) -> str:
        """Return required text that is one of `allowed`."""
        choices = list(allowed)
        value = self.text(key)
        if value and value not in choices:
            self.note(f'"{key}" is "{value}", but must be one of: {", ".join(choices)}')
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a required whole number between `low` and `high`, both included."""
        value = self._take(key)
        if value is None:
            self.note(f'key "{key}" is missing')
            return low
        if not _is_whole(value) or not low <= value <= high:
            self.note(f'"{key}" is {value!r}, but must be a whole number from {low} to {high}')
            return low
        return int(value)

    def optional_whole(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number, or None where the key is absent or empty."""
        if not self.has(key):
            self._taken.add(key)
            return None
        return self.whole(key, low, high)

    def wholes(self, key: str, low: int, high: int) -> tuple[int, ...]:
        """Return a list of whole numbers, each larger than the one before it."""
        found = []
        for value in self._list(key):
            if not _is_whole(value) or not low <= value <= high:
                self.note(f'"{key}" holds {value!r}, but each must be a whole number from {low} to {high}')
                continue
            found.append(int(value))
        if found != sorted(set(found)):
            self.note(f'"{key}" must rise from one number to the next, but is {found}')
        return tuple(found)

    def yes(self, key: str) -> bool:
        """Return a true-or-false value; absent means false."""
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            self.note(f'"{key}" must be true or false, not {_describe(value)}')
        return value is True

    def address(self, key: str) -> str:
        """Return a required mail address in lower case."""
        value = self.text(key)
        if value and not _ADDRESS.fullmatch(value):
            self.note(f'"{key}" is "{value}", which is not a mail address')
        return value.lower()

    def day(self, key: str) -> date:
        """Return a required date, written 2024-01-31."""
        value = self._take(key)
        if value is None:
            self.note(f'key "{key}" is missing')
            return date.min
        if isinstance(value, datetime) or not isinstance(value, date):
            self.note(f'"{key}" is {value!r}, but must be a date such as 2024-01-31')
            return date.min
        return value

    def moment(self, key: str) -> time:
        """Return a required time of day, written '07:00' in quotes."""
        value = self._take(key)
        match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self.note(f"\"{key}\" must be a time of day in quotes, such as '07:00', not {_describe(value)}")
            return time()
        return time(int(match[1]), int(match[2]))

    def texts(self, key: str, required: bool = True, lower: bool = False) -> tuple[str, ...]:
        """Return a list of different texts. `lower` demands lower case, for words that are matched in lower case."""
        found: list[str] = []
        for value in self._list(key, required):
            if not isinstance(value, str) or not value.strip():
                self.note(f'"{key}" holds {value!r}, but each must be text')
                continue
            word = value.strip()
            if lower and word != word.lower():
                self.note(f'"{key}" holds "{word}", which must be in lower case')
            if word in found:
                self.note(f'"{key}" holds "{word}" twice')
            found.append(word)
        return tuple(found)

    def child(self, key: str, label: str = "code") -> "Reader":
        """Return a reader of the mapping under `key`; a missing one is noted and read as empty."""
        value = self._take(key)
        place = f"{self.place}.{key}" if self.place else key
        if value is None:
            self.note(f'key "{key}" is missing')
            return Reader({}, place, [], label)
        return Reader(value, place, self.faults, label)

    def children(self, key: str, required: bool = True, label: str = "code") -> "list[Reader]":
        """Return a reader for each mapping in the list under `key`."""
        place = f"{self.place}.{key}" if self.place else key
        items = enumerate(self._list(key, required))
        return [Reader(item, f"{place}[{index}]", self.faults, label) for index, item in items]

    def close(self) -> None:
        """Note every key that nobody asked for: most are spelling mistakes."""
        for key in self._values:
            if key not in self._taken:
                self.note(f'unknown key "{key}"')

    def _take(self, key: str) -> Any:
        self._taken.add(key)
        return self._values.get(key)

    def _list(self, key: str, required: bool = True) -> list[Any]:
        value = self._take(key)
        if value is None:
            if required:
                self.note(f'key "{key}" is missing')
            return []
        if not isinstance(value, list):
            self.note(f'"{key}" must be a list, not {_describe(value)}')
            return []
        if required and not value:
            self.note(f'"{key}" is empty')
        return value


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _describe(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return f'the text "{value}"'
    if isinstance(value, bool):
        return f"the true-or-false value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, date):
        return f"the date {value}"
    return "a list" if isinstance(value, list) else "keys and values"
