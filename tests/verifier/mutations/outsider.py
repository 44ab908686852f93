"""The attacker without a key, and what an auditor may bring that does not fit."""

import io
import re
import warnings
import zipfile
from dataclasses import replace
from random import Random

from ledger_bridge.tlog.cosignature import Cosigner
from ledger_bridge.tlog.mldsa import MldsaSigner
from ledger_bridge.tlog.note import join
from tests.fakes.archives import event_lines, events_of, forge, members, pack
from tests.fakes.ledger import ORIGIN, FakeLedger, secret, small_ledger, with_events, witness
from tests.verifier.conftest import WORKSPACE
from tests.verifier.mutations.honest import (
    MOMENT,
    QUANTUM,
    Case,
    Honest,
    HybridLedger,
    Mutation,
    flipped,
    honest_exports,
    honest_ledger,
)


def flip_in_member(random: Random, honest: Honest) -> Case:
    contents = members(honest.archive)
    name = random.choice(sorted(name for name, data in contents.items() if data))
    contents[name] = flipped(random, contents[name])
    return honest.handed(pack(contents))


def flip_in_file(random: Random, honest: Honest) -> Case:
    while True:
        data = flipped(random, honest.archive)
        if _content(data) != members(honest.archive):  # else the byte was one that carries no content
            return honest.handed(data)


def cut_tail(random: Random, honest: Honest) -> Case:
    return honest.handed(honest.archive[: random.randrange(40, len(honest.archive))])


def empty_member(random: Random, honest: Honest) -> Case:
    contents = members(honest.archive)
    contents[random.choice(sorted(name for name, data in contents.items() if data))] = b""
    return honest.handed(pack(contents))


def drop_member(random: Random, honest: Honest) -> Case:
    contents = members(honest.archive)
    del contents[random.choice(sorted(contents))]
    return honest.handed(pack(contents))


def add_member(random: Random, honest: Honest) -> Case:
    name = random.choice(["extra.txt", "../policy", "Policy", "été", "anchors.json"])
    contents = members(honest.archive)
    contents[name] = b"[]" if name not in contents else b"{}"
    return honest.handed(pack(contents))


def swap_members(random: Random, honest: Honest) -> Case:
    contents = members(honest.archive)
    first, second = random.sample(sorted(name for name, data in contents.items() if data), 2)
    contents[first], contents[second] = contents[second], contents[first]
    return honest.handed(pack(contents))


def repeat_member(random: Random, honest: Honest) -> Case:
    out = io.BytesIO(honest.archive)
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr(zipfile.ZipInfo(random.choice(archive.namelist())), b"")
    return honest.handed(out.getvalue())


def mix_exports(random: Random, honest: Honest) -> Case:
    other = random.choice([one for one in honest_exports() if one.case.name != honest.case.name])
    ours, theirs = members(honest.archive), members(other.archive)
    for name in random.sample(sorted(ours.keys() & theirs.keys()), random.randint(1, 5)):
        ours[name] = theirs[name]
    if ours in (members(honest.archive), theirs):
        ours["README.txt"] += b"."
    return honest.handed(pack(ours))


def sign_as_stranger(random: Random, honest: Honest) -> Case:
    """The events are changed, and the manifest is signed with another key under the log's own name."""
    stranger = FakeLedger(origin=random.choice([ORIGIN, "evil.example"]))
    stranger_signer = type(stranger.signer).from_seed(stranger.origin, secret("stranger", random.random()))
    events = events_of(honest.archive)
    del events[random.randrange(len(events))]
    return honest.handed(forge(honest.archive, stranger_signer, events_jsonl=event_lines(events)))


def recompute_everything(random: Random, honest: Honest) -> Case:
    """A log without one entry: leaves, numbers, proofs and signatures all fit, but the keys are the attacker's."""
    forged = FakeLedger(origin=ORIGIN, witnesses=tuple(_false_witness(one, random) for one in honest.ledger.witnesses))
    left_out = random.randrange(len(honest.ledger.entries))
    for one in honest.ledger.entries:
        if one.index != left_out:
            forged.record(**{name: value for name, value in one.fields.items() if not name.endswith("_stream")})
    signer = type(forged.signer).from_seed(ORIGIN, secret("stranger", random.random()))
    trail = forged.trail(*honest.streams)
    text = forged.checkpoint().marshal()
    lines = [signer.signature_line(text), *(one.signature_line(text, MOMENT) for one in forged.witnesses)]
    data = forged.archive(replace(trail, checkpoint_note=join(text, lines)))
    return honest.handed(forge(data, signer))


def _false_witness(real: Cosigner, random: Random) -> Cosigner:
    made = witness(f"false-{random.random()}")
    return Cosigner(real.key.name, made._private)


