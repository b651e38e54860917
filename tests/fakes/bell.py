"""The bell, in memory: remembers what was rung."""


class FakeBell:
    """Stands in for `service.queues.ring`."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def __call__(self, job: str) -> None:
        self.rung.append(job)
