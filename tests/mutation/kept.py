"""Places that no test can notice the absence of, each with the reason why it stays all the same.

A run looks for a test that notices it nevertheless, and fails if it finds one: then the place belongs to that test.
"""

KEPT: dict[str, str] = {}
