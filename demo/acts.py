"""What simulated people do, planned for an instant of civil time. Plain data; `city` carries it out."""

from dataclasses import dataclass
from datetime import datetime

from demo.clients import Letter
from demo.stories import Story


@dataclass(frozen=True)
class Post:
    """Send a mail. `photo` is (kind, seed) of demo.photos. A `first_answer` is not sent when somebody else (the
    visitor) has meanwhile answered from that office; `line` is what the demo prints."""

    at: datetime
    client: str
    letter: Letter
    line: str
    photo: tuple[str, int] | None = None
    first_answer: bool = False


@dataclass(frozen=True)
class FillForm:
    """Fill in the form in a browser."""

    at: datetime
    story: Story
    line: str
    photo: tuple[str, int] | None = None


@dataclass(frozen=True)
class Assign:
    """At the desk: give a case to an agency (a code of the preset)."""

    at: datetime
    number: str
    agency: str
    line: str


@dataclass(frozen=True)
class Close:
    """At the desk: answer what needs no agency, or reject it with a reason; the citizen reads `words`."""

    at: datetime
    number: str
    words: str
    rejected: bool
    line: str


Act = Post | FillForm | Assign | Close
