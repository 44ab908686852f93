"""Pages on which people talk about a file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import User
from core.access import require
from workspaces import selectors, services
from workspaces.conversation import selectors as conversations
from workspaces.conversation.forms import AnswerForm, CommentForm, VersionFilterForm
from workspaces.conversation.mentions import mentionable
from workspaces.conversation.models import CHANGED_WITHIN
from workspaces.conversation.rules import require_author
from workspaces.conversation.sealing import open_text
from workspaces.forms import errors_shown_in
from workspaces.models import Comment, Item
from workspaces.permissions import Right
from workspaces.views.finding import crumbs, signed_in, visible_item

_NAMES_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, item_id: UUID) -> HttpResponse:
    user, item = signed_in(request), visible_item(request, item_id, Item.Kind.FILE)
    if request.method == "POST":
        require(user, Right.COMMENT, item)
    initial = {"version": request.GET.get("on", ""), "page": request.GET.get("at", "")}
    form = CommentForm(request.POST if request.method == "POST" else None, file=item, initial=initial)
    if form.is_valid():
        with errors_shown_in(form):
            said = services.write_comment(actor=user, file=item, text=form.cleaned_data["text"], **form.place)
            messages.success(request, "Your comment is here, and recorded.")
            return redirect(_anchored(reverse("workspaces:conversation", args=[item.pk]), said))
    shown = VersionFilterForm(request.GET, file=item)
    found = conversations.conversation(user, item, version=shown.chosen, page=request.GET.get("page", 1))
    context = {
        "form": form,
        "filter": shown,
        "conversation": found,
        "query": f"about={shown.chosen}" if shown.chosen else "",
        "crumbs": crumbs(user, item, "Conversation"),
        **_about(user, item),
    }
    return render(request, "workspaces/conversation.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """One comment with the answers to it. The address of an answer leads to its place here."""
    user, comment = signed_in(request), visible_comment(request, comment_id)
    if request.method == "POST":
        return _answered(request, comment)
    if comment.thread_id:
        page = conversations.page_of_answer(comment)
        return redirect(_anchored(f"{reverse('workspaces:comment', args=[comment.thread_id])}?page={page}", comment))
    return _thread_page(request, comment, AnswerForm(file=comment.file, label="Your answer"), user)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    user, comment = signed_in(request), visible_comment(request, comment_id)
    require(user, Right.COMMENT, comment.file)
    require_author(user, comment)
    initial = {"text": open_text(comment)}
    form = AnswerForm(request.POST if request.method == "POST" else None, file=comment.file, initial=initial)
    if form.is_valid():
        with errors_shown_in(form):
            services.change_comment(actor=user, comment=comment, text=form.cleaned_data["text"])
            messages.success(request, "Changed and recorded.")
            return redirect("workspaces:comment", comment.pk)
    context = {
        "form": form,
        "item": comment.file,
        "minutes": CHANGED_WITHIN.seconds // 60,
        "crumbs": crumbs(user, comment.file, "Change a comment"),
        "cancel_url": reverse("workspaces:comment", args=[comment.pk]),
    }
    return render(request, "workspaces/change_comment.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    user, comment = signed_in(request), visible_comment(request, comment_id)
    if comment.author_id != user.pk:
        require(user, Right.MANAGE, comment.file.workspace)
    if request.method == "POST":
        services.take_back_comment(actor=user, comment=comment)
        messages.success(request, "Taken back. What it said is destroyed; a mark stays.")
        return redirect("workspaces:comment", comment.pk)
    context = {
        "shown": conversations.show(user, comment),
        "item": comment.file,
        "crumbs": crumbs(user, comment.file, "Take back a comment"),
        "cancel_url": reverse("workspaces:comment", args=[comment.pk]),
    }
    return render(request, "workspaces/take_back_comment.html", context)


def visible_comment(request: HttpRequest, comment_id: UUID) -> Comment:
    """Return a comment on a file that whoever asks may view."""
    found = Comment.objects.with_names().filter(pk=comment_id).order_by().first()
    # Asked about what does not exist as well, so that the two refusals take the same time.
    file = visible_item(request, found.file_id if found else comment_id)
    if found is None:
        raise Http404
    found.file = file
    return found


def _answered(request: HttpRequest, comment: Comment) -> HttpResponse:
    user = signed_in(request)
    require(user, Right.COMMENT, comment.file)
    form = AnswerForm(request.POST, file=comment.file, label="Your answer")
    if form.is_valid():
        with errors_shown_in(form):
            said = services.write_comment(
                actor=user, file=comment.file, text=form.cleaned_data["text"], answers=comment
            )
            messages.success(request, "Your answer is here, and recorded.")
            return redirect(_anchored(reverse("workspaces:comment", args=[said.thread_id]), said))
    first = Comment.objects.with_names().get(pk=comment.thread_id or comment.pk)
    first.file = comment.file
    return _thread_page(request, first, form, user)


def _thread_page(request: HttpRequest, comment: Comment, form: AnswerForm, user: User) -> HttpResponse:
    shown, page = conversations.thread_with_answers(user, comment, request.GET.get("page"))
    context = {
        "thread": shown,
        "page": page,
        "form": form,
        "crumbs": [
            *crumbs(user, comment.file)[:-1],
            (comment.file.name, reverse("workspaces:file", args=[comment.file_id])),
            ("Conversation", reverse("workspaces:conversation", args=[comment.file_id])),
            ("Comment", ""),
        ],
        **_about(user, comment.file),
    }
    return render(request, "workspaces/comment.html", context, status=400 if form.errors else 200)


def _about(user: User, item: Item) -> dict[str, Any]:
    may = selectors.may_on(user, item)
    may_write = may["comment"] and item.workspace.archived_at is None
    people = mentionable(user, item) if may_write else []
    return {
        "item": item,
        "may": may,
        "may_write": may_write,
        "people": people[:_NAMES_SHOWN],
        "more_people": max(len(people) - _NAMES_SHOWN, 0),
        "minutes": CHANGED_WITHIN.seconds // 60,
    }


def _anchored(address: str, comment: Comment) -> str:
    return f"{address}#comment-{comment.pk}"
