"""Read every mail of a corpus and print what was understood, one JSON object a line.

    python -m bench.mail_corpus FOLDER

FOLDER holds `index.jsonl` (an object with `id` and `file` a line) and the mails it names. A mail that makes the
parser raise is printed with its `error`: there should be none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from service.mail.parse import parse


def understood(raw: bytes) -> dict[str, Any]:
    """The fields that a corpus makes statements about."""
    message = parse(raw)
    return {
        "from_addr": message.from_address,
        "subject": message.subject,
        "body_text": message.text,
        "body_html": message.html,
        "attachments": [attachment.filename for attachment in message.attachments],
        "is_auto": message.auto is not None and message.bounce is None,
        "is_bounce": message.bounce is not None,
        "bounced_recipients": list(message.bounce.recipients) if message.bounce else [],
        "trimmed_reply": message.reply_text,
        "error": None,
    }


def main(folder: Path) -> None:
    """Print one line for each mail of the index in `folder`."""
    with (folder / "index.jsonl").open(encoding="utf-8") as index:
        for line in index:
            row = json.loads(line)
            try:
                result = understood((folder / row["file"]).read_bytes())
            except Exception as problem:  # counted by the scorer, not hidden
                result = {"error": repr(problem)}
            print(json.dumps({"id": row["id"], **result}, ensure_ascii=False))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main(Path(sys.argv[1]))
