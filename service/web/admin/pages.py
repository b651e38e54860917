"""The blueprint that the views of this room add themselves to."""

from flask import Blueprint

pages = Blueprint("admin", __name__, url_prefix="/admin")
