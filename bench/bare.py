"""The least that a Flask app can do with a form: one row through Flask-SQLAlchemy, one commit. The form's limit."""

import os

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Tables of the bare app."""


db = SQLAlchemy(model_class=Base)


class Scratch(Base):
    """What was typed."""

    __tablename__ = "scratch"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "").replace(
    "postgresql://", "postgresql+psycopg://", 1
)
app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": 10, "max_overflow": 10}
db.init_app(app)


@app.post("/")
def keep() -> tuple[str, int]:
    """Keep the text of the form."""
    db.session.add(Scratch(text=request.form["text"]))
    db.session.commit()
    return "", 303
