"""Fingerprints as people compare them: in groups of four."""

from django import template

register = template.Library()


@register.filter
def grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[place : place + 4] for place in range(0, len(fingerprint), 4))
