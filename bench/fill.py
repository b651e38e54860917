"""`python -m bench.fill COUNT RECEIVED_AT`: open COUNT complaints as intake would, a hundred in a transaction."""

import sys
from datetime import datetime

from bench.corpus import story
from service.agencies import directory as directories
from service.app import create_app
from service.casework.open import Submission, open_case
from service.database import transaction

TOGETHER = 100
TEXT_LENGTH = 600


def fill(count: int, received_at: datetime) -> None:
    """Open the complaints numbered 0 to `count`; needs an application context."""
    for start in range(0, count, TOGETHER):
        with transaction() as session, session.no_autoflush:
            directory = directories.current(session)
            for number in range(start, min(count, start + TOGETHER)):
                open_case(session, directory, submission(number, received_at))


def submission(number: int, received_at: datetime) -> Submission:
    """The complaint with this number, as if it had come by mail."""
    told = story(number, TEXT_LENGTH)
    return Submission(
        channel="mail",
        received_at=received_at,
        text=told.text,
        subject=told.subject,
        reporter_name=told.name,
        reporter_email=told.address,
    )


if __name__ == "__main__":
    with create_app().app_context():
        fill(int(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
