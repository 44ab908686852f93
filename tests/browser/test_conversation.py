"""Talking about a file with the keyboard alone, and texts that try to run something."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.api import send, upload
from tests.browser.conftest import SignIn
from tests.browser.pages import MARIA, STUDY
from tests.browser.people import PHONE, WIDE, Visitor
from tests.browser.test_asking_for_access import follow, go_to

SEUN = "seun@northern-shore.example"
HURTS = [
    "<script>window.hurt=1</script>",
    "<img src=x onerror=window.hurt=1>",
    '"><svg onload=window.hurt=1>',
    "'><body onload=window.hurt=1>",
    "<svg><script>window.hurt=1</script></svg>",
    "<svg><animate onbegin=window.hurt=1 attributeName=x dur=1s>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hurt=1>",
    "<iframe srcdoc='<script>parent.hurt=1</script>'></iframe>",
    "<iframe src=javascript:parent.hurt=1>",
    "<object data=javascript:window.hurt=1>",
    "<embed src=javascript:window.hurt=1>",
    "<a href=javascript:window.hurt=1 autofocus onfocus=window.hurt=1>x</a>",
    "<input autofocus onfocus=window.hurt=1>",
    "<details open ontoggle=window.hurt=1>",
    "<video><source onerror=window.hurt=1>",
    "<marquee onstart=window.hurt=1>",
    "<meta http-equiv=refresh content='0;javascript:window.hurt=1'>",
    "<base href=javascript:window.hurt=1//>",
    "<link rel=stylesheet href=data:text/css,*{color:red}>",
    "<style>@import 'javascript:window.hurt=1';</style>",
    "<template><script>window.hurt=1</script></template>",
    "</textarea><script>window.hurt=1</script>",
    "</title><script>window.hurt=1</script>",
    "</option></select><img src=x onerror=window.hurt=1>",
    "--><script>window.hurt=1</script>",
    "]]><script>window.hurt=1</script>",
    "{{constructor.constructor('window.hurt=1')()}}",
    "{% include 'x' %}${window.hurt=1}#{window.hurt=1}",
    "javascript:window.hurt=1",
    "data:text/html,<script>window.hurt=1</script>",
    "' onmouseover='window.hurt=1' x='",
    '" hx-on:load="window.hurt=1" hx-get="/" hx-trigger="load" x="',
    "<div hx-get=/account/profile/ hx-trigger=load>",
    "<x data-copy=x data-confirm=x data-viewer data-mention=/x>",
    "\u003cscript\u003ewindow.hurt=1\u003c/script\u003e",
    "%3Cscript%3Ewindow.hurt=1%3C/script%3E",
    "&lt;script&gt;window.hurt=1&lt;/script&gt;",
    "\uff1cscript\uff1ewindow.hurt=1\uff1c/script\uff1e",
    "<scr<script>ipt>window.hurt=1</scr</script>ipt>",
    "<IMG SRC=x OnErRoR=window.hurt=1>",
    "<img/src=x/onerror=window.hurt=1>",
    "@<script>window.hurt=1</script> @Maria Inês de Vasconcelos e Albuquerque-Meirelles<img src=x onerror=hurt=1>",
]
IN_A_NAME = [f"{number} {text}" for number, text in enumerate(HURTS) if "/" not in text]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_somebody_is_mentioned_and_answers(signed_in: SignIn, size: dict[str, int]) -> None:
    author, reader = signed_in(SEUN), signed_in(MARIA)
    for who in (author, reader):
        who.page.set_viewport_size(size)  # type: ignore[arg-type]
    question = f"Is this the second visit, at {size['width']}?"
    mentions(author, question)
    page = reader.go("/")
    go_to(page, "Inbox")
    follow(page)
    go_to(page, "mentioned you in a comment on “MR brain, T1.dcm”")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text(question)
    go_to(page, "Your answer")
    page.keyboard.type("It is the first.")
    go_to(page, "Send")
    follow(page)
    expect(page.get_by_role("main")).to_contain_text("It is the first.")
    assert author.complaints == reader.complaints == []


def mentions(author: Visitor, question: str) -> None:
    page = open_conversation(author)
    go_to(page, "Your comment")
    page.keyboard.type("@mar")
    offered = page.get_by_role("listbox", name="People").get_by_role("option")
    expect(offered).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type(question)
    expect(page.get_by_label("Your comment")).to_have_value(
        f"@Maria Inês de Vasconcelos e Albuquerque-Meirelles {question}"
    )
    go_to(page, "Send")
    follow(page)
    expect(page.locator(".comment__mention").first).to_contain_text("@Maria")


def open_conversation(who: Visitor) -> Page:
    page = who.go("/workspaces/")
    for link in (STUDY, "Images", "MR brain, T1.dcm"):
        page.get_by_role("main").get_by_role("link", name=link).first.click()
    page.get_by_role("link", name="conversation").or_(page.get_by_role("link", name="first comment")).first.click()
    return page


def test_hostile_texts_run_nothing_wherever_they_are_shown(signed_in: SignIn) -> None:
    maria = signed_in(MARIA)
    page = maria.go("/workspaces/")
    places = write_everywhere(page)
    for path in places:
        page.goto(maria.base + path)
        page.keyboard.press("Tab")
        page.wait_for_timeout(50)
        assert page.evaluate("window.hurt") is None, path
        assert (
            page.evaluate("document.querySelectorAll('main iframe, main object, main embed, main style').length") == 0
        )
    seen = maria.go(places[0]).get_by_role("main").inner_text()
    assert all(" ".join(text.split()) in " ".join(seen.split()) for text in HURTS[:30])
    assert maria.complaints == []


def write_everywhere(page: Page) -> list[str]:
    """Put the texts into every field that this person can reach, and return the pages that show them."""
    everything = "\n".join(HURTS)
    workspace = send(page, "POST", "workspaces/", {"name": IN_A_NAME[1], "description": everything})["id"]
    folders = [send(page, "POST", f"workspaces/{workspace}/items/", {"name": name})["id"] for name in IN_A_NAME]
    stored = upload(page, workspace, IN_A_NAME[1] + ".txt", everything)
    file, version = stored["file"], stored["version"]
    first = send(page, "POST", f"files/{file}/comments/", {"text": everything})["id"]
    send(page, "POST", f"files/{file}/comments/", {"text": everything[:4000], "answers": first})
    send(page, "POST", f"files/{file}/comments/", {"text": everything[:4000], "version": version, "page": 1})
    send(page, "PUT", f"workspaces/{workspace}/spotlight/", {"required": True})
    send(page, "PUT", f"items/{folders[0]}/spotlight/", {"required": True})
    send(page, "POST", f"versions/{version}/acknowledgement/", {"statement": everything[:500]})
    return [
        f"/workspaces/files/{file}/conversation/",
        f"/workspaces/comments/{first}/",
        f"/workspaces/comments/{first}/change/",
        f"/workspaces/comments/{first}/take-back/",
        f"/workspaces/versions/{version}/acknowledge/",
        f"/workspaces/versions/{version}/acknowledgements/",
        f"/workspaces/versions/{version}/view/",
        f"/workspaces/versions/{version}/view/comments/?page=1",
        f"/workspaces/{workspace}/spotlight/",
        f"/workspaces/items/{folders[0]}/spotlight/",
        f"/workspaces/{workspace}/",
        f"/workspaces/{workspace}/?q=img",
        f"/workspaces/{workspace}/settings/",
        f"/workspaces/{workspace}/trail/",
        f"/workspaces/{workspace}/access/",
        f"/workspaces/folders/{folders[0]}/",
        f"/workspaces/files/{file}/",
        f"/workspaces/items/{file}/edit/",
        f"/workspaces/items/{file}/move/",
        f"/workspaces/items/{file}/remove/",
        f"/workspaces/items/{file}/trail/",
        f"/access/items/{file}/",
        "/workspaces/",
        "/inbox/",
        "/account/mails/",
        "/",
    ]
