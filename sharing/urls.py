"""Addresses about access. They stand beside those of the workspaces that they are about."""

from django.urls import path

from sharing.views import grants, groups, invitations, items, links, outside, requests, sent, why, workspace

app_name = "sharing"

_ACCESS = "workspaces/<uuid:workspace_id>/access/"

urlpatterns = [
    path(_ACCESS, workspace.workspace_access, name="workspace_access"),
    path(f"{_ACCESS}give/", workspace.grant, name="grant"),
    path(f"{_ACCESS}invite/", workspace.invite, name="invite"),
    path(f"{_ACCESS}leave/", workspace.leave, name="leave"),
    path(f"{_ACCESS}hand-over/", workspace.hand_over, name="hand_over"),
    path(f"{_ACCESS}ask/", requests.ask_workspace, name="ask_workspace"),
    path(f"{_ACCESS}why/", why.why_workspace, name="why_workspace"),
    path(f"{_ACCESS}as/<uuid:person_id>/", why.see_as, name="see_as"),
    path(f"{_ACCESS}invitations/<uuid:invitation_id>/withdraw/", workspace.withdraw, name="withdraw"),
    path("access/grants/", grants.my_grants, name="my_grants"),
    path("access/grants/<uuid:grant_id>/renew/", grants.renew, name="renew"),
    path("access/roles/<uuid:grant_id>/", workspace.change, name="change"),
    path("access/roles/<uuid:grant_id>/revoke/", workspace.revoke, name="revoke"),
    path("access/items/<uuid:item_id>/", items.item_access, name="item_access"),
    path("access/items/<uuid:item_id>/why/", why.why_item, name="why_item"),
    path("access/items/<uuid:item_id>/ask/", requests.ask_item, name="ask_item"),
    path("access/items/<uuid:item_id>/exception/", items.add_exception, name="add_exception"),
    path("access/exceptions/<uuid:exception_id>/lift/", items.lift_exception, name="lift_exception"),
    path("access/shared-with-me/", items.shared_with_me, name="shared_with_me"),
    path("access/invitations/", invitations.invitations, name="invitations"),
    path("access/invitations/<uuid:invitation_id>/accept/", invitations.accept, name="accept"),
    path("access/invitations/<uuid:invitation_id>/decline/", invitations.decline, name="decline"),
    path("access/requests/", requests.requests, name="requests"),
    path("access/requests/<uuid:request_id>/", requests.request_page, name="request"),
    path("access/requests/<uuid:request_id>/grant/", requests.grant, name="grant_request"),
    path("access/requests/<uuid:request_id>/less/", requests.grant_less, name="grant_less"),
    path("access/requests/<uuid:request_id>/refuse/", requests.refuse, name="refuse_request"),
    path("access/requests/<uuid:request_id>/withdraw/", requests.withdraw, name="withdraw_request"),
    path("access/items/<uuid:item_id>/ask-for-files/", links.new_file_request, name="new_file_request"),
    path("access/versions/<uuid:version_id>/send/", links.send_copy, name="send_copy"),
    path("access/links/", links.links, name="links"),
    path("access/links/<uuid:link_id>/", links.link_page, name="link"),
    path("access/links/<uuid:link_id>/close/", links.close, name="close_link"),
    path("outside/", outside.enter, name="outside"),
    path("outside/<uuid:visit_id>/", outside.visit, name="outside_visit"),
    path("outside/<uuid:visit_id>/code/", outside.code, name="outside_code"),
    path("outside/<uuid:visit_id>/who/", outside.introduce, name="outside_introduce"),
    path("outside/<uuid:visit_id>/files/", outside.deliver, name="outside_deliver"),
    path("outside/<uuid:visit_id>/copy/", sent.sent, name="outside_sent"),
    path("outside/<uuid:visit_id>/copy/view/", sent.view, name="outside_view"),
    path("outside/<uuid:visit_id>/copy/page/", sent.page, name="outside_page"),
    path("outside/<uuid:visit_id>/copy/download/", sent.download, name="outside_download"),
    path("outside/<uuid:visit_id>/leave/", outside.leave, name="outside_leave"),
    path("access/groups/", groups.groups, name="groups"),
    path("access/groups/new/", groups.new_group, name="new_group"),
    path("access/groups/<int:group_id>/", groups.group, name="group"),
    path("access/groups/<int:group_id>/take-in/", groups.add_member, name="add_member"),
    path("access/groups/<int:group_id>/members/<uuid:person_id>/take-out/", groups.remove_member, name="remove_member"),
]
