from django.urls import path

from workspaces import api, api_bulk, api_uploads, api_viewing
from workspaces.acknowledging import api as acknowledging
from workspaces.activity import api as activity
from workspaces.conversation import api as conversation
from workspaces.conversation import api_following as following
from workspaces.handover import api as handover
from workspaces.organising import api as organising
from workspaces.participants import api as participants
from workspaces.removal import api as removal
from workspaces.search import api as searching
from workspaces.terms import api as terms
from workspaces.viewer import api as spotlight

app_name = "workspaces_api"
urlpatterns = [
    path("search/", searching.Search.as_view(), name="search"),
    path("workspaces/", api.WorkspaceList.as_view(), name="workspaces"),
    path("workspaces/<uuid:workspace_id>/", api.WorkspaceDetail.as_view(), name="workspace"),
    path("workspaces/<uuid:workspace_id>/follow/", following.FollowWorkspace.as_view(), name="follow_workspace"),
    path("favourites/", organising.Favourites.as_view(), name="favourites"),
    path(
        "workspaces/<uuid:workspace_id>/favourite/", organising.FavouriteWorkspace.as_view(), name="favourite_workspace"
    ),
    path("items/<uuid:item_id>/favourite/", organising.FavouriteItem.as_view(), name="favourite_item"),
    path("workspaces/<uuid:workspace_id>/tags/", organising.Tags.as_view(), name="tags"),
    path("tags/<uuid:tag_id>/", organising.TagDetail.as_view(), name="tag"),
    path("items/<uuid:item_id>/tags/", organising.ItemTags.as_view(), name="item_tags"),
    path("items/<uuid:item_id>/tags/<uuid:tag_id>/", organising.ItemTag.as_view(), name="item_tag"),
    path("files/<uuid:item_id>/lock/", organising.FileLock.as_view(), name="lock"),
    path("workspaces/<uuid:workspace_id>/mail-names/", following.NamesInMails.as_view(), name="mail_names"),
    path("workspaces/<uuid:workspace_id>/spotlight/", spotlight.WorkspaceSpotlight.as_view(), name="spotlight"),
    path("items/<uuid:item_id>/spotlight/", spotlight.ItemSpotlight.as_view(), name="item_spotlight"),
    path("workspaces/<uuid:workspace_id>/terms/", terms.WorkspaceTerms.as_view(), name="terms"),
    path(
        "workspaces/<uuid:workspace_id>/terms/acknowledge/", terms.AcknowledgeTerms.as_view(), name="acknowledge_terms"
    ),
    path(
        "workspaces/<uuid:workspace_id>/terms/acknowledgements/",
        terms.TermsAcknowledgements.as_view(),
        name="terms_acknowledgements",
    ),
    path("workspaces/<uuid:workspace_id>/activity/", activity.WorkspaceActivity.as_view(), name="activity"),
    path(
        "workspaces/<uuid:workspace_id>/activity/summary/",
        activity.WorkspaceActivitySummary.as_view(),
        name="activity_summary",
    ),
    path("files/<uuid:item_id>/activity/", activity.FileActivity.as_view(), name="file_activity"),
    path(
        "workspaces/<uuid:workspace_id>/participants/",
        participants.WorkspaceParticipants.as_view(),
        name="participants",
    ),
    path("items/<uuid:item_id>/participants/", participants.ItemParticipants.as_view(), name="item_participants"),
    path("participant-marks/<uuid:mark_id>/", participants.Mark.as_view(), name="participant_mark"),
    path(
        "participants/<uuid:participant_id>/activity/",
        participants.ParticipantActivity.as_view(),
        name="participant_activity",
    ),
    path("files/<uuid:item_id>/readers/", activity.FileReaders.as_view(), name="readers"),
    path("items/<uuid:item_id>/follow/", following.FollowItem.as_view(), name="follow_item"),
    path("workspaces/<uuid:workspace_id>/items/", api.ItemList.as_view(), name="items"),
    path("workspaces/<uuid:workspace_id>/chosen/", api_bulk.BulkDeed.as_view(), name="chosen"),
    path("undo/<uuid:undo_id>/", api_bulk.Undo.as_view(), name="undo"),
    path("workspaces/<uuid:workspace_id>/zip/", api.WorkspaceArchive.as_view(), name="zip"),
    path("workspaces/<uuid:workspace_id>/bin/", removal.Bin.as_view(), name="bin"),
    path("workspaces/<uuid:workspace_id>/removals/", removal.WorkspaceRemovals.as_view(), name="workspace_removals"),
    path("workspaces/<uuid:workspace_id>/files/", api.FileUpload.as_view(), name="files"),
    path("workspaces/<uuid:workspace_id>/folders/", api.FolderPath.as_view(), name="folders"),
    path("workspaces/<uuid:workspace_id>/uploads/", api_uploads.UploadList.as_view(), name="uploads"),
    path("uploads/<uuid:upload_id>/", api_uploads.UploadDetail.as_view(), name="upload"),
    path("files/<uuid:item_id>/versions/", api.VersionList.as_view(), name="versions"),
    path("files/<uuid:item_id>/comments/", conversation.CommentList.as_view(), name="comments"),
    path("files/<uuid:item_id>/mentionable/", conversation.Mentionable.as_view(), name="mentionable"),
    path("comments/<uuid:comment_id>/", conversation.CommentDetail.as_view(), name="comment"),
    path(
        "versions/<uuid:version_id>/acknowledgement/",
        acknowledging.VersionAcknowledgement.as_view(),
        name="acknowledgement",
    ),
    path("versions/<uuid:version_id>/acknowledge/", acknowledging.VersionAcknowledge.as_view(), name="acknowledge"),
    path(
        "versions/<uuid:version_id>/acknowledgements/",
        acknowledging.VersionAcknowledgements.as_view(),
        name="acknowledgements",
    ),
    path("versions/<uuid:version_id>/content/", api.VersionContent.as_view(), name="content"),
    path("versions/<uuid:version_id>/view/", api_viewing.View.as_view(), name="view"),
    path("versions/<uuid:version_id>/view/pages/<int:page>/", api_viewing.ViewPage.as_view(), name="view_page"),
    path("versions/<uuid:version_id>/view/pages/<int:page>/text/", api_viewing.PageText.as_view(), name="page_text"),
    path("versions/<uuid:version_id>/print/", api_viewing.Print.as_view(), name="print"),
    path("versions/<uuid:version_id>/recipients/", handover.Recipients.as_view(), name="recipients"),
    path("versions/<uuid:version_id>/hand-overs/", handover.HandOverList.as_view(), name="hand_overs"),
    path("hand-overs/<uuid:hand_over_id>/", handover.HandOverDetail.as_view(), name="hand_over"),
    path("hand-overs/<uuid:hand_over_id>/file/", handover.SealedFile.as_view(), name="sealed_file"),
    path("hand-overs/<uuid:hand_over_id>/receipt/", handover.SealedReceipt.as_view(), name="sealed_receipt"),
    path("versions/<uuid:version_id>/open-sealed/", handover.OpenForeign.as_view(), name="open_foreign"),
    path("items/<uuid:item_id>/removals/", removal.ItemRemovals.as_view(), name="item_removals"),
    path("removals/", removal.WaitingRemovals.as_view(), name="removals"),
    path("removals/<uuid:removal_id>/", removal.RemovalDetail.as_view(), name="removal"),
    path("removals/<uuid:removal_id>/confirm/", removal.ConfirmRemoval.as_view(), name="confirm_removal"),
    path("removals/<uuid:removal_id>/decline/", removal.DeclineRemoval.as_view(), name="decline_removal"),
    path("crypt4gh-key/", handover.InstallationKeyDetail.as_view(), name="installation_key"),
    path("keys/", handover.RecipientKeyList.as_view(), name="keys"),
    path("keys/<uuid:key_id>/", handover.RecipientKeyDetail.as_view(), name="key"),
]
