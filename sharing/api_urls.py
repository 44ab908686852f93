from django.urls import path

from sharing import api

app_name = "sharing_api"
urlpatterns = [
    path("workspaces/<uuid:workspace_id>/grants/", api.GrantList.as_view(), name="grants"),
    path("workspaces/<uuid:workspace_id>/invitations/", api.InvitationList.as_view(), name="invitations"),
    path("grants/<uuid:grant_id>/", api.GrantDetail.as_view(), name="grant"),
    path("items/<uuid:item_id>/exceptions/", api.ExceptionList.as_view(), name="exceptions"),
    path("exceptions/<uuid:exception_id>/", api.ExceptionDetail.as_view(), name="exception"),
]
