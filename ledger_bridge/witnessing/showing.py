"""What pages say about witnesses, in plain words and without making more of them than they are."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from ledger_bridge.tlog.policy import Policy
from ledger_bridge.witnessing.policy import full_policy, needs_witnesses

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class ShownWitness:
    """`is_ours`: it runs on this machine, so whoever runs the log runs it too."""

    name: str
    vkey: str
    is_ours: bool


@dataclass(frozen=True)
class Witnessing:
    """Who has to cosign a checkpoint before it is published."""

    witnesses: tuple[ShownWitness, ...] = ()
    needed: int = 0
    """The fewest whose cosignatures meet the quorum."""

    @property
    def independent(self) -> int:
        return sum(not one.is_ours for one in self.witnesses)


def witnessing() -> Witnessing:
    if not needs_witnesses():
        return Witnessing()
    policy = full_policy()
    shown = tuple(
        ShownWitness(one.verifier.key.name, str(one.verifier.key), _is_here(one.url))
        for one in policy.witnesses.values()
    )
    return Witnessing(shown, _fewest(policy, policy.quorum))


def _is_here(url: str | None) -> bool:
    return url is not None and urlsplit(url).hostname in _THIS_MACHINE


def _fewest(policy: Policy, name: str) -> int:
    if name in policy.witnesses:
        return 1
    group = policy.groups[name]
    return sum(sorted(_fewest(policy, member) for member in group.members)[: group.threshold])
