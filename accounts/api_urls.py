"""The addresses of this room's API, under /api/v1/."""

from django.urls import path

from accounts.api import Institutions, Me, People

urlpatterns = [
    path("me/", Me.as_view(), name="api-me"),
    path("people/", People.as_view(), name="api-people"),
    path("institutions/", Institutions.as_view(), name="api-institutions"),
]
