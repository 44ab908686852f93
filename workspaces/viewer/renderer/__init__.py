"""What draws pages. It runs in a process of its own, started with an empty environment, and knows nothing of Ithaca.

`server` is warm: it has the libraries loaded and forks one child for one page. The child gives everything up
(`sandbox`), asks for the bytes it needs over its one socket (`source`), answers with a drawing, and ends.
"""
