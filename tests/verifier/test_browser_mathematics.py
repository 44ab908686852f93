"""The mathematics that the page brings itself, held against libraries that others wrote."""

import json
import random
from collections.abc import Iterator
from hashlib import sha256, shake_128, shake_256
from pathlib import Path
from typing import Any

import pytest
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from playwright.sync_api import Page

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.note import parse
from ledger_bridge.tlog.tags import MOST_HASHES, MOST_PAGES
from tests.fakes.archives import members
from tests.needs import needs
from tests.verifier.in_browser import verifier_page

pytestmark = needs("chromium")

CHANCE = random.Random(7)
LENGTHS = [*range(140), 167, 168, 169, 1000, 4095, 5000]
_BYTES = "const bytes = (hex) => ithaca.bytes.fromHex(hex), hex = (data) => ithaca.bytes.toHex(data);"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with verifier_page() as opened:
        yield opened


def each(page: Page, expression: str, inputs: list[Any]) -> list[Any]:
    """Evaluate an expression of `one` for every input."""
    made: list[Any] = page.evaluate(f"(inputs) => {{ {_BYTES} return inputs.map((one) => {expression}); }}", inputs)
    return made


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("hex(ithaca.sha256.sha256(bytes(one)))", lambda data: sha256(data).hexdigest()),
        ("hex(ithaca.keccak.keccak256(bytes(one)))", lambda data: keccak.new(data=data, digest_bits=256).hexdigest()),
        ("hex(ithaca.keccak.shake128(bytes(one)).squeeze(400))", lambda data: shake_128(data).hexdigest(400)),
        ("hex(ithaca.keccak.shake256(bytes(one)).squeeze(300))", lambda data: shake_256(data).hexdigest(300)),
    ],
    ids=["SHA-256", "Keccak-256", "SHAKE128", "SHAKE256"],
)
def test_a_hash_of_every_length_is_the_library_s(page: Page, expression: str, expected: Any) -> None:
    messages = [CHANCE.randbytes(length) for length in LENGTHS]
    assert each(page, expression, [one.hex() for one in messages]) == [expected(one) for one in messages]


def test_sha_256_in_pieces_is_sha_256_at_once(page: Page) -> None:
    pieces = [[CHANCE.randbytes(CHANCE.randrange(200)).hex() for _ in range(9)] for _ in range(60)]
    in_pieces = "(() => { const h = new ithaca.sha256.Sha256(); one.forEach((p) => h.update(bytes(p)));"
    found = each(page, f"{in_pieces} return hex(h.digest()); }})()", pieces)
    assert found == [sha256(bytes.fromhex("".join(one))).hexdigest() for one in pieces]


def signed(number: int) -> tuple[bytes, bytes, bytes]:
    private = MLDSA44PrivateKey.from_seed_bytes(sha256(bytes([number])).digest())
    message = CHANCE.randbytes(number * 7)
    return private.public_key().public_bytes_raw(), message, private.sign(message)


def judged(page: Page, triples: list[tuple[bytes, bytes, bytes]]) -> list[bool]:
    verify = "ithaca.mldsa44.verify(bytes(one[0]), bytes(one[1]), bytes(one[2]))"
    return each(page, verify, [[part.hex() for part in one] for one in triples])


def test_signatures_of_the_library_verify(page: Page) -> None:
    assert judged(page, [signed(number) for number in range(30)]) == [True] * 30


def test_no_changed_key_message_or_signature_verifies(page: Page) -> None:
    changed = []
    for number in range(1, 60):
        parts = [bytearray(part) for part in signed(number)]
        part = parts[number % 3]
        part[CHANCE.randrange(len(part))] ^= 1 << CHANCE.randrange(8)
        changed.append((bytes(parts[0]), bytes(parts[1]), bytes(parts[2])))
    assert judged(page, changed) == [False] * len(changed)


def test_hints_in_another_order_or_with_a_rest_do_not_verify(page: Page) -> None:
    """Other spellings of one signature: the standard allows none of them."""
    key, message, signature = signed(3)
    hints = signature[-84:]
    counts, last = hints[80:], hints[83]
    swapped = bytes([hints[1], hints[0], *hints[2:80]]) + counts
    more = hints[:last] + b"\1" + hints[last + 1 : 80] + counts
    beyond = hints[:83] + bytes([81])
    assert last < 80
    assert counts[0] > 1
    spellings = [signature[:-84] + one for one in (swapped, more, beyond)]
    cut = [signature[:-1], signature + b"\0", b""]
    assert judged(page, [(key, message, one) for one in (*spellings, *cut)]) == [False] * 6


