"""Moving from one key service to another, under traffic."""

from pathlib import Path

import pytest

from core.kms import KeyServiceRefused, LocalKeyring, generation_of
from core.kms.moving import MovingService
from core.kms.vault import VaultTransit
from core.kms.vault_http import VaultAddress
from tests.core.kms.conftest import CONTEXT
from tests.fakes.transit import Transit, serving, token_file


def test_keys_move_to_the_new_service_and_open_all_the_while(tmp_path: Path, transit: Transit) -> None:
    with serving(transit) as address:
        old, new = LocalKeyring(tmp_path), VaultTransit(VaultAddress(address, token_file=token_file(tmp_path)))
        new.rotate("workspaces")
        both = MovingService(new, old)
        key, before = old.generate("workspaces", CONTEXT)
        assert both.unwrap("workspaces", before, CONTEXT) == key
        moved = both.rewrap("workspaces", before, CONTEXT)
        assert new.unwrap("workspaces", moved, CONTEXT) == both.unwrap("workspaces", moved, CONTEXT) == key
        assert generation_of(moved) == both.newest("workspaces") == generation_of(both.wrap("workspaces", key, CONTEXT))
        with pytest.raises(KeyServiceRefused):
            new.unwrap("workspaces", before, CONTEXT)
