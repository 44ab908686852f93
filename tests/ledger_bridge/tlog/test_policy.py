import pytest

from ledger_bridge.tlog.checkpoint import Checkpoint
from ledger_bridge.tlog.errors import FormatError, PolicyError, SignatureError
from ledger_bridge.tlog.note import Signer, join
from ledger_bridge.tlog.policy import Policy
from tests.fakes.ledger import secret, witness

LOG = Signer.from_seed("ledger.example/clinic", secret("policy log"))
NEXT_KEY = Signer.from_seed("ledger.example/clinic", secret("policy log, next year"))
FOREIGN = Signer.from_seed("other.example", secret("other log"))
A, B, C = witness("a"), witness("b"), witness("c")
TEXT = Checkpoint("ledger.example/clinic", 3, secret("root")).marshal()
WITNESSES = f"witness a {A.vkey}\nwitness b {B.vkey} https://witness.example/b\nwitness c\t{C.vkey}\n"
LOG_LINE = f"log {LOG.vkey}\n"


def note(*names: str, signer: Signer = LOG) -> bytes:
    cosigners = {"a": A, "b": B, "c": C}
    return join(TEXT, [signer.signature_line(TEXT), *(cosigners[n].signature_line(TEXT, 5) for n in names)])


def policy(rest: str) -> Policy:
    return Policy.parse(f"# whom we trust\n\n{LOG_LINE}{WITNESSES}{rest}\n")


def test_it_accepts_the_log_alone_when_nobody_else_is_asked() -> None:
    accepted = policy("quorum none").check(note())
    assert (accepted.checkpoint.size, accepted.log_key, accepted.cosigned) == (3, LOG.key, ())


def test_it_names_who_cosigned_and_when() -> None:
    accepted = policy("quorum none").check(note("a", "c"))
    assert [(one.witness, one.timestamp) for one in accepted.cosigned] == [("a", 5), ("c", 5)]


@pytest.mark.parametrize(
    ("rest", "enough", "too_few"),
    [
        ("quorum a", ["a"], ["b", "c"]),
        ("group g any a b c\nquorum g", ["c"], []),
        ("group g all a b c\nquorum g", ["a", "b", "c"], ["a", "c"]),
        ("group g 2 a b c\nquorum g", ["a", "c"], ["b"]),
        ("group g any a b\ngroup h all g c\nquorum h", ["b", "c"], ["a", "b"]),
    ],
)
def test_it_counts_the_quorum(rest: str, enough: list[str], too_few: list[str]) -> None:
    policy(rest).check(note(*enough))
    with pytest.raises(PolicyError):
        policy(rest).check(note(*too_few))


def test_a_witness_that_signs_twice_counts_once() -> None:
    lines = [LOG.signature_line(TEXT), A.signature_line(TEXT, 5), A.signature_line(TEXT, 6)]
    with pytest.raises(PolicyError):
        policy("group g 2 a b\nquorum g").check(join(TEXT, lines))


def test_it_refuses_a_cosignature_that_does_not_verify() -> None:
    wrong = A.signature_line(TEXT.replace(b"3", b"4"), 5)
    with pytest.raises(SignatureError):
        policy("quorum none").check(join(TEXT, [LOG.signature_line(TEXT), wrong]))


def test_it_refuses_a_checkpoint_that_only_witnesses_signed() -> None:
    with pytest.raises(SignatureError):
        policy("quorum a").check(join(TEXT, [A.signature_line(TEXT, 5)]))


def test_it_refuses_an_unknown_origin() -> None:
    text = TEXT.replace(b"ledger", b"lodger")
    with pytest.raises(PolicyError):
        policy("quorum none").check(LOG.sign(text))


def test_it_refuses_another_log_that_signs_for_this_one() -> None:
    both = Policy.parse(f"{LOG_LINE}log {FOREIGN.vkey}\nquorum none\n")
    with pytest.raises(SignatureError):
        both.check(note(signer=FOREIGN))


def test_it_knows_two_keys_of_one_log_during_a_change() -> None:
    both = Policy.parse(f"{LOG_LINE}log {NEXT_KEY.vkey}\nquorum none\n")
    assert both.check(note(signer=NEXT_KEY)).log_key == NEXT_KEY.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        LOG_LINE,
        "quorum none\n",
        LOG_LINE + "quorum none\nquorum none\n",
        LOG_LINE + "quorum a\n",
        LOG_LINE + "quorum\n",
        LOG_LINE + LOG_LINE + "quorum none\n",
        LOG_LINE + f"witness a {LOG.vkey}\nquorum none\n",
        f"log {A.vkey}\nquorum none\n",
        LOG_LINE + f"witness none {A.vkey}\nquorum none\n",
        LOG_LINE + f"witness a {A.vkey}\nwitness a {B.vkey}\nquorum none\n",
        LOG_LINE + f"witness a {A.vkey}\nwitness b {A.vkey}\nquorum none\n",
        LOG_LINE + f"witness {A.vkey}\nquorum none\n",
        LOG_LINE + WITNESSES + "group a any b\nquorum none\n",
        LOG_LINE + WITNESSES + "group none any b\nquorum none\n",
        LOG_LINE + WITNESSES + "group g any d\nquorum none\n",
        LOG_LINE + WITNESSES + "group g any none\nquorum none\n",
        LOG_LINE + WITNESSES + "group g any g\nquorum none\n",
        LOG_LINE + WITNESSES + "group g 0 a\nquorum none\n",
        LOG_LINE + WITNESSES + "group g 3 a b\nquorum none\n",
        LOG_LINE + WITNESSES + "group g 01 a b\nquorum none\n",
        LOG_LINE + WITNESSES + "group g some a b\nquorum none\n",
        LOG_LINE + WITNESSES + "group g any\nquorum none\n",
        LOG_LINE + WITNESSES + "group g 2 a a\nquorum none\n",
        LOG_LINE + WITNESSES + "group g any a\ngroup h any a\nquorum none\n",
        LOG_LINE + "trust everybody\nquorum none\n",
        LOG_LINE + "quorum none\r\n",
        LOG_LINE + "quorum\u0000none\n",
        LOG_LINE.strip() + " https://a b\nquorum none\n",
    ],
)
def test_it_refuses_what_is_no_policy(text: str) -> None:
    with pytest.raises(FormatError):
        Policy.parse(text)


def test_it_says_in_which_line_the_fault_is() -> None:
    with pytest.raises(FormatError, match="line 2"):
        Policy.parse(LOG_LINE + "quorum somebody\n")
