"""The pages.

In: HTTP requests. Out: HTML, in Indonesian first. A view opens one transaction, calls an act or a query, and
renders; nothing here decides.
"""

from pathlib import Path

from flask import Flask

ROOT = str(Path(__file__).parent)


def register(app: Flask) -> None:
    """Add every page to the app."""
    from service.web.setup import set_up

    set_up(app)
