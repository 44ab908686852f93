"""What counts as activity: the kinds of entries that say that content was opened, taken, sent or read."""

ACTS = {
    "version.opened": "Looked at it",
    "version.downloaded": "Downloaded it",
    "version.printed": "Was given pages to print",
    "version.text_taken": "Was given the text of a page",
    "version.handed_over": "Handed it over sealed",
    "version.hand_over_taken": "Took it away sealed",
    "version.foreign_opened": "Opened it and sealed it anew",
    "version.cut_off": "Was cut off while reading",
    "send.made": "Sent a copy outside",
    "acknowledgement.given": "Acknowledged it",
}
LOOKED = frozenset({"version.opened"})
TOOK = frozenset(
    {
        "version.downloaded",
        "version.printed",
        "version.text_taken",
        "version.hand_over_taken",
        "version.foreign_opened",
    }
)
READ = LOOKED | TOOK
"""Whoever did one of these had the content before them, or took it away."""
GAVE = frozenset({"version.handed_over", "send.made"})
