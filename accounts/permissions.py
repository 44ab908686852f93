"""Rights over people and over the whole installation. They come with a platform role, never with a workspace."""

from django.db import models


class Right(models.TextChoices):
    APPLY = "accounts.apply", "apply to become a contributor"
    REVIEW_APPLICATIONS = "accounts.review_applications", "review applications"
    MANAGE_CONTRIBUTORS = "accounts.manage_contributors", "suspend and renew contributors"
    APPOINT_ADMINS = "accounts.appoint_admins", "appoint commission admins"
    SEE_PEOPLE = "accounts.see_people", "see people and institutions"
    CREATE_WORKSPACES = "accounts.create_workspaces", "create workspaces"
    VIEW_TRAILS = "accounts.view_trails", "view every trail"
    EXPORT_TRAILS = "accounts.export_trails", "export every trail"
