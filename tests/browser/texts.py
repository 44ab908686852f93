"""Texts that try to run something, and the page on which they can be written into every field that takes one."""

from dataclasses import dataclass

from tests.browser.pages import AMARA, AUDITOR, MARIA
from tests.browser.test_conversation import HURTS

EVERYTHING = "\n".join(HURTS)
TOO_LONG = EVERYTHING * (1 + 25_000 // len(EVERYTHING))
"""More than any field takes: it comes back with the whole of the form."""


@dataclass(frozen=True)
class Row:
    """Where a form is to be found: at a path with ids in braces, or at a place of `pages.PLACES`; and who opens it.

    `kept` are the values that have to be right for the others to be kept; without it the form is only refused.
    `without` are fields of the class that the form leaves out on this page.
    """

    path: str = ""
    who: str | None = MARIA
    place: str = ""
    kept: dict[str, str] | None = None
    without: frozenset[str] = frozenset()


# In this order: some need what those before them have made.
ROWS = {
    "accounts.forms.application.ApplyForm": Row("/apply/", who=None),
    "accounts.forms.application.ApproveForm": Row(place="approve", who=AMARA),
    "accounts.forms.application.QueueForm": Row("/review/", who=AMARA),
    "accounts.forms.application.ReasonForm": Row(place="refuse", who=AMARA),
    "accounts.forms.people.AppointForm": Row("/people/{kenji}/appoint/", who=AMARA),
    "accounts.forms.people.InstitutionForm": Row("/people/institutions/", who=AMARA, kept={"country": "Portugal"}),
    "accounts.forms.people.PeopleFilterForm": Row("/people/"),
    "accounts.forms.people.ProfileForm": Row("/account/profile/"),
    "accounts.forms.tokens.TokenForm": Row("/account/tokens/", kept={"scopes": "read"}),
    "ledger_bridge.erasure.forms.ErasureForm": Row(place="new-erasure", who=AMARA),
    "ledger_bridge.erasure.forms.HoldForm": Row(place="new-hold", who=AMARA),
    "ledger_bridge.forms.TrailForm": Row(place="trail", who=AUDITOR),
    "sharing.forms.ConditionForm": Row("/workspaces/{workspace}/access/conditions/", kept={"networks": "10.0.0.0/8"}),
    "sharing.forms.ExceptionForm": Row(
        "/access/items/{file}/exception/?person={kenji}", kept={"effect": "allow", "right": "workspaces.view"}
    ),
    "sharing.forms.GrantFilterForm": Row("/access/grants/"),
    "sharing.forms.GroupForm": Row("/access/groups/new/", kept={}),
    "sharing.forms.InviteForm": Row("/workspaces/{workspace}/access/invite/", without=frozenset({"purpose"})),
    "sharing.forms.RoleForm": Row("/workspaces/{workspace}/access/give/?person={kenji}", kept={}),
    "sharing.forms.ShareForm": Row("/access/items/{folder}/share/?person={kenji}", kept={}),
    "sharing.sets.forms.SetForm": Row("/access/sets/new/", kept={}),
    "sharing.links.forms.FileRequestForm": Row("/access/items/{folder}/ask-for-files/", kept={"email": ""}),
    "sharing.links.forms.IntroduceForm": Row("{link}", who=None, kept={"email": "guest@outside.example"}),
    "sharing.links.forms.SendForm": Row("/access/versions/{version}/send/"),
    "sharing.links.forms.TokenForm": Row("/outside/", who=None),
    "sharing.requests.forms.AskForRightsForm": Row(place="ask-rights"),
    "sharing.requests.forms.AskForRoleForm": Row(place="ask-role"),
    "sharing.requests.forms.GrantLessForm": Row(place="grant-less"),
    "sharing.requests.forms.RefuseForm": Row(place="refuse-request"),
    "workspaces.acknowledging.forms.AskAcknowledgementForm": Row(
        "/workspaces/versions/{version}/acknowledgements/", kept={}
    ),
    "workspaces.activity.forms.ActivityForm": Row("/workspaces/{workspace}/activity/"),
    "workspaces.conversation.forms.AnswerForm": Row("/workspaces/comments/{comment}/", kept={}),
    "workspaces.conversation.forms.CommentForm": Row("/workspaces/files/{file}/conversation/", kept={}),
    "workspaces.conversation.forms.PageCommentForm": Row(place="viewer"),
    "workspaces.forms.AnswerForm": Row(place="removal-asked"),
    "workspaces.forms.FolderForm": Row("/workspaces/{workspace}/new-folder/", kept={}),
    "workspaces.forms.ItemForm": Row("/workspaces/items/{folder}/edit/", kept={}),
    "workspaces.forms.ItemSearchForm": Row("/workspaces/{workspace}/"),
    "workspaces.forms.RemovalForm": Row("/workspaces/items/{binned}/remove-for-good/", kept={}),
    "workspaces.forms.SearchForm": Row("/workspaces/"),
    "workspaces.forms.VersionForm": Row("/workspaces/files/{file}/new-version/"),
    "workspaces.forms.WorkspaceForm": Row("/workspaces/{workspace}/settings/", kept={}),
    "workspaces.handover.forms.RecipientKeyForm": Row("/workspaces/keys/new/", kept={"key": "{key}"}),
    "workspaces.handover.forms.HandOverForm": Row("/workspaces/versions/{version}/hand-over/", kept={"key": "*"}),
    "workspaces.organising.forms.LockForm": Row("/workspaces/files/{file}/lock/", kept={}),
    "workspaces.organising.forms.TagForm": Row("/workspaces/items/{file}/tags/", kept={}),
    "workspaces.search.forms.FindForm": Row("/search/"),
    "workspaces.views.participants.MarkForm": Row("/workspaces/items/{file}/participants/"),
    "workspaces.terms.forms.TermsForm": Row("/workspaces/{workspace}/terms/set/", kept={"asks_purpose": "on"}),
    "workspaces.terms.forms.AcknowledgeTermsForm": Row("/workspaces/{workspace}/terms/", kept={}),
}
_BASE = "others are made of it"
_CODE = "what is typed is never shown again"
ELSEWHERE = {
    "accounts.forms.application.AnswerForm": "only an applicant who was asked sees it: tests/accounts/test_apply.py",
    "accounts.forms.application.ParticularsForm": _BASE,
    "accounts.forms.factors.EnrolTotpForm": _CODE,
    "accounts.forms.factors.SecondFactorAgainForm": _CODE,
    "accounts.forms.factors.SecondFactorForm": _CODE,
    "accounts.forms.passkeys.AddPasskeyForm": "needs an authenticator: tests/browser/test_passkey.py",
    "accounts.forms.passkeys.PasskeyAloneForm": "a script writes into it, not somebody",
    "accounts.forms.passkeys.ProvePasskeyAgainForm": "as PasskeyAloneForm",
    "accounts.forms.passkeys.ProvePasskeyForm": "as PasskeyAloneForm",
    "accounts.forms.signin.PasswordForm": _CODE,
    "ledger_bridge.erasure.forms.SubjectForm": _BASE,
    "ledger_bridge.forms.ExportForm": "its filters stand in the address, where TrailForm writes them",
    "sharing.forms.AccessForm": _BASE,
    "sharing.links.forms.CodeForm": "needs a code that was mailed: tests/browser/test_outside.py",
    "sharing.requests.forms.AskForm": _BASE,
}
# What programs can write that no form has under this name.
OF_PROGRAMS = {
    "path": "names of folders, as FolderForm",
    "role": "the name of a built-in role or the id of a permission set",
    "public_key": "what RecipientKeyForm calls key",
    "zone": "people choose it from a list",
}
