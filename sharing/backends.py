"""Answers for rights on workspaces and items."""

from typing import Any

from django.contrib.auth.backends import BaseBackend


class GrantBackend(BaseBackend):
    answers_rights = True

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:  # replaced below
        return False
