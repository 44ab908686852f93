from django.urls import path

from workspaces.views import content, handing_over, installation, items, uploads, workspaces

app_name = "workspaces"
urlpatterns = [
    path("", workspaces.workspace_list, name="list"),
    path("new/", workspaces.create, name="create"),
    path("<uuid:workspace_id>/", workspaces.detail, name="detail"),
    path("<uuid:workspace_id>/upload/", uploads.upload, name="upload"),
    path("<uuid:workspace_id>/new-folder/", workspaces.new_folder, name="new_folder"),
    path("<uuid:workspace_id>/bin/", workspaces.recycle_bin, name="bin"),
    path("<uuid:workspace_id>/trail/", workspaces.trail, name="trail"),
    path("<uuid:workspace_id>/settings/", workspaces.settings, name="settings"),
    path("<uuid:workspace_id>/archive/", workspaces.archive, name="archive"),
    path("<uuid:workspace_id>/reopen/", workspaces.reopen, name="reopen"),
    path("<uuid:workspace_id>/zip/", content.archive, name="zip"),
    path("folders/<uuid:item_id>/", workspaces.folder, name="folder"),
    path("files/<uuid:item_id>/", items.file, name="file"),
    path("files/<uuid:item_id>/new-version/", uploads.new_version, name="new_version"),
    path("items/<uuid:item_id>/trail/", items.trail, name="item_trail"),
    path("items/<uuid:item_id>/edit/", items.edit, name="edit"),
    path("items/<uuid:item_id>/move/", items.move, name="move"),
    path("items/<uuid:item_id>/remove/", items.remove, name="remove"),
    path("items/<uuid:item_id>/restore/", items.restore, name="restore"),
    path("versions/<uuid:version_id>/open/", content.open_inline, name="open"),
    path("versions/<uuid:version_id>/download/", content.download, name="download"),
    path("versions/<uuid:version_id>/hand-over/", handing_over.hand_over, name="hand_over"),
    path("hand-overs/<uuid:hand_over_id>/", handing_over.handed_over, name="handed_over"),
    path("hand-overs/<uuid:hand_over_id>/file/", handing_over.sealed_file, name="sealed_file"),
    path("hand-overs/<uuid:hand_over_id>/receipt/", handing_over.sealed_receipt, name="sealed_receipt"),
    path("versions/<uuid:version_id>/open-sealed/", installation.open_foreign, name="open_foreign"),
    path("keys/", handing_over.keys, name="keys"),
    path("keys/new/", handing_over.add_key, name="add_key"),
    path("keys/<uuid:key_id>/remove/", handing_over.remove_key, name="remove_key"),
]
