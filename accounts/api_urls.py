"""The addresses of this room's API, under /api/v1/."""

from django.urls import path

from accounts.api import Institutions, Me, People
from accounts.inbox.api import Inbox, InboxMail, InboxRead, InboxReadAll

urlpatterns = [
    path("me/", Me.as_view(), name="api-me"),
    path("people/", People.as_view(), name="api-people"),
    path("inbox/", Inbox.as_view(), name="api-inbox"),
    path("inbox/mail/", InboxMail.as_view(), name="api-inbox-mail"),
    path("inbox/read-all/", InboxReadAll.as_view(), name="api-inbox-read-all"),
    path("inbox/<uuid:notice_id>/read/", InboxRead.as_view(), name="api-inbox-read"),
    path("institutions/", Institutions.as_view(), name="api-institutions"),
]
