"""From a signed checkpoint to its quorum, with real witnesses over HTTP, honest and otherwise."""

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from ledger_bridge import publishing
from ledger_bridge.models import Checkpoint, Outbox
from ledger_bridge.publishing import RolledBack
from ledger_bridge.receipts import latest_checkpoint, proof_states
from ledger_bridge.services import sequence_entries
from ledger_bridge.signing import log_signer
from ledger_bridge.tlog.checkpoint import Checkpoint as Head
from ledger_bridge.tlog.errors import PolicyError
from ledger_bridge.tlog.note import Signer, parse
from ledger_bridge.tlog.policy import Policy
from ledger_bridge.witnessing import policy as policies
from ledger_bridge.witnessing import watching
from ledger_bridge.witnessing.models import Cosignature, Publication, WitnessStanding
from ledger_bridge.witnessing.publisher import publish_checkpoint
from tests.fakes.members import Ask, Member
from tests.ledger_bridge.conftest import Fill
from tests.stack import free_port

pytestmark = pytest.mark.django_db


def published() -> tuple[Head, list[str]]:
    note = publishing.read_published()
    assert note is not None
    accepted = policies.full_policy().check(note)
    return accepted.checkpoint, policies.witnesses_of(accepted)


def trouble(url: str) -> str:
    return WitnessStanding.objects.get(url=url).trouble


def rest_is_over() -> None:
    WitnessStanding.objects.update(not_before=None)


