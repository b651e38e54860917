"""Bundles: whole as they are made, and broken by whatever is changed in them, even by who mends the manifest."""

import hashlib
import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.agencies import directory as directories
from service.agencies.directory import Directory
from service.cli.evidence import export, verify
from service.compliance.freeze import frozen_week
from service.compliance.rules import week_named
from service.database import transaction
from service.evidence import bundle, choose, verifier
from service.evidence.choose import Choice
from service.tables import Session
from tests.evidence.story import MAIL, WEEK, last_anchor

Files = dict[str, bytes]


def of_week(session: Session, directory: Directory) -> Choice:
    """Everything of the published week."""
    frozen = frozen_week(session, WEEK)
    assert frozen
    return choose.of_week(session, frozen, week_named(WEEK, directory.timezone))


_made: Files = {}


@pytest.fixture
def files(request: pytest.FixtureRequest) -> Files:
    """The week's bundle, unpacked. The story is told once: whoever tampers does so with a copy."""
    if not _made:
        request.getfixturevalue("story")
        with transaction() as session:
            directory = directories.current(session)
            content = bundle.make(session, directory, of_week(session, directory), with_mails=True)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _made.update({name: archive.read(name) for name in archive.namelist()})
    return dict(_made)


def printed(files: Files) -> str:
    """The last anchor, as a letter prints it."""
    return lines(files, "anchors.jsonl")[-1]["hash"]


def faults(files: Files, folder: Path, anchor: str = "", mended: bool = True) -> list[str]:
    """What verify.py says of these files; `mended`: the manifest names their hashes, as a forger would see to it."""
    manifest = json.loads(files["manifest.json"])
    if mended:
        manifest["files"] = {
            name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != "manifest.json"
        }
    path = folder / "berkas.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, verifier.canonical(manifest) if name == "manifest.json" else content)
    return verifier.faults(str(path), anchor)


def lines(files: Files, name: str) -> list[Any]:
    """The rows of a file."""
    return [json.loads(line) for line in files[name].splitlines()]


def with_lines(files: Files, name: str, rows: list[Any]) -> Files:
    """The files with other rows in one of them."""
    return files | {name: "".join(verifier.canonical(row) + "\n" for row in rows).encode()}


