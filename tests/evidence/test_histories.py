"""Whatever happens to cases, the check finds it whole, and so is a bundle of it."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from service.complaints import anchors
from service.database import db, transaction
from service.evidence import anchoring, bundle, check, choose, verifier
from tests.compliance.histories import ACTS, ERAS, City, eras
from tests.fakes.clock import FakeClock

PAUSES = (0, 5, 60, 240, 700, 1440, 4000)
KINDS = ("open", "open", "respond", "respond", "sweep", "sweep", "sweep", "blind", "holiday", "freeze", *ACTS)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("seed", range(3))
def test_no_history_looks_forged(clock: FakeClock, tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    with eras():
        clock.instant = ERAS[seed] + timedelta(days=dice.randrange(20))
        city = City(clock)
        for number in range(6):
            city.step("open", number * 37, 0)
        for _ in range(120):
            city.step(dice.choice(KINDS), dice.randrange(1000), dice.choice(PAUSES))
            anchoring.turn(transaction)
        db.session.remove()
        seen = check.Seen()
        assert list(check.faults(transaction, seen, recount=True)) == []
        assert seen.anchors > 20
        with transaction() as session:
            ids = city.cases
            content = bundle.make(session, city.directory, choose.Choice("semua", ids))
            last = anchors.latest(session)
            assert last
            outside = last.hash
        path = tmp_path / "semua.zip"
        path.write_bytes(content)
        assert verifier.faults(str(path), outside) == []
