"""The rule book of preset files: what is read, and every fault in words an administrator can act on."""

from dataclasses import FrozenInstanceError
from datetime import date, time
from pathlib import Path

import pytest
import yaml

from service.agencies.preset import FOLDER, PresetError, parse, read

SMALL = """
government:
  {code: '17.71', name: Pemerintah Kota Contoh, short_name: Kota Contoh, level: kota, province: Bengkulu,
   timezone: Asia/Jakarta, zone_label: WIB, leader_title: Wali Kota, number_prefix: CTH, emergency_phone: '112'}
officials:
  - {post: leader, title: Wali Kota, name: Arif, email: Arif@contoh.example}
  - {post: inspector, title: Inspektur, name: Ina, email: ina@contoh.example}
  - {post: administrator, title: Admin, name: Tono, email: tono@contoh.example}
desk: {agency: kominfo, name: Meja Pengaduan, email: meja@contoh.example}
pact:
  version: '2024-1'
  title: Pakta
  signed_before: Wali Kota
  valid_from: 2024-01-01
  response_hours: 24
  hours: calendar
  reminders: [50, 80, 95]
  escalations: [{after_hours: 24, to: [inspector]}, {after_hours: 72, to: [leader]}]
  digest: {weekday: monday, time: '07:00'}
  points: [{number: 1, text: Keluhan dijawab, status: reported, measured_by: response_within_hours}]
classifications:
  - {code: biasa, name: Biasa, name_en: Ordinary, working_days: 14}
  - {code: aspirasi, name: Aspirasi, name_en: Suggestion}
  - {code: pengawasan, name: Pengawasan, name_en: Misconduct, working_days: 60}
agencies:
  - code: kominfo
    name: Dinas Kominfo
    acronym: Kominfo
    kind: dinas
    inbox: kominfo@contoh.example
    remit: [wifi publik]
    head: {title: Kepala Dinas, name: Hendra, capacity: definitif, email: hendra@contoh.example, since: 2025-01-02}
  - code: inspektorat
    name: Inspektorat
    acronym: Inspektorat
    kind: inspektorat
    inbox: inspektorat@contoh.example
    remit: [pungli]
    head: {title: Inspektur, name: Ina, capacity: Plt, email: ina2@contoh.example, since: 2025-01-02}
  - code: kec-selebar
    name: Kecamatan Selebar
    acronym: Kec. Selebar
    kind: kecamatan
    inbox: selebar@contoh.example
    remit: [camat]
    area: '17.71.01'
    source: memory
    head: {title: Camat, name: Wati, capacity: Plh, email: wati@contoh.example, since: 2025-01-02}
categories:
  - {code: tik, name: Internet, name_en: IT, example: Wifi mati., agency: kominfo, classification: biasa,
     keywords: [wifi]}
  - {code: pungli, name: Pungli, name_en: Bribery, example: Diminta uang., agency: inspektorat, classification: biasa,
     sensitive: true}
  - {code: lurah, name: Lurah, name_en: Ward, example: Tutup., agency: by-area, classification: biasa}
  - {code: lainnya, name: Lainnya, name_en: Other, example: Entah., agency: desk, classification: aspirasi}
areas:
  - {code: '17.71.01', name: Selebar, kind: kecamatan, parent: '17.71'}
  - {code: '17.71.01.1004', name: Bumu Ayu, kind: kelurahan, parent: '17.71.01', aliases: [Bumi Ayu]}
external:
  - {code: pln, name: PT PLN, acronym: PLN, keywords: [listrik padam], advice: Hubungi 123.}
"""


def faults_of(text: str) -> tuple[str, ...]:
    """The faults that parsing `text` raises."""
    with pytest.raises(PresetError) as caught:
        parse(text)
    return caught.value.faults


def changed(old: str, new: str) -> str:
    """SMALL with its first `old` replaced by `new`."""
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def test_a_whole_preset_becomes_frozen_records() -> None:
    preset = parse(SMALL)
    assert preset.government.timezone == "Asia/Jakarta"
    assert preset.officials[0].email == "arif@contoh.example"
    assert preset.pact.valid_from == date(2024, 1, 1)
    assert preset.pact.reminders == (50, 80, 95)
    assert preset.pact.escalations[1].to == ("leader",)
    assert (preset.pact.digest.weekday, preset.pact.digest.time) == (0, time(7))
    assert preset.classifications[1].working_days is None
    assert preset.agencies[2].area == "17.71.01"
    assert preset.agencies[1].head.capacity == "Plt"
    assert preset.areas[1].aliases == ("Bumi Ayu",)
    with pytest.raises(FrozenInstanceError):
        preset.desk.name = "lain"  # type: ignore[misc]


HOURS = "emergency_phone: '112', office_hours: "