@contextmanager
def serving(status: int, body: bytes, kind: str = "text/plain", latest: bytes = b"", wait: float = 0) -> Iterator[str]:
    """A witness that answers every request in the same way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(wait)
            self._answer(status, body, kind)

        def do_GET(self) -> None:
            self._answer(200 if latest else 404, latest, "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_checkpoint_is_published_with_the_cosignatures_of_the_quorum(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members, "2")
    fill(3)
    head, witnesses = published()
    assert head.size == 3
    assert len(witnesses) >= 2


def test_the_next_checkpoint_continues_with_a_proof(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members, "all")
    for count in (3, 4, 300):
        fill(count)
    assert published()[0].size == 307
    assert {member.size(published()[0].origin) for member in members} == {307}


def test_one_dead_witness_of_three_holds_nobody_up(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members, "2", {2: f"http://127.0.0.1:{free_port()}"})
    fill(3)
    assert published()[1] == ["w0", "w1"]


def test_without_the_quorum_nothing_is_published_and_the_older_one_stays(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members, "2")
    fill(3)
    members[0].stop()
    members[1].stop()
    fill(2)
    assert Checkpoint.objects.latest().size == 5
    assert published()[0].size == 3
    latest = latest_checkpoint()
    assert latest is not None
    assert latest.size == 3


def test_it_is_published_as_soon_as_the_quorum_is_back(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    dead = free_port()
    ask_for(members[:1], "all", {0: f"http://127.0.0.1:{dead}"})
    fill(3)
    assert publishing.read_published() is None
    ask_for(members[:1], "all")
    sequence_entries()
    assert published()[0].size == 3


def test_after_a_start_nothing_is_signed_before_the_quorum_has_answered_once(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    ask_for(members, "2", {0: dead, 1: dead})
    fill(3)
    assert (Checkpoint.objects.count(), Outbox.objects.count()) == (0, 3)
    ask_for(members, "2", {0: dead})
    sequence_entries()
    assert published()[0].size == 3


def test_once_it_was_heard_the_log_is_signed_without_the_quorum(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members, "2")
    fill(3)
    for member in members:
        member.stop()
    fill(2)
    assert (Checkpoint.objects.latest().size, published()[0].size) == (5, 3)


def test_through_another_connection_the_quorum_must_answer_again(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members, "2")
    fill(3)
    for member in members:
        member.stop()
    watching._heard = {origin: (object(), names) for origin, (_, names) in watching._heard.items()}
    fill(2)
    assert (Checkpoint.objects.latest().size, Outbox.objects.count()) == (3, 2)


def start_again() -> None:
    watching._heard.clear()


def waiting() -> tuple[int, int]:
    """The size that is signed, and how many entries wait."""
    return Checkpoint.objects.latest().size, Outbox.objects.count()


def test_a_witness_that_forgot_is_not_heard_at_a_start(
    fill: Fill, members: list[Member], ask_for: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    ask_for(members[:1], "all")
    fill(5)
    members[0].forget()
    start_again()
    fill(2)
    fill(1)
    assert waiting() == (5, 3)
    assert caplog.text.count("cosigned 5 entries of this log, but shows 0") == 1


def test_a_witness_with_an_older_memory_is_not_heard_at_a_start(
    fill: Fill, members: list[Member], ask_for: Ask, tmp_path: Path
) -> None:
    ask_for(members[:1], "all")
    fill(3)
    older = tmp_path / "older.sqlite"
    memory = members[0].directory / "witness.sqlite"
    with closing(sqlite3.connect(memory)) as now, closing(sqlite3.connect(older)) as copy:
        now.backup(copy)
    fill(2)
    with closing(sqlite3.connect(memory)) as now, closing(sqlite3.connect(older)) as copy:
        copy.backup(now)
    start_again()
    fill(2)
    assert waiting() == (5, 2)


def test_whoever_cosigned_last_must_be_heard_where_the_others_forgot_or_were_slow(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    """Two of three; the third never cosigned. With one of the two away and the other forgetful nobody could tell."""
    dead = f"http://127.0.0.1:{free_port()}"
    ask_for(members, "2", {2: dead})
    fill(5)
    members[1].forget()
    start_again()
    ask_for(members, "2", {0: dead})
    rest_is_over()
    fill(2)
    assert waiting() == (5, 2)
    ask_for(members, "2")
    rest_is_over()
    sequence_entries()
    assert waiting() == (7, 0)


def test_a_witness_that_forgot_is_heard_again_once_the_others_have_brought_it_up(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members, "all")
    fill(5)
    members[0].forget()
    start_again()
    ask_for(members, "2")
    fill(2)
    assert members[0].size(published()[0].origin) == 7
    members[2].stop()
    start_again()
    fill(1)
    assert waiting() == (8, 0)


def test_a_witness_that_is_new_in_the_policy_may_have_nothing(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    fill(3)
    start_again()
    ask_for(members[:2], "all")
    fill(2)
    assert (waiting(), published()[1]) == ((5, 0), ["w0", "w1"])


def test_a_witness_with_a_new_key_is_a_new_witness(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    fill(3)
    start_again()
    ask_for(members[1:2], "all")  # under the same name in the policy
    fill(2)
    assert (waiting(), published()[1]) == ((5, 0), ["w0"])


def test_what_cannot_be_read_as_a_checkpoint_of_ours_is_no_answer(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    """As after a database was restored from before the log had the key that signed what the witness holds."""
    other = Signer.from_seed("other.example/log", b"o" * 32)
    foreign = other.sign(Head(log_signer().key.name, 9, b"x" * 32).marshal())
    with serving(409, b"9\n", "text/x.tlog.size", latest=foreign) as url:
        ask_for(members[:1], "all", {0: url})
        fill(2)
        assert (Checkpoint.objects.count(), Outbox.objects.count()) == (0, 2)


def test_who_does_not_answer_is_left_alone_for_longer_each_time(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ask_for(members[:1], "all")
    fill(1)
    ask_for(members[:1], "all", {0: url})
    pauses = []
    for _ in range(3):
        fill(1)
        standing = WitnessStanding.objects.get(url=url)
        assert standing.not_before is not None
        pauses.append(standing.failures)
        fill(1)
        assert WitnessStanding.objects.get(url=url).failures == pauses[-1]
        rest_is_over()
    assert pauses == [1, 2, 3]


def test_a_slow_witness_does_not_hold_up_the_others(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    with serving(200, b"", wait=4) as slow:
        ask_for(members, "2", {0: slow})
        began = time.monotonic()
        fill(3)
        assert published()[1] == ["w1", "w2"]
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "what", ["another key", "another text", "an old time", "nonsense", "nothing", "a large answer"]
)
def test_a_witness_that_lies_is_not_counted(fill: Fill, members: list[Member], ask_for: Ask, what: str) -> None:
    fill(3)
    text = parse(Checkpoint.objects.latest().note.encode()).text
    liar, other = (member.witness.cosigners[0] for member in members[:2])
    now = int(time.time())
    answers = {
        "another key": other.signature_line(text, now),
        "another text": liar.signature_line(text.replace(b"\n3\n", b"\n2\n"), now),
        "an old time": liar.signature_line(text, now + 7 * 86400),
        "nonsense": b"yes, certainly",
        "nothing": b"",
        "a large answer": b"x" * 300_000,
    }
    with serving(200, answers[what]) as url:
        ask_for(members[:1], "all", {0: url})
        sequence_entries()
        assert not Publication.objects.exists()
        assert trouble(url)


def test_a_witness_that_answers_drop_by_drop_is_cut_off(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    fill(1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        ask_for(members[:1], "all", {0: url})
        began = time.monotonic()
        fill(1)
        assert time.monotonic() - began < 7
        assert trouble(url)


def drip(listening: socket.socket) -> None:
    """Begin an answer to each request and never end it."""
    with suppress(OSError), ExitStack() as held:
        while True:
            connection = held.enter_context(listening.accept()[0])
            threading.Thread(target=drip_into, args=(connection,), daemon=True).start()


def drip_into(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x")
            time.sleep(0.2)


def test_a_witness_that_always_names_another_size_is_given_up(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    with serving(409, b"1\n", "text/x.tlog.size") as url:
        ask_for(members[:1], "all", {0: url})
        fill(3)
        assert trouble(url) == "it names another size each time"


def test_a_witness_that_forgot_is_brought_up_again_from_where_it_stands(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members[:1], "all")
    fill(5)
    members[0].forget()
    fill(2)
    assert published()[0].size == 7


def test_a_witness_that_was_ahead_in_our_memory_only_is_asked_all_the_same(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members[:1], "all")
    WitnessStanding.objects.create(url=members[0].url, size=1000)
    fill(5)
    assert published()[0].size == 5


def test_a_claim_without_a_signed_checkpoint_does_not_stop_the_log(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    with serving(409, b"9000\n", "text/x.tlog.size") as url:
        ask_for(members, "2", {0: url})
        fill(3)
        fill(2)
        assert published()[0].size == 5
        assert trouble(url) == "it says that it cosigned 9000 entries, more than the 3 there are"


def ahead_of_us(size: int) -> bytes:
    """What this log would have signed before its database was rolled back."""
    return log_signer().sign_checkpoint(Head(log_signer().key.name, size, b"x" * 32).marshal())


@pytest.mark.parametrize("status", [409, 422])
def test_a_witness_that_is_ahead_proves_that_we_were_rolled_back(
    fill: Fill, members: list[Member], ask_for: Ask, status: int
) -> None:
    fill(3)
    with serving(status, b"9\n", "text/x.tlog.size", latest=ahead_of_us(9)) as url:
        ask_for(members[:1], "all", {0: url})
        with pytest.raises(RolledBack, match="9 entries, this database only 3"):
            sequence_entries()
    fill(1, sequence=False)
    rest_is_over()
    with pytest.raises(RolledBack):  # also when that witness does not answer any more
        sequence_entries()
    assert Checkpoint.objects.latest().size == 3
    assert publishing.halted() == "The checkpoint that a witness holds has 9 entries, this database only 3."


def test_a_witness_with_another_history_of_ours_stops_the_log(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    fill(3)
    with serving(422, b"", latest=ahead_of_us(2)) as url:
        ask_for(members[:1], "all", {0: url})
        with pytest.raises(RolledBack, match="The first 2 entries"):
            sequence_entries()


def test_what_was_refused_goes_on_once_the_database_holds_it_again(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    fill(3)
    publishing.keep_seen(Checkpoint.objects.latest().note.encode())
    publishing._write(b"because", publishing._halted_path())
    fill(1)
    assert publishing.seen_elsewhere() == []
    assert publishing.halted() is None


def test_no_witness_is_asked_inside_a_transaction(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        publish_checkpoint()


def test_badges_count_those_who_cosigned(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members, "all")
    (entry,) = fill(1)
    assert proof_states([entry])[entry].cosigned == 3


def test_an_entry_beyond_the_published_checkpoint_is_not_called_cosigned(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    ask_for(members, "all")
    fill(1)
    for member in members:
        member.stop()
    (entry,) = fill(1)
    assert proof_states([entry])[entry].cosigned == 0


def test_everybody_reads_the_policy_with_its_witnesses(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members, "2")
    fill(2)
    policy = Policy.parse(Client().get("/ledger/policy").content.decode())
    note = Client().get("/ledger/checkpoint").content
    assert len(policy.check(note).cosigned) >= 2
    bare = Checkpoint.objects.latest().note.encode()
    with pytest.raises(PolicyError, match="quorum"):
        policy.check(bare)


def test_a_witness_without_an_address_hands_its_cosignature_in(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all", {0: ""})
    fill(3)
    assert publishing.read_published() is None
    pending = Client().get("/ledger/checkpoint/pending").content
    lines = members[0].witness.add_checkpoint(b"old 0\n\n" + pending)
    answer = Client().post("/ledger/cosignatures", pending + lines, content_type="text/plain")
    assert answer.status_code == 204
    sequence_entries()
    assert published()[1] == ["w0"]


def test_what_is_handed_in_twice_is_kept_once(fill: Fill, members: list[Member], ask_for: Ask) -> None:
    ask_for(members[:1], "all", {0: ""})
    fill(3)
    note = Client().get("/ledger/checkpoint/pending").content
    note += members[0].witness.add_checkpoint(b"old 0\n\n" + note)
    for _ in range(2):
        assert Client().post("/ledger/cosignatures", note, content_type="text/plain").status_code == 204
    assert Cosignature.objects.count() == 1


@pytest.mark.parametrize("what", ["nonsense", "nobody's", "a stranger's", "another log's"])
def test_what_no_witness_of_ours_signed_is_refused(fill: Fill, members: list[Member], ask_for: Ask, what: str) -> None:
    ask_for(members[:1], "all", {0: ""})
    fill(3)
    note = Client().get("/ledger/checkpoint/pending").content
    text = parse(note).text
    bodies = {
        "nonsense": b"nonsense",
        "nobody's": note,
        "a stranger's": note + members[1].witness.cosigners[0].signature_line(text, int(time.time())),
        "another log's": note.replace(b"localhost", b"elsewhere"),
    }
    answer = Client().post("/ledger/cosignatures", bodies[what], content_type="text/plain")
    assert answer.status_code == 400
    assert not Cosignature.objects.exists()


def test_a_checkpoint_of_ours_that_we_do_not_hold_is_kept_as_evidence(
    fill: Fill, members: list[Member], ask_for: Ask
) -> None:
    fill(3)
    ask_for(members[:1], "all", {0: ""})
    assert Client().post("/ledger/cosignatures", ahead_of_us(9), content_type="text/plain").status_code == 409
    fill(1, sequence=False)
    with pytest.raises(RolledBack):
        sequence_entries()


def test_a_long_body_is_refused(db: None) -> None:
    assert Client().post("/ledger/cosignatures", b"x" * 200_000, content_type="text/plain").status_code == 413
