from django.urls import path

from sharing import api, api_bulk, api_grants, api_groups, api_shares
from sharing.conditions import api as conditions
from sharing.links import api as links
from sharing.requests import api as requests
from sharing.reviews import api as reviews
from sharing.sets import api as sets
from sharing.why import api as why

app_name = "sharing_api"
urlpatterns = [
    path("workspaces/<uuid:workspace_id>/grants/", api.GrantList.as_view(), name="grants"),
    path("workspaces/<uuid:workspace_id>/exceptions/", api_bulk.ManyExceptions.as_view(), name="many_exceptions"),
    path("workspaces/<uuid:workspace_id>/invitations/", api.InvitationList.as_view(), name="invitations"),
    path("workspaces/<uuid:workspace_id>/conditions/", conditions.ConditionList.as_view(), name="conditions"),
    path("conditions/<uuid:condition_id>/", conditions.ConditionDetail.as_view(), name="condition"),
    path("grants/<uuid:grant_id>/", api.GrantDetail.as_view(), name="grant"),
    path("grants/", api_grants.MyGrants.as_view(), name="my_grants"),
    path("grants/<uuid:grant_id>/renew/", api_grants.Renewal.as_view(), name="renew"),
    path("items/<uuid:item_id>/exceptions/", api.ExceptionList.as_view(), name="exceptions"),
    path("items/<uuid:item_id>/shares/", api_shares.ItemShares.as_view(), name="shares"),
    path("exceptions/<uuid:exception_id>/", api.ExceptionDetail.as_view(), name="exception"),
    path("workspaces/<uuid:workspace_id>/access-requests/", requests.WorkspaceRequests.as_view(), name="ask_workspace"),
    path("items/<uuid:item_id>/access-requests/", requests.ItemRequests.as_view(), name="ask_item"),
    path("permission-sets/", sets.SetList.as_view(), name="sets"),
    path("permission-sets/<uuid:set_id>/", sets.SetDetail.as_view(), name="set"),
    path("groups/", api_groups.GroupList.as_view(), name="groups"),
    path("groups/<int:group_id>/members/<uuid:person_id>/", api_groups.GroupMember.as_view(), name="member"),
    path("workspaces/<uuid:workspace_id>/why/", why.WorkspaceWhy.as_view(), name="why_workspace"),
    path("workspaces/<uuid:workspace_id>/review/", reviews.WorkspaceReview.as_view(), name="review"),
    path("review-lines/<uuid:line_id>/", reviews.ReviewAnswer.as_view(), name="review_line"),
    path("workspaces/<uuid:workspace_id>/as/<uuid:person_id>/", why.WorkspaceSeenAs.as_view(), name="see_as"),
    path("items/<uuid:item_id>/why/", why.ItemWhy.as_view(), name="why_item"),
    path("items/<uuid:item_id>/file-requests/", links.FileRequests.as_view(), name="file_requests"),
    path("versions/<uuid:version_id>/sends/", links.Sends.as_view(), name="sends"),
    path("links/<uuid:link_id>/openings/", links.Openings.as_view(), name="openings"),
    path("links/", links.LinkList.as_view(), name="links"),
    path("links/<uuid:link_id>/", links.LinkDetail.as_view(), name="link"),
    path("links/<uuid:link_id>/deliveries/", links.Deliveries.as_view(), name="deliveries"),
    path("access-requests/", requests.RequestList.as_view(), name="requests"),
    path("access-requests/<uuid:request_id>/", requests.RequestDetail.as_view(), name="request"),
    path("access-requests/<uuid:request_id>/grant/", requests.RequestGrant.as_view(), name="grant_request"),
    path("access-requests/<uuid:request_id>/refuse/", requests.RequestRefusal.as_view(), name="refuse_request"),
]
