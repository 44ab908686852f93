"""Roots and workspace keys are rotated while people read and upload: nothing fails, and nothing is unreadable after."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from accounts.permissions import Right
from core import kms
from core.access import Service
from core.kms import ROOTS, KeyService
from core.kms.vault import VaultTransit
from core.kms.vault_http import VaultAddress
from ledger_bridge.stream_keys import forget_keys as forget_ledger_keys
from ledger_bridge.subject_keys import MASTER_CONTEXT, forget_subject_keys, replace_wrapped_master, wrapped_master
from tests.fakes.transit import Transit, serving, token_file
from tests.workspaces.conftest import put, read
from workspaces import services
from workspaces.keys import forget_keys
from workspaces.models import Version, Workspace, WorkspaceKey
from workspaces.rotation.holders import left_under_older
from workspaces.rotation.working import continue_rotations

OFFICER = Service("operator", frozenset({Right.ROTATE_KEYS}))


@pytest.fixture(params=["local keyring", "vault"])
def service(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KeyService]:
    """Have the provider wrap whatever is made from now on."""
    if request.param == "local keyring":
        yield kms.local_keyring()
        return
    with serving(Transit()) as address:
        vault = VaultTransit(VaultAddress(address, token_file=token_file(tmp_path), timeout=20))
        for root in ROOTS:
            vault.rotate(root)
        monkeypatch.setattr(kms, "_vault", lambda: vault)
        forget_everything()
        # What other tests left in the database of subject keys was wrapped by the local keyring, and moves along.
        settings.KEY_SERVICE, settings.KEY_SERVICE_BEFORE = "vault", "local"
        yield vault
        bring_home(vault)
        forget_everything()


def bring_home(vault: KeyService) -> None:
    """Have the local keyring wrap the key of subject keys again: its database outlives the test."""
    wrapped = wrapped_master()
    if wrapped and wrapped[0] == vault.format:
        key = vault.unwrap("ledger", wrapped, MASTER_CONTEXT)
        replace_wrapped_master(wrapped, kms.local_keyring().wrap("ledger", key, MASTER_CONTEXT))


def forget_everything() -> None:
    forget_keys()
    forget_ledger_keys()
    forget_subject_keys()


class Traffic(threading.Thread):
    """Uploads and reads until it is told to stop, and keeps what went wrong."""

    def __init__(self, user: User, workspace: Workspace, number: int) -> None:
        super().__init__()
        self.user, self.workspace, self.number = user, workspace, number
        self.stored: dict[Any, bytes] = {}
        self.wrong: list[BaseException] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        try:
            while not self.stopping.is_set() or len(self.stored) < 3:
                content = f"{self.number}-{len(self.stored)}".encode()
                version = put(self.user, self.workspace, f"{content.decode()}.txt", content)
                self.stored[version.pk] = content
                for pk, expected in list(self.stored.items())[-3:]:
                    if len(self.stored) % 2:
                        forget_keys()
                    assert read(self.user, Version.objects.get(pk=pk)) == expected
        except BaseException as error:  # noqa: BLE001  the test looks at it
            self.wrong.append(error)
        finally:
            connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_rotations_under_traffic_leave_nothing_unreadable(
    service: KeyService, alice: User, workspace: Workspace, settings: Any
) -> None:
    traffic = [Traffic(alice, workspace, number) for number in range(2)]
    for thread in traffic:
        thread.start()
    before = {root: service.newest(root).number for root in ROOTS}
    for root in ROOTS:
        services.rotate_root(actor=OFFICER, root=root)
    services.rotate_workspace_key(actor=OFFICER, workspace=workspace)
    for _ in range(3):
        continue_rotations()
    for thread in traffic:
        thread.stopping.set()
        thread.join()
    assert [thread.wrong for thread in traffic] == [[], []]
    settings.KEY_ROTATION_SETTLES = timedelta(0)
    assert continue_rotations() == 0
    assert [left_under_older(root, kms.key_service()) for root in ROOTS] == [0] * len(ROOTS)
    for root, generation in before.items():
        services.destroy_root(actor=OFFICER, root=root, generation=generation)
    forget_everything()
    for thread in traffic:
        assert {pk: read(alice, Version.objects.get(pk=pk)) for pk in thread.stored} == thread.stored
    assert WorkspaceKey.objects.get(workspace=workspace).generation == 2
