"""Which files are about which study participant, under a pseudonym, and who has seen them."""
