"""Exports and receipts as somebody dishonest would hand them over, made at random from honest ones.

Two kinds of attacker appear. One has no key of the log: he changes finished files, or makes whole logs with keys of his
own. The other is the log's operator: he signs any manifest and any checkpoint, but not for the witnesses, and cannot
make what is signed fit together. Nothing here is a change that the format leaves to the operator (the renderings, the
names, what was asked for), because such a file is not wrong.
"""

from dataclasses import replace
from random import Random

from tests.verifier.mutations import operator, outsider, receipts, short
from tests.verifier.mutations.honest import Case, Honest, Mutation, honest_receipt
from tests.verifier.mutations.honest import honest_exports as whole_exports
from tests.verifier.mutations.short import short_export

__all__ = ["MUTATIONS", "Case", "Honest", "honest_exports", "honest_receipt", "mutate"]

MUTATIONS: list[Mutation] = [*outsider.MUTATIONS, *operator.MUTATIONS, *receipts.MUTATIONS, *short.MUTATIONS]
_OF_EITHER_FORM = {
    "flip_in_member", "flip_in_file", "cut_tail", "empty_member", "drop_member", "add_member", "repeat_member",
    "edit_one_event", "reorder_events", "repeat_event", "swap_contents", "break_a_line", "change_signatures",
}  # fmt: skip
"""Mutations that need no leaves.bin and ask nothing of the log that the export in short form is from."""


def honest_exports() -> list[Honest]:
    """Four exports that carry every leaf, and one in short form."""
    return [*whole_exports(), short_export()]


def mutate(random: Random, number: int, exports: list[Honest]) -> Case:
    """The next dishonest file: every mutation has its turn."""
    mutation = MUTATIONS[number % len(MUTATIONS)]
    short_too = mutation.__name__ in _OF_EITHER_FORM
    honest = random.choice([one for one in exports if short_too or one.case.name != "short"])
    return replace(mutation(random, honest), name=f"{number}: {mutation.__name__} of {honest.case.name}")
