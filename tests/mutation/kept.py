"""Places that no test can notice the absence of, each with the reason why it stays all the same.

A run looks for a test that notices it nevertheless, and fails if it finds one: then the place belongs to that test.
"""

KEPT = {
    "sharing/services/sets.py:_check_own:refused:1": (
        "Whoever changes a permission set manages every workspace that it reaches, and managing gives every right. "
        "Should that change, nobody may give by a set what they could not give themselves."
    ),
}
KEPT_IN_WORDS = f"; {len(KEPT)} kept for a reason (tests/mutation/kept.py)" if KEPT else ""
