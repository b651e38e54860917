"""The demo's words must fit the preset that it runs on, and its photos must be small, with a place in them."""

import io
import re
from random import Random

import pytest
from PIL import ExifTags, Image

from demo import photos, stories
from service.agencies.preset import read

PRESET = read("kota-bengkulu")
AGENCIES = {agency.code for agency in PRESET.agencies}


def test_there_are_a_hundred_different_complaints() -> None:
    told = stories.stories()
    assert len(told) == 100
    assert len({story.id for story in told}) == 100
    assert len({story.text for story in told}) == 100


@pytest.mark.parametrize("story", stories.stories(), ids=lambda story: story.id)
def test_every_complaint_fits_the_preset(story: stories.Story) -> None:
    assert story.category in {category.code for category in PRESET.categories}
    assert story.right_agency in AGENCIES | {stories.DESK}
    assert story.area is None or story.area in {area.name for area in PRESET.areas}
    assert story.external is None or story.external in {body.code for body in PRESET.external}
    assert story.photo is None or story.photo in photos.SCENES
    assert story.channel in ("form", "mail")
    if story.channel == "mail":
        assert story.email
        assert story.subject
    assert story.email is None or story.email.endswith(".example")


@pytest.mark.parametrize("story", stories.stories(), ids=lambda story: story.id)
def test_every_complaint_has_answers_of_its_own_agency(story: stories.Story) -> None:
    if story.right_agency != stories.DESK:
        found = [stories.answers()[name] for name in story.answers]
        assert {answer.agency for answer in found} <= {story.right_agency, "any"}
        assert found[0].kind == "answer"
    assert "{" not in stories.answer_to(story, Random(1))


def test_five_complaints_are_in_the_wrong_category() -> None:
    right = {category.code: category for category in PRESET.categories}
    wrong = [
        story.id
        for story in stories.stories()
        if (own := right[story.category].agency or ("kec-" if right[story.category].by_area else ""))
        and not story.right_agency.startswith(own)
    ]
    assert len(wrong) == 5


def test_two_complaints_hold_a_number_that_must_be_masked() -> None:
    numbers = re.compile(r"\b[0-9]{16}\b|\b08[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4}\b")
    assert sum(bool(numbers.search(story.text)) for story in stories.stories()) == 2


def test_every_answer_that_is_named_for_an_agency_exists_in_the_preset() -> None:
    codes = {answer.agency for answer in stories.answers().values()}
    codes |= {refusal.agency for refusal in stories.refusals()} | {officer.agency for officer in stories.officers()}
    assert codes <= AGENCIES | {"any"}
    assert len(stories.answers()) >= 60


def test_an_agency_without_its_own_words_uses_general_ones() -> None:
    assert stories.officer_of("bpkad", Random(1)).agency == "any"
    assert stories.refusal_by("bpkad", "pupr")
    assert "PDAM" in stories.refusal_by("pupr", "pdam")


def test_an_anonymous_citizen_is_not_named_in_an_answer() -> None:
    story = next(story for story in stories.stories() if story.anonymous and story.name)
    assert stories.fill("Yth. {name}", story) == "Yth. Bapak/Ibu"


@pytest.mark.parametrize("kind", photos.SCENES)
def test_a_photo_is_a_small_jpeg_with_a_place_in_it(kind: str) -> None:
    data = photos.make(kind, 1)
    assert len(data) <= photos.LIMIT
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    assert picture.width >= 900
    assert ExifTags.GPS.GPSLatitude in picture.getexif().get_ifd(ExifTags.IFD.GPSInfo)
