"""Words that were let count leave evidence that is whole."""

from flask import Flask

from service.agencies.directory import Directory
from service.database import transaction
from service.evidence import check
from tests.casework.test_acts import opened
from tests.casework.test_say import counted, said
from tests.fakes.clock import FakeClock


def test_remarks_and_what_is_let_count_agree_with_their_case(
    app: Flask, directory: Directory, clock: FakeClock
) -> None:
    case_id = opened(directory)
    clock.advance(hours=1)
    said(directory, clock, case_id, "Di gang mana, Bu?")
    seq = said(directory, clock, case_id, "Sedang kami tindak lanjuti.").seq
    clock.advance(hours=1)
    counted(directory, case_id, seq)
    with transaction() as session:
        assert list(check.case_faults(session, directory, check.Seen())) == []
