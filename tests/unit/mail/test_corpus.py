"""The corpus bench prints one line for each mail of an index."""

import json

from bench.mail_corpus import main
from tests.unit.mail.letters import letter


def test_each_mail_of_the_index_becomes_one_line(tmp_path, capsys):
    (tmp_path / "satu.eml").write_bytes(letter("Subject: Balasan otomatis: jalan"))
    index = [{"id": "satu", "file": "satu.eml"}, {"id": "dua", "file": "hilang.eml"}]
    (tmp_path / "index.jsonl").write_text("\n".join(map(json.dumps, index)), encoding="utf-8")
    main(tmp_path)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["id"] == "satu"
    assert (first["from_addr"], first["is_auto"], first["is_bounce"], first["error"]) == (
        "sari@surel.test",
        True,
        False,
        None,
    )
    assert second["id"] == "dua"
    assert "FileNotFoundError" in second["error"]
