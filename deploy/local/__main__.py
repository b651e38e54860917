"""`python -m deploy.local run` and `python -m deploy.local demo`."""

import sys


def main() -> int:
    """The exit code: 0 after a signal, 1 when something could not start, 2 for a wrong command."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one sentence that an older Python must still be able to say
        print("Tuntas needs Python 3.11 or newer; this one is " + sys.version.split()[0] + ".", file=sys.stderr)
        return 1
    if len(sys.argv) != 2 or sys.argv[1] not in ("run", "demo"):
        print("Usage: python -m deploy.local run|demo", file=sys.stderr)
        return 2
    try:
        from deploy.local.launcher import launch
        from deploy.local.places import PartError
        from deploy.local.plan import plan
    except ModuleNotFoundError as error:
        print(f"The package {error.name} is missing; 'make run' installs what is needed.", file=sys.stderr)
        return 1
    try:
        launch(plan(demo=sys.argv[1] == "demo"))
    except PartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
