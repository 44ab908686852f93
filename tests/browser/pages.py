"""Every page that people see, by who sees it and how to get there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.browser.conftest import SignIn
from tests.browser.people import ADD_PASSKEY, Visitor, code_on_screen, give_a_passkey, press

MARIA = "maria@santa-aurelia.example"
SEUN = "seun@northern-shore.example"
AMARA = "amara@commission.example"
AUDITOR = "friederike@audit.example"
APPLICANT = "tomas@trois-vallees.example"
TRIAL = "Remission trials, read again"
STUDY = "Undiagnosed epilepsies of early childhood"
STEP_UP = "/accounts/2fa/reauthenticate/"
IMAGE = ("Images", "CT head, slice 14.dcm")
CONSENT = ("Consent", "Consent form (blank).pdf")


@dataclass(frozen=True)
class Place:
    """A page: its name for pictures, whose it is (None: anybody's), its path, and the links to follow from there."""

    name: str
    who: str | None
    path: str
    follow: tuple[str, ...] = ()
    takes_passkey: bool = False
    """Only whoever has a passkey gets to see it."""


PLACES = [
    Place("landing", None, "/"),
    Place("promises", None, "/promises/"),
    Place("verifier", None, "/verify/"),
    Place("walk-through", None, "/walk-through/"),
    Place("sign-in", None, "/accounts/login/"),
    Place("forgotten-password", None, "/accounts/password/reset/"),
    Place("apply", None, "/apply/"),
    Place("not-found", None, "/no-such-page/"),
    Place("application", APPLICANT, "/apply/status/"),
    Place("home", MARIA, "/"),
    Place("favourites", MARIA, "/workspaces/favourites/"),
    Place("tags", MARIA, "/workspaces/", (STUDY, "Settings", "Tags of this workspace")),
    Place("item-tags", MARIA, "/workspaces/", (STUDY, *IMAGE, "Change the tags")),
    Place("permission-sets", MARIA, "/access/sets/"),
    Place("new-permission-set", MARIA, "/access/sets/", ("New permission set",)),
    Place("share", MARIA, "/workspaces/", (STUDY, *IMAGE, "Share")),
    Place("lock", MARIA, "/workspaces/", (STUDY, *IMAGE, "Lock")),
    Place("search", MARIA, "/search/"),
    Place("search-found", MARIA, "/search/?q=ct"),
    Place("workspaces", MARIA, "/workspaces/"),
    Place("new-workspace", MARIA, "/workspaces/new/"),
    Place("workspace", MARIA, "/workspaces/", (STUDY,)),
    Place("workspace-trail", MARIA, "/workspaces/", (STUDY, "Trail")),
    Place("bin", MARIA, "/workspaces/", (STUDY, "Bin")),
    Place("remove-for-good", MARIA, "/workspaces/", (STUDY, "Bin", "Remove for good")),
    Place("removal-asked", MARIA, "/workspaces/", (STUDY, "Bin", "look and decide")),
    Place("workspace-settings", MARIA, "/workspaces/", (STUDY, "Settings")),
    Place("set-terms", MARIA, "/workspaces/", (STUDY, "Settings", "Set terms of use")),
    Place("spotlight", MARIA, "/workspaces/", (STUDY, "Settings", "Spotlight in this workspace")),
    Place("workspace-room", MARIA, "/workspaces/", (STUDY, "Settings", "Change the limit")),
    Place("upload", MARIA, "/workspaces/", (STUDY, "Upload")),
    Place("folder", MARIA, "/workspaces/", (STUDY, "Images")),
    Place("file", MARIA, "/workspaces/", (STUDY, *IMAGE)),
    Place("activity", MARIA, "/workspaces/", (STUDY, "Activity")),
    Place("participants", MARIA, "/workspaces/", (STUDY, "Activity", "By participant")),
    Place("file-activity", MARIA, "/workspaces/", (STUDY, *IMAGE, "Who read this file")),
    Place("item-participants", MARIA, "/workspaces/", (STUDY, *IMAGE, "Say whom it is about")),
    Place("viewer", MARIA, "/workspaces/", (STUDY, *IMAGE, "View")),
    Place("print", MARIA, "/workspaces/", (STUDY, *IMAGE, "View", "Print")),
    Place("page-text", MARIA, "/workspaces/", (STUDY, *CONSENT, "View", "Text of this page")),
    Place("viewer-table", MARIA, "/workspaces/", (TRIAL, "Tables", "Lung cancer, veterans.csv", "View")),
    Place("conversation", MARIA, "/workspaces/", (STUDY, *IMAGE, "Read the conversation")),
    Place("comment", MARIA, "/workspaces/", (STUDY, *IMAGE, "Read the conversation", "Answer")),
    Place("take-back-comment", MARIA, "/workspaces/", (STUDY, *IMAGE, "Read the conversation", "Take back")),
    Place("viewer-tree", MARIA, "/workspaces/", (STUDY, "Case histories", "Case 102, first visit.json", "View")),
    Place("acknowledge", MARIA, "/workspaces/", (STUDY, *CONSENT, "Read and acknowledge")),
    Place("acknowledgements", MARIA, "/workspaces/", (STUDY, *CONSENT, "Who has acknowledged")),
    Place("new-version", MARIA, "/workspaces/", (STUDY, *IMAGE, "New version")),
    Place("hand-over", MARIA, "/workspaces/", (STUDY, *IMAGE, "Hand over")),
    Place("keys", MARIA, "/workspaces/keys/"),
    Place("add-key", MARIA, "/workspaces/keys/", ("Register a key",)),
    Place("item-trail", MARIA, "/workspaces/", (STUDY, *IMAGE, "Everything that happened to it")),
    Place("receipt", MARIA, "/workspaces/", (STUDY, *IMAGE, "recorded")),
    Place("item-access", MARIA, "/workspaces/", (STUDY, *IMAGE, "See who")),
    Place("why-item", MARIA, "/workspaces/", (STUDY, *IMAGE, "See who", "Why")),
    Place("edit", MARIA, "/workspaces/", (STUDY, *IMAGE, "Rename or describe")),
    Place("move", MARIA, "/workspaces/", (STUDY, *IMAGE, "Move")),
    Place("remove", MARIA, "/workspaces/", (STUDY, *IMAGE, "Remove")),
    Place("new-folder", MARIA, "/workspaces/", (STUDY, "New folder")),
    Place("access", MARIA, "/workspaces/", (STUDY, "People")),
    Place("conditions", MARIA, "/workspaces/", (STUDY, "People", "Conditions")),
    Place("access-review", MARIA, "/workspaces/", (STUDY, "People", "Review of access")),
    Place("take-in-review", MARIA, "/workspaces/", (STUDY, "People", "Review of access", "Take away")),
    Place("see-as", MARIA, "/workspaces/", (STUDY, *IMAGE, "See who", "Why", "See the workspace as")),
    Place("why-workspace", MARIA, "/workspaces/", (STUDY, "People", "What you may do here")),
    Place("invite", MARIA, "/workspaces/", (STUDY, "People", "Invite by e-mail")),
    Place("give-access", MARIA, "/workspaces/", (STUDY, "People", "Let somebody in")),
    Place("requests", MARIA, "/access/requests/"),
    Place("my-requests", MARIA, "/access/requests/", ("Asked by you",)),
    Place("request", MARIA, "/access/requests/", ("Look and answer",)),
    Place("grant-less", MARIA, "/access/requests/", ("Look and answer", "Grant less")),
    Place("refuse-request", MARIA, "/access/requests/", ("Look and answer", "Refuse")),
    Place("my-request", MARIA, "/access/requests/", ("Asked by you", "Look")),
    Place("ask-role", MARIA, "/workspaces/", (TRIAL, "People", "Ask for another role")),
    Place("ask-rights", MARIA, "/workspaces/", (TRIAL, "Tables", "Lung cancer", "See who", "Ask for more")),
    Place("links", MARIA, "/access/links/"),
    Place("link", MARIA, "/access/links/", ("Look at Tables",)),
    Place("link-send", MARIA, "/access/links/", ("Look at Copy",)),
    Place("close-link", MARIA, "/access/links/", ("Look at Tables", "Close the link")),
    Place("send-copy", MARIA, "/workspaces/", (STUDY, *IMAGE, "Send a copy outside")),
    Place("ask-for-files", MARIA, "/workspaces/", (STUDY, "From outside", "Ask for files")),
    Place("outside", None, "/outside/"),
    Place("my-grants", MARIA, "/access/grants/"),
    Place("grants-given", MARIA, "/access/grants/", ("Given by you",)),
    Place("shared-with-me", MARIA, "/access/shared-with-me/"),
    Place("invitations", MARIA, "/access/invitations/"),
    Place("groups", MARIA, "/access/groups/"),
    Place("change-role", MARIA, "/workspaces/", (STUDY, "People", "Change access of")),
    Place("take-away", MARIA, "/workspaces/", (STUDY, "People", "Take away the access")),
    Place("new-group", MARIA, "/access/groups/new/"),
    Place("people", MARIA, "/people/"),
    Place("my-trail", MARIA, "/audit/mine/"),
    Place("inbox", MARIA, "/inbox/"),
    Place("mail-choices", MARIA, "/account/mails/"),
    Place("profile", MARIA, "/account/profile/"),
    Place("security", MARIA, "/account/security/"),
    Place("sessions", MARIA, "/account/sessions/"),
    Place("tokens", MARIA, "/account/tokens/"),
    Place("recovery-codes", MARIA, "/account/recovery-codes/"),
    Place("change-password", MARIA, "/accounts/password/change/"),
    Place("add-passkey", MARIA, ADD_PASSKEY),
    Place("step-up", MARIA, STEP_UP),
    Place("step-up-passkey", MARIA, "/accounts/2fa/webauthn/reauthenticate/", takes_passkey=True),
    Place("not-for-me", MARIA, "/audit/"),
    Place("review", AMARA, "/review/"),
    Place("review-application", AMARA, "/review/", ("Tomás Ó Maoilchiaráin",)),
    Place("approve", AMARA, "/review/", ("Tomás Ó Maoilchiaráin", "Approve")),
    Place("refuse", AMARA, "/review/", ("Tomás Ó Maoilchiaráin", "Refuse")),
    Place("ask-for-more", AMARA, "/review/", ("Tomás Ó Maoilchiaráin", "Ask for more")),
    Place("rooms", AMARA, "/workspaces/rooms/"),
    Place("institution-room", AMARA, "/workspaces/rooms/", ("Change",)),
    Place("person", AMARA, "/people/", ("Kenji",)),
    Place("suspend", AMARA, "/people/", ("Kenji", "Suspend")),
    Place("renew", AMARA, "/people/", ("Kenji", "Renew")),
    Place("rotations", AMARA, "/workspaces/key-rotations/"),
    Place("removals", AMARA, "/workspaces/removals/"),
    Place("removal", AMARA, "/workspaces/removals/", ("Look and decide",)),
    Place("erasures", AMARA, "/audit/erasures/"),
    Place("new-erasure", AMARA, "/audit/erasures/new/"),
    Place("new-hold", AMARA, "/audit/holds/new/"),
    Place("institutions", AMARA, "/people/institutions/"),
    Place("appointments", AMARA, "/people/appointments/"),
    Place("trail", AUDITOR, "/audit/"),
    Place("export", AUDITOR, "/audit/", ("Export with proof",)),
]


def visit(place: Place, guest: Visitor) -> None:
    if place.takes_passkey and not guest.has_passkey:
        open_page(place, guest, ADD_PASSKEY)
        give_a_passkey(guest)
    way = (place.path, *place.follow)
    # Where links lead is found out once: a page is not loaded again for every page behind it.
    known = next(length for length in range(len(way), 0, -1) if length == 1 or way[:length] in guest.ways)
    open_page(place, guest, guest.ways.get(way[:known], place.path))
    for length in range(known, len(way)):
        # Some stand in a menu that is closed.
        main = guest.page.get_by_role("main")
        target = main.get_by_role("link", name=way[length], include_hidden=True).first.get_attribute("href")
        assert target, f"{place.name}: no link {way[length]}"
        guest.ways[way[: length + 1]] = target
        open_page(place, guest, target)


def open_page(place: Place, guest: Visitor, path: str) -> None:
    """Open a page, and prove a factor again where one was proved too long ago: the page itself is to be seen."""
    address = guest.base + path if path.startswith("/") else path
    guest.page.goto(address)
    if "reauthenticate" in guest.page.url and "reauthenticate" not in address:
        assert place.who
        prove_again(guest, place.who)
        guest.page.goto(address)


def prove_again(guest: Visitor, email: str) -> None:
    _, code = code_on_screen(guest, email)
    page = guest.go(STEP_UP)
    page.locator("input[name=code]").fill(code)
    press(page.get_by_role("button", name="Confirm"))
    guest.proved_at = time.time()


def let_act(guest: Visitor, email: str) -> None:
    """See to it that what somebody does in the next minutes asks for no factor."""
    if time.time() - guest.proved_at > 120:
        prove_again(guest, email)


def addresses(signed_in: SignIn, guest: Visitor) -> Iterator[tuple[Place, str]]:
    """Yield every place with its path on the running stack."""
    for place in PLACES:
        who = signed_in(place.who) if place.who else guest
        visit(place, who)
        yield place, who.page.url.removeprefix(who.base)