def test_a_preset_may_give_the_working_week() -> None:
    assert parse(SMALL).government.office_hours is None
    given = "{monday: ['08:00-12:00', '13:00-16:00'], friday: ['08:00-11:30']}"
    week = parse(changed("emergency_phone: '112'", HOURS + given)).government.office_hours
    assert week == ((("08:00", "12:00"), ("13:00", "16:00")), (), (), (), (("08:00", "11:30"),), (), ())


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("{senin: ['08:00-16:00'], monday: ['08:00-16:00']}", 'unknown key "senin"'),
        ("{monday: ['8-16'], friday: ['08:00-16:00']}", "each must be hours such as '08:00-16:00'"),
        ("{monday: ['16:00-08:00'], friday: ['08:00-16:00']}", "hours must rise"),
        ("{monday: ['08:00-12:00', '11:00-16:00'], friday: ['08:00-16:00']}", "hours must rise"),
        ("{monday: []}", "no day has any office hours"),
        ("{monday: '08:00-16:00'}", '"monday" must be a list'),
        ("[]", "must be a list of keys and values"),
    ],
)
def test_a_working_week_that_cannot_be_is_named(given: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(changed("emergency_phone: '112'", HOURS + given)))


def test_a_category_goes_to_an_agency_by_area_or_to_the_desk() -> None:
    tik, pungli, lurah, other = parse(SMALL).categories
    assert (tik.agency, tik.by_area, tik.sensitive) == ("kominfo", False, False)
    assert (pungli.agency, pungli.sensitive) == ("inspektorat", True)
    assert (lurah.agency, lurah.by_area) == (None, True)
    assert (other.agency, other.by_area) == (None, False)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "agency: kominfo, classification",
            "agency: dishubb, classification",
            'categories[0] "tik": unknown agency "dishubb"',
        ),
        ("agency: kominfo, name", "agency: x, name", 'desk: unknown agency "x"'),
        (
            "agency: desk, classification: aspirasi",
            "agency: desk, classification: lain",
            'categories[3] "lainnya": unknown classification "lain"',
        ),
        (
            "inbox: inspektorat@",
            "inbox: kominfo@",
            'agencies[0] "kominfo" and agencies[1] "inspektorat": have one inbox, "kominfo@contoh.example"; '
            "a reply could not be told apart",
        ),
        (
            "email: meja@",
            "email: selebar@",
            'agencies[2] "kec-selebar" and desk: have one inbox, "selebar@contoh.example"; '
            "a reply could not be told apart",
        ),
        ("head: {title: Kepala Dinas", "#", 'agencies[0] "kominfo": key "head" is missing'),
        ("code: inspektorat\n", "code: kominfo\n", 'agencies[0] and agencies[1]: have one code, "kominfo"'),
        ("parent: '17.71.01'", "parent: '17.71.09'", 'areas[1] "17.71.01.1004": unknown parent "17.71.09"'),
        ("area: '17.71.01'", "area: '17.71.07'", 'agencies[2] "kec-selebar": unknown area "17.71.07"'),
        (
            "    area: '17.71.01'\n",
            "",
            'agencies[2] "kec-selebar": a kecamatan office needs "area", the code of its kecamatan',
        ),
        (
            "inbox: kominfo@contoh.example",
            "inbox: kominfo at contoh",
            'agencies[0] "kominfo": "inbox" is "kominfo at contoh", which is not a mail address',
        ),
        ("[50, 80, 95]", "[50, 100]", 'pact: "reminders" holds 100, but each must be a whole number from 1 to 99'),
        ("[50, 80, 95]", "[80, 50]", 'pact: "reminders" must rise from one number to the next, but is [80, 50]'),
        (
            "after_hours: 24",
            "after_hours: 90",
            'pact: "escalations" must rise in "after_hours" from one step to the next, but are [90, 72]',
        ),
        (
            "to: [leader]",
            "to: [secretary]",
            'pact.escalations[1]: "to" names "secretary", but no official holds that post',
        ),
        (
            "Asia/Jakarta",
            "Asia/Bengkulu",
            'government: "timezone" is "Asia/Bengkulu", which is no known time zone; Jakarta\'s is "Asia/Jakarta"',
        ),
        ("acronym: Kominfo", "acronim: Kominfo", 'agencies[0] "kominfo": unknown key "acronim"'),
        ("acronym: Kominfo", "", 'agencies[0] "kominfo": key "acronym" is missing'),
        (
            "code: '17.71', name",
            "code: 17.71, name",
            'government: "code" must be text, not the number 17.71; write it in quotes',
        ),
        (
            "time: '07:00'",
            "time: 16:30",
            "pact.digest: \"time\" must be a time of day in quotes, such as '07:00', not the number 990",
        ),
        (
            "valid_from: 2024-01-01",
            "valid_from: awal 2024",
            "pact: \"valid_from\" is 'awal 2024', but must be a date such as 2024-01-31",
        ),
        (
            "number_prefix: CTH",
            "number_prefix: ct-1",
            'government: "number_prefix" is "ct-1", but must be two to six capital letters',
        ),
        (
            "remit: [wifi publik]",
            "remit: [Wifi publik]",
            'agencies[0] "kominfo": "remit" holds "Wifi publik", which must be in lower case',
        ),
        ("remit: [wifi publik]", "remit: []", 'agencies[0] "kominfo": "remit" is empty'),
        (
            "agency: inspektorat",
            "agency: kominfo",
            'categories[1] "pungli": is sensitive, so its agency must be of the kind inspektorat',
        ),
        (
            "post: inspector",
            "post: inspektur",
            'officials[1] "inspektur": "post" is "inspektur", but must be one of: '
            "leader, secretary, inspector, administrator",
        ),
        (
            "weekday: monday",
            "weekday: senin",
            'pact.digest: "weekday" is "senin", but must be one of: '
            "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
        ),
        (
            "sensitive: true",
            "sensitive: ya",
            'categories[1] "pungli": "sensitive" must be true or false, not the text "ya"',
        ),
        ("keywords: [wifi]", "keywords: wifi", 'categories[0] "tik": "keywords" must be a list, not the text "wifi"'),
        (
            "kind: inspektorat",
            "kind: [a, b]",
            'agencies[1] "inspektorat": "kind" must be text, not a list; write it in quotes',
        ),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, fault: str) -> None:
    assert fault in faults_of(changed(old, new))


