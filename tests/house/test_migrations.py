"""Models and migrations agree, upwards and downwards."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from sqlalchemy import create_engine, inspect, text

from deploy.local import postgres
from service.database import db

FOLDER = str(Path(__file__).parents[2] / "migrations")


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(FOLDER).get_heads()) == 1


def test_the_migrated_tables_are_the_declared_ones(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrations_go_down_to_nothing_and_up_again(migrated_app: Flask, database_url: str) -> None:
    url = postgres.create_database(database_url, "tuntas_updown")
    app = Flask("updown")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    Migrate(app, db, directory=FOLDER)
    with app.app_context():
        upgrade()
        downgrade(revision="base")
        engine = create_engine(url)
        assert inspect(engine).get_table_names() == ["alembic_version"]
        with engine.connect() as connection:
            left = connection.execute(text("SELECT count(*) FROM pg_proc WHERE proname = 'refuse_change'")).scalar()
        assert left == 0
        upgrade()
        assert "event" in inspect(engine).get_table_names()
        engine.dispose()
        db.engine.dispose()
