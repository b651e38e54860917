"""Several `flask` commands in one process, because starting Python for each would take the longest.

python -m deploy.local.set_up < commands.json      [["db", "upgrade"], ["preset", "load", "kota-blitar"]]
"""

import json
import sys

import click
from flask.cli import FlaskGroup

from wsgi import app


def main() -> int:
    """Run the commands on stdin in turn; 1 as soon as one fails, whose last words say which."""
    group = FlaskGroup(create_app=lambda: app)
    for command in json.load(sys.stdin):
        try:
            group.main(command, prog_name="flask", standalone_mode=False)
        except click.ClickException as error:
            print(f"flask {' '.join(command[:2])}: {error.format_message()}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