def test_all_faults_are_listed_at_once() -> None:
    text = changed("response_hours: 24", "response_hours: 0").replace("post: leader", "post: boss")
    text = text.replace("kind: kelurahan", "kind: rt").replace("timezone: Asia/Jakarta", "timezone: Mars/Utara")
    with pytest.raises(PresetError) as caught:
        parse(text, "kota-contoh.yaml")
    message = str(caught.value)
    assert message.startswith("kota-contoh.yaml: ")
    for part in ("response_hours", '"boss"', '"rt"', "Mars/Utara", 'nobody holds the post "leader"'):
        assert part in message


def test_broken_yaml_is_named_by_line() -> None:
    (fault,) = faults_of("government:\n  code: '17.71\n  name: x\n")
    assert fault.startswith("line ")


def test_a_key_written_twice_is_refused() -> None:
    (fault,) = faults_of("desk: {}\npact: {}\ndesk: {}\n")
    assert fault == 'line 1, column 1: key "desk" stands twice'


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "hanya teks", "? [a]\n: b\n", "a: &x [*x]", "!!python/name:os.system x", "\0"]
)
def test_what_is_no_preset_at_all_is_refused(text: str) -> None:
    assert faults_of(text)


@pytest.mark.parametrize("section", list(yaml.safe_load(SMALL)))
@pytest.mark.parametrize("value", [None, 7, "teks", [], [None], {"a": 1}])
def test_a_section_of_the_wrong_shape_is_a_fault_and_never_a_crash(section: str, value: object) -> None:
    document = yaml.safe_load(SMALL)
    document[section] = value
    if section == "external" and value in (None, []):
        assert parse(yaml.safe_dump(document)).external == ()
        return
    assert faults_of(yaml.safe_dump(document))


def test_a_missing_preset_names_those_at_hand() -> None:
    with pytest.raises(PresetError, match="kota-bengkulu"):
        read("kota-atlantis")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "contoh.yaml"
    file.write_text(SMALL, encoding="utf-8")
    assert read(str(file)) == parse(SMALL)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "foto.yaml"
    file.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(PresetError, match="cannot be read"):
        read(str(file))


@pytest.mark.parametrize(
    ("name", "agencies", "areas"),
    [
        ("kota-bengkulu", 41, 76),
        ("kabupaten-kendal", 50, 306),
        ("kota-blitar", 32, 24),
        ("provinsi-bengkulu", 37, 139),
    ],
)
def test_every_preset_that_is_shipped_is_valid(name: str, agencies: int, areas: int) -> None:
    preset = read(name)
    assert (len(preset.agencies), len(preset.areas)) == (agencies, areas)
    assert {file.stem for file in FOLDER.glob("*.yaml")} >= {name}
    people = [*preset.officials, *(agency.head for agency in preset.agencies)]
    addresses = [person.email for person in people] + [agency.inbox for agency in preset.agencies]
    assert all(address.endswith(".example") for address in addresses), "only reserved domains may be shipped"
    assert len(set(addresses)) == len(addresses)
    kecamatan = {area.code for area in preset.areas if area.kind == "kecamatan"}
    if preset.government.level != "provinsi":
        assert {agency.area for agency in preset.agencies if agency.area} == kecamatan
