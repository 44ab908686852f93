"""Mails as files hold links that open accounts."""

import os
from pathlib import Path

from django.core.mail import EmailMessage, get_connection


def test_a_mail_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    before = os.umask(0o022)
    mailbox = get_connection("config.mailbox.PrivateFiles", file_path=str(folder))
    mailbox.send_messages([EmailMessage("Hello", "A link", "a@example.org", ["b@example.org"])])
    os.umask(before)
    (mail,) = folder.iterdir()
    assert "A link" in mail.read_text()
    assert (folder.stat().st_mode & 0o777, mail.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_folder_that_stood_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    get_connection("config.mailbox.PrivateFiles", file_path=str(tmp_path))
    assert tmp_path.stat().st_mode & 0o077 == 0
