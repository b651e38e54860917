"""Taking stored mail out of the way, on a Dovecot that lacks one thing after another."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.intake.dovecot import Dovecot, dovecot, without
from tests.intake.reading import Reader, letters, mailbox, numbered, read, stored, subjects

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("app")]
ARCHIVE = "Tuntas-Arsip"


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.mark.parametrize(
    "lacking",
    [(), ("MOVE",), ("IDLE",), ("SPECIAL-USE",), ("NAMESPACE",), ("LITERAL+",), ("MOVE", "IDLE", "SPECIAL-USE")],
)
def test_stored_mail_lies_in_the_archive_once(app: Flask, lacking: tuple[str, ...]) -> None:
    with dovecot(without(*lacking)) as server:
        server.deliver(*letters(3))
        with Reader(server.url) as reader:
            assert reader.turn() == 3
            server.deliver(*letters(5)[3:])
            reader.folder.wait(2, lambda: False)
            assert reader.turn() == 2
        assert read(server.url) == 0
        assert server.subjects() == []
        assert server.subjects(ARCHIVE) == numbered(5)
        assert subjects() == numbered(5)


def test_without_move_a_mail_that_could_not_be_removed_is_never_copied_again(app: Flask) -> None:
    with dovecot(without("MOVE")) as server:
        server.deliver(*letters(3))
        with Reader(server.url) as reader:
            reader.folder._archive._client.uid_expunge = _die  # type: ignore[method-assign]
            with pytest.raises(KeyboardInterrupt):
                reader.turn()
        for _ in range(3):
            assert read(server.url) == 0
        assert server.subjects(ARCHIVE) == numbered(3)
        assert subjects() == numbered(3)


def _die(uids: list[int]) -> None:
    raise KeyboardInterrupt


def test_without_move_and_uidplus_mails_stay_and_nobody_elses_deleted_mail_is_removed(app: Flask) -> None:
    with dovecot(without("MOVE", "UIDPLUS")) as server:
        server.deliver(*letters(3))
        with server.client() as somebody:
            somebody.delete_messages([2])
        for _ in range(3):
            read(server.url)
        assert server.subjects() == numbered(3)
        assert server.subjects(ARCHIVE) == []
        with server.client() as somebody:
            flags = somebody.get_flags([1, 2, 3])
        assert [b"\\Seen" in flags[uid] for uid in (1, 2, 3)] == [True] * 3
        assert b"\\Deleted" in flags[2]
        assert subjects() == numbered(3)


def test_move_takes_no_other_deleted_mail_along(server: Dovecot) -> None:
    server.deliver(*letters(2))
    read(server.url)
    server.deliver(*letters(3)[2:])
    with server.client() as somebody:
        somebody.delete_messages(somebody.search())
    read(server.url)
    assert server.subjects(ARCHIVE) == numbered(3)


def test_a_full_archive_hinders_no_reading_and_is_told(app: Flask) -> None:
    with dovecot(QUOTA + without("MOVE")) as server, Reader(server.url) as reader:
        server.drop(*letters(2))
        assert reader.turn() == 2
        assert "OVERQUOTA" in mailbox(server.url).problem
        server.drop(*letters(4)[2:])
        assert (reader.turn(), reader.turn()) == (2, 0)
        assert subjects() == server.subjects() == numbered(4)
        assert server.subjects(ARCHIVE) == []


def test_an_archive_that_is_deleted_under_us_is_made_anew(server: Dovecot) -> None:
    server.deliver(*letters(1))
    with Reader(server.url) as reader:
        reader.turn()
        server.admin("mailbox", "delete", "-u", server.maildir.name, ARCHIVE)
        server.deliver(*letters(2)[1:])
        assert reader.turn() == 1
        assert reader.folder.problem == ""
    assert server.subjects(ARCHIVE) == ["Lampu 2"]
    assert server.subjects() == []


def test_a_mailbox_that_we_may_only_read_is_read_and_the_problem_told(app: Flask) -> None:
    with dovecot(ACL) as server:
        (server.folder / "acl").write_text("INBOX owner lr\n")
        server.drop(*letters(2))
        assert read(server.url) == 2
        assert "hanya dapat dibaca" in mailbox(server.url).problem
        assert read(server.url) == 0
        assert len(stored()) == 2
        assert len(server.subjects()) == 2


@pytest.mark.parametrize("rights", ["lrs", "lrsw", "lrst"])
def test_rights_that_do_not_suffice_to_archive_hinder_no_reading(app: Flask, rights: str) -> None:
    with dovecot(ACL + without("MOVE")) as server:
        (server.folder / "acl").write_text(f"INBOX owner {rights}\nTuntas-Arsip owner lrwstipekxa\n")
        server.drop(*letters(2))
        for _ in range(3):
            read(server.url)
        assert subjects() == numbered(2)
        assert len(server.subjects()) == 2
        assert server.subjects(ARCHIVE) in ([], numbered(2))  # copied once at most


def test_folders_that_must_lie_below_the_inbox_do_so(app: Flask) -> None:
    with dovecot("namespace inbox {\n  prefix = INBOX.\n  separator = .\n}\n") as server:
        server.deliver(*letters(2))
        assert read(server.url) == 2
        assert server.subjects("INBOX." + ARCHIVE) == numbered(2)


def test_mail_left_by_a_crash_is_archived_at_the_next_connection(server: Dovecot) -> None:
    server.deliver(*letters(2))
    with Reader(server.url) as reader:
        reader.folder.archive = lambda uids: None  # type: ignore[method-assign]
        reader.turn()
    assert server.subjects() == numbered(2)
    assert read(server.url) == 0
    assert server.subjects(ARCHIVE) == numbered(2)


QUOTA = """\
mail_plugins = quota
protocol imap {
  mail_plugins = quota imap_quota
}
plugin {
  quota = maildir:User quota
  quota_rule = *:storage=1B
  quota_grace = 0
}
"""
ACL = """\
mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile:HOME/acl
}
"""
