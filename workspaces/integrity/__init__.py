"""Whether what is stored is what was recorded: one file at a time, all of them on demand, and all in the end."""
