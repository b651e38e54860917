"""The check of the whole database."""

import pytest

from service.database import transaction
from service.evidence import check


def found(**options: object) -> list[str]:
    """What the check of the database says."""
    return list(check.faults(transaction, check.Seen(), **options))


@pytest.mark.usefixtures("story")
def test_a_whole_database_has_no_fault() -> None:
    seen = check.Seen()
    assert list(check.faults(transaction, seen, recount=True)) == []
    assert (seen.cases, seen.files, seen.mails, seen.weeks, seen.anchors) == (4, 1, 2, 1, 7)
    assert seen.events > 15
    assert seen.pending == 0
