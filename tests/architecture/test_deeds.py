"""Every deed asks for a right and leaves an entry, or stands here with the reason why not."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.sources import (
    PACKAGES,
    ROOMS,
    ROOT,
    Function,
    called_names,
    imported_modules,
    modules,
    named,
    tree,
)

LEAVES_NO_ENTRY = {
    "ledger_bridge.feed_receiver": "sends entries on; an entry about it would be sent in turn, without end",
    "ledger_bridge.finish_erasures": "destroys keys; the entry of the erasure was committed before",
    "ledger_bridge.sequence_entries": "makes leaves of entries; the checkpoint it signs is its trace",
    "sharing.begin_delivery": "holds room for bytes that nobody can see; deliver_file records",
    "sharing.begin_visit": "shows nothing and changes nothing kept; what is brought or opened is recorded",
    "sharing.check_delivery": "says early what deliver_file would refuse, and changes nothing",
    "sharing.counted_opening": "counts what open_version and view_version record before anything opens",
    "sharing.end_visit": "lets a browser forget a link",
    "sharing.introduce": "names somebody who has done nothing yet; what they bring or open is recorded",
    "sharing.prove_code": "opens a link for one browser; what is brought or opened there is recorded",
    "sharing.send_code": "mails a code to whom the link was made for; the making was recorded",
    "workspaces.begin_upload": "holds room for bytes that nobody can see; finish_upload records",
    "workspaces.discard_upload": "gives up bytes that nobody could see and that no entry speaks of",
    "workspaces.expire_uploads": "gives up bytes that nobody could see and that no entry speaks of",
    "workspaces.end_hand_overs": "forgets headers whose end was recorded when they were made; run by the worker",
    "workspaces.take_hand_over_receipt": "the ledger's own take_receipt, which it ends in, records it",
    "workspaces.restore_escrow": "nothing can be recorded before the keys are back; record_restored_escrow does it",
    "workspaces.finish_removals": "deletes bytes that nothing opens; the entry of the removal was committed before",
    "workspaces.note_shown": "end_viewings records for how long pages were shown, when the person is done",
    "workspaces.keep_at_hand": "what somebody keeps at hand is nobody else's business",
    "workspaces.follow": "of what somebody wants to hear is nobody else's business",
    "accounts.mark_read": "what somebody has read of their own inbox is nobody else's business",
    "accounts.mark_all_read": "as mark_read",
    "workspaces.forget_undoables": "forgets what can be undone no more; the deeds themselves were recorded",
    "workspaces.seal_upload": "what it stores belongs to nothing until add_file or upload_version, which record",
}
ASKS_NO_RIGHT = {
    "sharing.begin_visit": "asks for the token of a link that opens; whoever has it may come in",
    "sharing.end_visit": "whoever has the visit may leave",
    "sharing.introduce": "whoever has the visit may say who they are; the page asks the link at the door",
    "sharing.prove_code": "asks for the code; that is the proof",
    "sharing.send_code": "whoever has the visit may have it sent, to whom the link was made for and nobody else",
    "workspaces.end_viewings": "writes down what was seen by people who have stopped looking; run by the worker",
    "workspaces.make_installation_key": "makes what everybody may have; the first who asks has it made",
    "accounts.apply": "whoever applies has no account yet; anybody may",
    "ledger_bridge.abandon_anchor": "writes down what a chain refused; run by the worker",
    "ledger_bridge.finish_anchor": "writes down what a chain holds; run by the worker",
    "ledger_bridge.reopen_anchor": "writes down what a chain lost; run by the worker",
    "ledger_bridge.feed_receiver": "changes nothing that anybody could be refused; run by the worker",
    "ledger_bridge.finish_erasures": "finishes what two admins were asked for; run by the worker",
    "ledger_bridge.sequence_entries": "changes nothing that anybody could be refused; run by the worker",
    "ledger_bridge.take_receipt": "asks may_see_entry: entries have many readers, and no single right",
    "ledger_bridge.view_receipt": "asks may_see_entry: entries have many readers, and no single right",
    "workspaces.discard_upload": "asks whose upload it is: what has not arrived is nobody else's",
    "workspaces.expire_uploads": "gives up what the clock has ended; run by the worker",
    "workspaces.end_hand_overs": "changes nothing that anybody could be refused; run by the worker",
    "workspaces.finish_removals": "finishes what two people decided; run by the worker",
    "workspaces.finish_rotation": "writes down that a rotation came to its end; run by the worker",
    "workspaces.forget_undoables": "changes nothing that anybody could be refused; run by the worker",
    "workspaces.undo_deed": "asks whose deed it was, and does the reverse deed, which asks for its rights",
    "sharing.record_expired_grants": "writes down what the clock has done; run by the worker",
}
PAGE_MODULES = ("django.http", "django.shortcuts", "django.forms", "django.template", "rest_framework")


@cache
def services_of(room: str) -> dict[str, Function]:
    """Return every function at the top of the room's services, by name."""
    paths = [path for path in modules(room) if is_services(path)]
    return {node.name: node for path in paths for node in tree(path).body if isinstance(node, Function)}


