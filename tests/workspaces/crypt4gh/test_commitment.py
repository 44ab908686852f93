"""Key commitments: one key, one file, one version. Refusals are in the vectors."""

import hashlib
import hmac

import pytest

from workspaces.crypt4gh import key_commitment, new_data_key, verify_commitment


def test_it_is_the_hmac_that_the_profile_says() -> None:
    key = new_data_key()
    expected = hmac.new(key, b"c4gh-s1/commit\x00file\x00version", hashlib.sha256).digest()
    assert key_commitment(key, "file", "version") == expected
    verify_commitment(expected, key, "file", "version")


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        key_commitment(b"short", "file", "version")
