"""Which agency, and why."""

import pytest

from service.routing.rules import CategoryRule, Facts, Table, decide, make_table, score

PUPR, DISHUB, DLH, INSPEKTORAT, CAMAT = "pupr", "dishub", "dlh", "inspektorat", "kec-selebar"


@pytest.fixture(scope="module")
def table() -> Table:
    return make_table(
        agencies=[
            (PUPR, "Dinas PUPR", ["jalan rusak", "berlubang", "drainase"], None),
            (DISHUB, "Dinas Perhubungan", ["lampu jalan", "parkir liar"], None),
            (DLH, "Dinas Lingkungan Hidup", ["sampah", "sampah menumpuk", "pohon tumbang"], None),
            (INSPEKTORAT, "Inspektorat", ["gratifikasi"], None),
            (CAMAT, "Kecamatan Selebar", ["kantor camat"], "17.71.01"),
        ],
        categories={
            "jalan": CategoryRule("Jalan", PUPR, False, False),
            "kelurahan": CategoryRule("Pelayanan kelurahan", None, True, False),
            "lainnya": CategoryRule("Lainnya", None, False, False),
            "pungli": CategoryRule("Pungli", INSPEKTORAT, False, True),
        },
        category_keywords={"jalan": ["aspal"], "kelurahan": [], "lainnya": [], "pungli": []},
        inspectorate=INSPEKTORAT,
    )


@pytest.mark.parametrize(
    ("facts", "agency", "rule"),
    [
        (Facts("Tolong.", category="jalan"), PUPR, "category"),
        (Facts("Tolong.", tag=DISHUB), DISHUB, "address"),
        (Facts("Sampah menumpuk di pasar, sudah bau."), DLH, "text"),
        (Facts("SAMPAH, menumpuk! Kapan diangkut?"), DLH, "text"),
        (
            Facts("KTP lama jadi.", category="kelurahan", area="17.71.01.1001", areas_above=("17.71.01",)),
            CAMAT,
            "category",
        ),
        (Facts("KTP lama jadi.", category="kelurahan"), None, "no-area"),
        (Facts("Saya kecewa."), None, "no-match"),
        (Facts("Sampah menutup drainase."), None, "too-weak"),
        (Facts("Sampah menumpuk dan pohon tumbang.", category="jalan"), None, "contradiction"),
        (Facts("Sampah menumpuk.", category="lainnya"), DLH, "text"),
        (Facts("Petugas minta pungli di kantor camat.", tag=CAMAT), INSPEKTORAT, "allegation"),
        (Facts("Pegawai jarang masuk.", category="pungli"), INSPEKTORAT, "allegation"),
    ],
)
def test_the_first_rule_that_applies_decides(table: Table, facts: Facts, agency: str | None, rule: str) -> None:
    decision = decide(table, facts)
    assert (decision.agency, decision.rule) == (agency, rule)
    assert decision.reason


def test_words_are_matched_whole(table: Table) -> None:
    assert score(table, "persampahan") == ()


def test_a_longer_keyword_hides_the_shorter_one_in_it(table: Table) -> None:
    assert score(table, "sampah menumpuk") == ((DLH, 4),)


def test_repeating_a_word_adds_nothing(table: Table) -> None:
    assert score(table, "sampah sampah sampah") == ((DLH, 2),)