def is_services(path: Path) -> bool:
    return path.name == "services.py" or (ROOT in path.parents and "services" in path.relative_to(ROOT).parts)


def reaches(room: str, name: str, wanted: frozenset[str]) -> bool:
    """True when the function calls one of `wanted`, itself or through functions of the same services."""
    known, seen, waiting = services_of(room), set(), [name]
    while waiting:
        current = waiting.pop()
        seen.add(current)
        calls = called_names(known[current]) | passed_names(known[current])
        if calls & wanted:
            return True
        waiting += [call for call in calls if call in known and call not in seen]
    return False


def passed_names(node: ast.AST) -> set[str]:
    """Return names handed on as arguments: a deed may be run by a helper that retries it."""
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    return {argument.id for call in calls for argument in call.args if isinstance(argument, ast.Name)}


def deeds_of(room: str) -> list[str]:
    """Return what other rooms may call: where services are a package, the names in its `__all__`."""
    offered = ROOT / room / "services" / "__init__.py"
    public = {name for name in services_of(room) if not name.startswith("_")}
    if not offered.exists():
        return sorted(public)
    constants = {node.value for node in ast.walk(tree(offered)) if isinstance(node, ast.Constant)}
    return sorted(public & constants)


DEEDS = [(room, name) for room in ROOMS for name in deeds_of(room)]


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
def test_nobody_reaches_past_the_door_of_a_services_package(path: Path) -> None:
    inside = is_services(path)
    past = {name for name in imported_modules(path) if ".services." in name}
    assert inside or past == set()


@pytest.mark.parametrize("path", [path for path in modules(*ROOMS) if is_services(path)], ids=named)
def test_deeds_know_nothing_of_pages(path: Path) -> None:
    assert not any(name.startswith(PAGE_MODULES) for name in imported_modules(path))


@pytest.mark.parametrize(("room", "name"), DEEDS)
def test_a_deed_leaves_an_entry(room: str, name: str) -> None:
    recorded = reaches(room, name, frozenset({"record", "record_durably", "record_many"}))
    assert recorded != (f"{room}.{name}" in LEAVES_NO_ENTRY)


@pytest.mark.parametrize(("room", "name"), DEEDS)
def test_a_deed_asks_for_a_right(room: str, name: str) -> None:
    asked = reaches(room, name, frozenset({"require"}))
    assert asked != (f"{room}.{name}" in ASKS_NO_RIGHT)


def test_every_exemption_still_has_its_deed() -> None:
    assert {*LEAVES_NO_ENTRY, *ASKS_NO_RIGHT} <= {f"{room}.{name}" for room, name in DEEDS}


@pytest.mark.parametrize(("room", "name"), DEEDS)
def test_a_deed_takes_keyword_arguments_only(room: str, name: str) -> None:
    arguments = services_of(room)[name].args
    assert not arguments.posonlyargs
    assert not arguments.args
