"""The words of the simulated city: what citizens write (content/complaints.yaml) and officers answer (answers.yaml)."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "content"
DESK = "desk"


@dataclass(frozen=True)
class Story:
    """One complaint and its fate. `right_agency` is an agency code or DESK; `answers` are ids, the best first."""

    id: str
    text: str
    category: str
    right_agency: str
    channel: str
    tone: str
    answers: tuple[str, ...]
    subject: str = ""
    area: str | None = None
    place: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymous: bool = False
    confidential: bool = False
    photo: str | None = None
    external: str | None = None
    followup: str | None = None


@dataclass(frozen=True)
class Answer:
    """What an officer may write: `kind` is answer, question or later; `agency` may be "any"."""

    id: str
    agency: str
    style: str
    text: str
    kind: str = "answer"


@dataclass(frozen=True)
class Refusal:
    """Why an agency hands a case back, and whose (an agency code or DESK) it says the case is."""

    agency: str
    whose: str
    text: str


@dataclass(frozen=True)
class Officer:
    """Who signs for an agency, or for "any"."""

    agency: str
    name: str
    signature: str


@cache
def stories() -> tuple[Story, ...]:
    """All complaints, in the order in which they are best told."""
    return tuple(Story(**{**item, "answers": tuple(item["answers"])}) for item in _load("complaints.yaml"))


@cache
def answers() -> dict[str, Answer]:
    """All officers' answers by id."""
    return {item["id"]: Answer(**item) for item in _load("answers.yaml")["answers"]}


@cache
def refusals() -> tuple[Refusal, ...]:
    """All "bukan kewenangan kami"."""
    return tuple(Refusal(**item) for item in _load("answers.yaml")["out_of_remit"])


@cache
def officers() -> tuple[Officer, ...]:
    """All officers; an agency's first one answers most."""
    return tuple(Officer(**item) for item in _load("answers.yaml")["officers"])


def useless(random: Random) -> str:
    """A reply that says nothing."""
    return str(random.choice(_load("answers.yaml")["useless"]))


def out_of_office(random: Random) -> tuple[str, str]:
    """Subject and text of a machine's reply."""
    item = random.choice(_load("answers.yaml")["out_of_office"])
    return item["subject"], item["text"]


def answer_to(story: Story, random: Random) -> str:
    """The words of a fitting first answer, or of the desk's closing."""
    if story.right_agency == DESK:
        closings = {item["id"]: item["text"] for item in _load("answers.yaml")["desk"]}
        return fill(closings[story.answers[0]], story)
    return fill(answers()[random.choice(story.answers)].text, story)


def later_answer(story: Story, random: Random) -> str:
    """The words of an answer to the citizen's follow-up."""
    return fill(random.choice([item for item in answers().values() if item.kind == "later"]).text, story)


def refusal_by(agency: str, whose: str) -> str:
    """Why `agency` hands back a case that belongs to `whose`; general words where none are written for the pair."""
    for refusal in refusals():
        if (refusal.agency, refusal.whose) == (agency, whose):
            return refusal.text
    return next(refusal.text for refusal in refusals() if refusal.agency == "any")


def officer_of(agency: str, random: Random) -> Officer:
    """Who signs for `agency` this time."""
    own = [officer for officer in officers() if officer.agency == agency]
    if not own:
        return next(officer for officer in officers() if officer.agency == "any")
    return own[0] if random.random() < 0.75 else random.choice(own)


def fill(text: str, story: Story) -> str:
    """Put the citizen's name and the place into an answer; an anonymous citizen is "Bapak/Ibu"."""
    name = "Bapak/Ibu" if story.anonymous or not story.name else story.name
    return text.replace("{name}", name).replace("{place}", story.place or "lokasi tersebut")


@cache
def _load(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