def changed(value: Any) -> Iterator[Any]:
    """Values like this one that differ from it in one place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: other} for other in changed(inner))
            yield {name: kept for name, kept in value.items() if name != key}
        yield {**value, "tambahan": 1}
    elif isinstance(value, list):
        yield from (
            [*value[:n], other, *value[n + 1 :]] for n, inner in enumerate(value[:2]) for other in changed(inner)
        )
        yield [*value, "tambahan"]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        # An instant or a hash stays one, so that only its meaning differs.
        yield value[:-2] + ("1" if value[-2] != "1" else "2") + value[-1] if len(value) > 20 else value + "x"
    else:
        yield "bukan kosong"


def test_the_same_facts_give_the_same_bytes(story: list[int], directory: Directory) -> None:
    with transaction() as session:
        first, second = (bundle.make(session, directory, of_week(session, directory)) for _ in range(2))
    assert first == second


def test_a_whole_bundle_has_no_fault(files: Files, tmp_path: Path) -> None:
    assert faults(files, tmp_path) == []
    assert faults(files, tmp_path, anchor=printed(files), mended=False) == []
    assert "Utuh: 4 kasus" in verifier.told(str(tmp_path / "berkas.zip"))


def test_anyone_can_check_it_with_plain_python(files: Files, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    command = ["/usr/bin/python3", "-I", "-S", str(tmp_path / "verify.py")]
    done = subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Utuh: 4 kasus" in done.stdout
    words = tmp_path / "messages.jsonl"
    words.write_text(words.read_text().replace("berlubang", "bagus"))
    done = subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "kata-kata peristiwa 1 diubah" in done.stdout


@pytest.mark.parametrize(
    "name",
    ["events", "messages", "attachments", "mails", "deadlines", "figures", "anchors", "proofs"],
)
def test_every_changed_field_of_every_line_is_found(files: Files, tmp_path: Path, name: str) -> None:
    rows, unseen = lines(files, f"{name}.jsonl"), []
    assert rows
    for position, row in enumerate(rows):
        for other in changed(row):
            forged = with_lines(files, f"{name}.jsonl", [*rows[:position], other, *rows[position + 1 :]])
            if not faults(forged, tmp_path):
                unseen.append((position, {key: other.get(key) for key in other if other.get(key) != row.get(key)}))
    assert unseen == []


@pytest.mark.parametrize("name", ["events", "messages", "attachments", "deadlines", "anchors"])
def test_every_missing_doubled_or_moved_line_is_found(files: Files, tmp_path: Path, name: str) -> None:
    rows, unseen = lines(files, f"{name}.jsonl"), []
    for position in range(len(rows)):
        fewer = [*rows[:position], *rows[position + 1 :]]
        others = [fewer, [*rows[: position + 1], *rows[position:]]]
        if position and name != "messages":
            others.append([*rows[: position - 1], rows[position], rows[position - 1], *rows[position + 1 :]])
        for number, other in enumerate(others):
            if not faults(with_lines(files, f"{name}.jsonl", other), tmp_path, anchor=printed(files)):
                unseen.append((position, number))
    assert unseen == []


def test_without_a_mended_manifest_any_change_of_any_file_is_found(files: Files, tmp_path: Path) -> None:
    for name, content in files.items():
        if name != "manifest.json":
            assert faults(files | {name: content + b" "}, tmp_path, mended=False), name
            assert faults({kept: files[kept] for kept in files if kept != name}, tmp_path, mended=False), name
    assert faults(files | {"tambahan.txt": b"x"}, tmp_path, mended=False)


def test_a_changed_raw_mail_is_found(files: Files, tmp_path: Path) -> None:
    assert files["mails/1.eml"] == MAIL
    assert faults(files | {"mails/1.eml": MAIL.replace(b"berlubang", b"bagus")}, tmp_path)


def test_a_chain_that_was_forged_whole_is_found_by_the_anchors(files: Files, tmp_path: Path) -> None:
    """The forger rewrites an actor, and every hash after it."""
    rows, manifest = lines(files, "events.jsonl"), json.loads(files["manifest.json"])
    own = [row for row in rows if row["complaint"] == "BKL-26-00002"]
    own[3]["actor"] = "account:8"
    for before, row in pairwise(own[2:]):
        row["previous_hash"] = before["hash"]
        row["hash"] = verifier.chained(row, verifier.EVENT)
    next(case for case in manifest["cases"] if case[0] == "BKL-26-00002")[2] = own[-1]["hash"]
    forged = with_lines(files, "events.jsonl", rows) | {"manifest.json": verifier.canonical(manifest).encode()}
    assert faults(forged, tmp_path)[0] == "case BKL-26-00002 bukan yang dicatat jangkar 2026-11-24"


def test_anchors_that_were_forged_too_are_found_by_the_printed_copy(files: Files, tmp_path: Path) -> None:
    outside, rows = printed(files), lines(files, "anchors.jsonl")
    rows[-1]["made_at"] = rows[-2]["made_at"]
    rows[-1]["hash"] = verifier.chained(rows[-1], verifier.ANCHOR)
    forged = with_lines(files, "anchors.jsonl", rows)
    assert faults(forged, tmp_path) == []
    assert faults(forged, tmp_path, anchor=outside) == [f"jangkar {outside} tidak ada di berkas ini"]


def test_figures_that_were_forged_with_their_seal_are_found_by_counting_anew(files: Files, tmp_path: Path) -> None:
    (week,) = lines(files, "figures.jsonl")
    row = next(row for row in week["figures"] if row["code"] == "pupr")
    row["late"], row["in_time"] = row["late"] - 1, row["in_time"] + 1
    week["hash"] = verifier.seal_of(week)
    found = faults(with_lines(files, "figures.jsonl", [week]), tmp_path)
    assert "angka pupr minggu 2026-W48 tidak sesuai dengan peristiwanya" in found


def test_redacted_words_stay_verifiable(files: Files, tmp_path: Path) -> None:
    redacted = [row for row in lines(files, "messages.jsonl") if row["text"] is None]
    assert [(row["complaint"], row["event"]) for row in redacted] == [("BKL-26-00004", 1)]
    assert b"1771010101010001" not in b"".join(files.values())
    rows = [row | {"text": None, "salt": None} for row in lines(files, "messages.jsonl")]
    found = faults(with_lines(files, "messages.jsonl", rows), tmp_path)
    assert all("hilang tanpa peristiwa penyamaran" in fault for fault in found)
    assert len(found) == len(rows) - 1


def test_the_reporter_is_named_in_raw_mails_alone(files: Files) -> None:
    for name, content in files.items():
        assert (b"sari@warga.example" in content) == (name == "mails/1.eml"), name
        assert b"Wulandari" not in content


def test_the_summary_is_searchable_and_draws_what_it_can(
    story: list[int], directory: Directory, tmp_path: Path
) -> None:
    from service.evidence.summary import printable

    assert printable("“Jalan” – 😀 漢 #let x = 1") == "“Jalan” – · · #let x = 1"
    with transaction() as session:
        content = bundle.make(session, directory, choose.one_case(session, directory, "2"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        pdf = archive.read("ringkasan.pdf")
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/ToUnicode" in pdf
    assert len(pdf) < 200_000


@pytest.mark.parametrize(
    "wanted",
    [
        ["--complaint", "bkl-26-00001"],
        ["--agency", "pupr", "--from", "2026-11-23", "--to", "2026-11-29"],
        ["--week", WEEK],
    ],
)
def test_the_command_writes_what_the_command_verifies(
    app: Flask, story: list[int], tmp_path: Path, wanted: list[str]
) -> None:
    out, runner = tmp_path / "bukti.zip", app.test_cli_runner()
    made = runner.invoke(export, [*wanted, "--out", str(out)])
    assert made.exit_code == 0, made.output
    done = runner.invoke(verify, [str(out), "--anchor", last_anchor()])
    assert (done.exit_code, done.output[:5]) == (0, "Utuh:")
    assert runner.invoke(verify, [str(out), "--anchor", "a" * 64]).exit_code == 1


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (["--complaint", "BKL-26-09999"], "there is no case"),
        (["--agency", "tidak-ada"], "no agency has the code"),
        (["--agency", "dlh"], "no case of dlh"),
        (["--week", "2026-W40"], "is not published"),
        (["--week", "besok"], "not a week"),
        ([], "give one of"),
        (["--week", WEEK, "--agency", "pupr"], "give one of"),
    ],
)
def test_what_cannot_be_exported_is_said(
    app: Flask, story: list[int], tmp_path: Path, wanted: list[str], words: str
) -> None:
    done = app.test_cli_runner().invoke(export, [*wanted, "--out", str(tmp_path / "x.zip")])
    assert done.exit_code != 0
    assert words in done.output


@pytest.mark.parametrize("content", [b"", b"bukan zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_bundle_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert verifier.faults(str(path))[0].startswith("tidak terbaca")
