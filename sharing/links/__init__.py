"""Links for people without an account: requests for files, and files that are sent once."""
