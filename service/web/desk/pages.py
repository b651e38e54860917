"""The blueprint that the views of this room add themselves to, and who may do what in it."""

from flask import Blueprint
from flask_login import current_user

READERS = ("desk", "inspector")
OPERATORS = ("desk",)

pages = Blueprint("desk", __name__, url_prefix="/meja")


def actor() -> str:
    """How events and decisions name whoever is signed in: never by name."""
    return f"account:{current_user.id}"
