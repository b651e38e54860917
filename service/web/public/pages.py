"""The blueprint that the views of this room add themselves to."""

from flask import Blueprint

pages = Blueprint("public", __name__)