def ask_for_others(random: Random, honest: Honest) -> Case:
    """A policy that knows other keys, or asks for somebody who did not sign."""
    text = (honest.case.policy or b"").decode()
    stranger = witness("stranger")
    asked = random.choice(
        [
            text.replace(honest.ledger.signer.vkey, FakeLedger("other.example").signer.vkey),
            text.replace("quorum all", f"witness s {stranger.vkey}\nquorum s"),
            re.sub(r"(log \S+\n)", r"\1", text, count=1)
            .replace("log ", "log ", 1)
            .replace(f"log {QUANTUM.vkey}\n", f"log {MldsaSigner.from_seed(ORIGIN, secret('other')).vkey}\n"),
            text.replace(
                f"log {QUANTUM.vkey}\n",
                f"log {QUANTUM.vkey}\n#valid {QUANTUM.key.name}+{QUANTUM.key.key_id.hex()} 12\n"
                f"#valid {honest.ledger.signer.key.name}+{honest.ledger.signer.key.key_id.hex()} 0 3\n",
            ),
        ]
    )
    return honest.handed(honest.archive, policy=asked.encode())


def break_the_policy(random: Random, honest: Honest) -> Case:
    text = (honest.case.policy or b"").decode()
    lines = text.splitlines(keepends=True)
    broken = random.choice(
        [
            "".join(lines[:-1]),
            text + "quorum none\n",
            text + "trust everybody\n",
            "".join(random.sample(lines, len(lines) - 2)) + "quorum nobody\n",
            text.replace("quorum all", "group g 3 witness.example/a\nquorum g"),
            text.replace("+", "", 1),
            text.replace("log ", "log\0", 1),
            text.replace("quorum all", "quorum all all"),
        ]
    )
    return honest.handed(honest.archive, policy=broken.encode())


def know_another_history(random: Random, honest: Honest) -> Case:
    """The auditor kept a checkpoint of the log that was there before this one took its place: a split view."""
    other = honest_ledger()
    changed = random.randrange(5)
    other.leaves[changed] = other.leaves[changed][:-1] + bytes([other.leaves[changed][-1] ^ 1])
    return honest.handed(honest.archive, known=other.checkpoint_note(random.randint(5, 11)))


def know_more(random: Random, honest: Honest) -> Case:
    other = honest_ledger()
    for _ in range(random.randint(1, 9)):
        other.record(workspace="w1", actor="ana")
    return honest.handed(honest.archive, known=other.checkpoint_note())


def know_nonsense(random: Random, honest: Honest) -> Case:
    known = honest.ledger.checkpoint_note(5)
    text = honest.ledger.checkpoint(5).marshal()
    other = small_ledger(origin="other.example").checkpoint_note(5)
    nonsense = [
        b"hello\n",
        known[:-1],
        flipped(random, text) + known[len(text) :],
        other,
        join(text, [FakeLedger("x").signer.signature_line(text)]),
    ]
    return honest.handed(honest.archive, known=random.choice(nonsense))


def hold_another_receipt(random: Random, honest: Honest) -> Case:
    """The log told somebody else something that this export does not bear out."""
    other = honest_ledger()
    change = random.choice(["later", "rewritten", "another log", "damaged"])
    if change == "later":
        other.record(workspace="w1", actor="ana")
    elif change == "rewritten":
        other.leaves[1] = other.leaves[1][:65] + random.randbytes(32)
    elif change == "another log":
        other = HybridLedger(**{**vars(other), "origin": "other.example"})
    receipt = other.receipt(random.choice([0, 2, 3, 5])).marshal()
    return honest.handed(honest.archive, receipt=flipped(random, receipt) if change == "damaged" else receipt)


def leave_out_what_a_receipt_shows(random: Random, honest: Honest) -> Case:
    """A complete export of a stream that was split: the receipt shows the other half."""
    ledger = honest_ledger()
    public = ledger.streams.pop(WORKSPACE)
    ledger.stream(*WORKSPACE).key = secret("the stream that nobody shall see", random.random())
    receipt = ledger.receipt(ledger.record(workspace="w1", actor="cy").index).marshal()
    ledger.streams[WORKSPACE] = public
    events = [event for event in ledger.events([public]) if event["index"] < 11]
    trail = with_events(ledger.trail(WORKSPACE), events, scope=ledger.scope([public], len(events)))
    return Case("", ledger.archive(trail), ledger.policy.encode(), receipt=receipt)


def know_another_block(random: Random, honest: Honest) -> Case:
    return honest.handed(honest.archive, block_hash=random.choice([random.randbytes(32).hex(), "0x12", "xyz"]))


def _content(data: bytes) -> dict[str, bytes] | None:
    try:
        return members(data)
    except Exception:  # noqa: BLE001  whatever the library finds wrong, the content is not the honest one
        return None


MUTATIONS: list[Mutation] = [
    flip_in_member,
    flip_in_file,
    cut_tail,
    empty_member,
    drop_member,
    add_member,
    swap_members,
    repeat_member,
    mix_exports,
    sign_as_stranger,
    recompute_everything,
    ask_for_others,
    break_the_policy,
    know_another_history,
    know_more,
    know_nonsense,
    hold_another_receipt,
    leave_out_what_a_receipt_shows,
    know_another_block,
]
