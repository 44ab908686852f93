"""Rights over groups, invitations and requests; those on workspaces and items stand in `workspaces.permissions`."""

from django.db import models


class Right(models.TextChoices):
    CREATE_GROUPS = "sharing.create_groups", "create groups"
    MANAGE_GROUP = "sharing.manage_group", "change this group"
    DEFINE_SETS = "sharing.define_sets", "define permission sets"
    CHANGE_SET = "sharing.change_set", "change this permission set"
    ANSWER_INVITATION = "sharing.answer_invitation", "answer this invitation"
    ANSWER_REQUEST = "sharing.answer_request", "answer this request"
    WITHDRAW_REQUEST = "sharing.withdraw_request", "withdraw this request"
    CLOSE_LINK = "sharing.close_link", "close this link"
    END_LINKS = "sharing.end_links", "write down that links have ended"
    WATCH_REQUESTS = "sharing.watch_requests", "remind of requests and let them end"
    ANNOUNCE_ENDS = "sharing.announce_ends", "announce that access ends soon"
    WATCH_REVIEWS = "sharing.watch_reviews", "begin and remind of reviews of access"
