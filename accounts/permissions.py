"""Rights over people and over the whole installation. They come with a platform role, never with a workspace."""

from django.db import models


class Right(models.TextChoices):
    APPLY = "accounts.apply", "speak for an application"
    KEEP_ACCOUNT = "accounts.keep_account", "change an account"
    REVIEW_APPLICATIONS = "accounts.review_applications", "review applications"
    MANAGE_CONTRIBUTORS = "accounts.manage_contributors", "suspend and renew contributors"
    MANAGE_INSTITUTIONS = "accounts.manage_institutions", "enter institutions"
    APPOINT_ADMINS = "accounts.appoint_admins", "propose commission admins and auditors"
    CONFIRM_ADMINS = "accounts.confirm_admins", "confirm commission admins and auditors"
    SEE_PEOPLE = "accounts.see_people", "see people and institutions"
    CREATE_WORKSPACES = "accounts.create_workspaces", "create workspaces"
    END_APPROVALS = "accounts.end_approvals", "note the end of approvals"
    CONFIRM_REMOVALS = "accounts.confirm_removals", "confirm removals for good that no second manager can"
    SEE_KEYS = "accounts.see_keys", "see how far keys are replaced"
    ROTATE_KEYS = "accounts.rotate_keys", "replace and destroy keys"
    KEEP_ESCROW = "accounts.keep_escrow", "make and use the escrow of the keys"
    FOUND_COMMISSION = "accounts.found_commission", "found the commission"
