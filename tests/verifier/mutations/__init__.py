"""Exports and receipts as somebody dishonest would hand them over, made at random from honest ones.

Two kinds of attacker appear. One has no key of the log: he changes finished files, or makes whole logs with keys of his
own. The other is the log's operator: he signs any manifest and any checkpoint, but not for the witnesses, and cannot
make what is signed fit together. Nothing here is a change that the format leaves to the operator (the renderings, the
names, what was asked for), because such a file is not wrong.
"""

from dataclasses import replace
from random import Random

from tests.verifier.mutations import operator, outsider, receipts
from tests.verifier.mutations.honest import Case, Honest, Mutation, honest_exports, honest_receipt

__all__ = ["MUTATIONS", "Case", "Honest", "honest_exports", "honest_receipt", "mutate"]

MUTATIONS: list[Mutation] = [*outsider.MUTATIONS, *operator.MUTATIONS, *receipts.MUTATIONS]


def mutate(random: Random, number: int, exports: list[Honest]) -> Case:
    """The next dishonest file: every mutation has its turn."""
    mutation = MUTATIONS[number % len(MUTATIONS)]
    honest = random.choice(exports)
    return replace(mutation(random, honest), name=f"{number}: {mutation.__name__} of {honest.case.name}")