def test_a_note_that_another_library_signed_opens(page: Page) -> None:
    known = json.loads((Path(__file__).parents[1] / "vectors" / "c2sp" / "mldsa44.json").read_text())
    opened = """async ({ note, vkey }) => {
      const key = ithaca.note.VerifierKey.parse(vkey);
      const verifier = new ithaca.mldsa.MldsaVerifier(key);
      return (await ithaca.note.open(ithaca.bytes.toUtf8(note), [verifier])).signedBy.has(key.identity);
    }"""
    assert page.evaluate(opened, {"note": known["note"], "vkey": known["vkey"]}) is True


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        "1.0",
        "1e3",
        "NaN",
        "-Infinity",
        "01",
        "+1",
        "[1,]",
        '"\t"',
        '"\\x"',
        "{'a':1}",
        "nul",
        "",
        "1 2",
        '"',
    ],
)
def test_json_that_could_be_read_in_two_ways_is_refused(page: Page, text: str) -> None:
    read = "ithaca.strict_json.loads(ithaca.bytes.toUtf8(one)); return 'read'"
    tried = f"(() => {{ try {{ {read}; }} catch (error) {{ return error.constructor.name; }} }})()"
    assert each(page, tried, [text]) == ["FormatError"]


def test_json_is_read_and_written_as_in_python(page: Page) -> None:
    values = [
        "",
        'é\n\u2028"\\\u0007\x7f',
        "😀",
        0,
        -(2**53) + 1,
        True,
        None,
        [1, [2]],
        {"b": 1, "a": [{}], "__proto__": "x"},
    ]
    written = [json.dumps(one) for one in values]
    form = "new TextDecoder().decode(ithaca.entry.canonical(ithaca.strict_json.loads(ithaca.bytes.toUtf8(one))))"
    expected = [json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in values]
    assert each(page, form, written) == expected


VECTORS = Path(__file__).parents[1] / "vectors" / "ledger"


def test_an_opening_of_sorted_tags_gives_what_the_vectors_say(page: Page) -> None:
    known = json.loads((VECTORS / "tags.json").read_text())["openings"]
    look = f"""async ({{ first, leaves, opening, tags }}) => {{
      {_BYTES}
      const data = bytes(opening);
      let at = 0;
      const reader = {{ read: async (size) => data.subarray(at, (at += size)) }};
      const opened = await ithaca.tags.Opening.read(new ithaca.tags.Span(first, leaves), reader);
      opened.checkRecords();
      return {{ root: hex(opened.root()), found: Object.keys(tags).map((tag) => [tag, opened.find(bytes(tag))]) }};
    }}"""
    answer = page.evaluate(look, known)
    assert (answer["root"], dict(answer["found"])) == (known["root"], known["tags"])


@pytest.mark.parametrize(("pages", "hashes"), [(MOST_PAGES + 1, 0), (0, MOST_HASHES + 1)])
def test_an_opening_that_says_far_too_much_is_refused_before_it_is_read(page: Page, pages: int, hashes: int) -> None:
    look = f"""async (counts) => {{
      {_BYTES}
      const asked = [];
      const reader = {{ read: async (size) => {{ asked.push(size); return bytes(counts); }} }};
      const span = new ithaca.tags.Span(0, 4096 * 4 ** 15);
      const said = await ithaca.tags.Opening.read(span, reader).catch((error) => error.message);
      return [said, asked];
    }}"""
    said, asked = page.evaluate(look, (pages.to_bytes(4, "big") + hashes.to_bytes(4, "big")).hex())
    assert ("far more than any trail" in said, asked) == (True, [8])


def test_parts_of_trees_give_the_roots_of_the_vectors(page: Page) -> None:
    parts = json.loads((VECTORS / "tags.json").read_text())["parts"]
    shown = "new Map(Object.entries(one.shown).map(([place, hash]) => [Number(place), bytes(hash)]))"
    found = f"ithaca.partial.roots(one.size, [...{shown}.keys()], {shown}, one.hashes.map(bytes), one.cuts)"
    answers = each(page, f"[...{found}].map(([size, root]) => [String(size), hex(root)])", parts)
    assert [dict(one) for one in answers] == [part["roots"] for part in parts]


def test_a_proof_of_consistency_is_read_and_holds_as_in_python(page: Page) -> None:
    proof = (VECTORS / "consistency").read_bytes()
    old = (VECTORS / "known-checkpoint").read_bytes()
    new = members((VECTORS / "trail.zip").read_bytes())["checkpoint"]
    roots = [Checkpoint.parse(parse(note).text).root.hex() for note in (old, new)]
    check = """(() => {
      try {
        ithaca.consistency.Consistency.parse(bytes(one[0])).check(bytes(one[1]), bytes(one[2]));
        return "holds";
      } catch (error) { return error.constructor.name; }
    })()"""
    changed = [proof.replace(b"old 5", b"old 05"), proof[:-1], proof + b"\n", proof.replace(b"new 11", b"new 5")]
    tried = [[proof.hex(), *roots], [proof.hex(), *roots[::-1]], *([one.hex(), *roots] for one in changed)]
    assert each(page, check, tried) == ["holds", "ProofError", *["FormatError"] * 4]
