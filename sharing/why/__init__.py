"""Who may, and why: the rule behind every right of a person, in sentences."""
