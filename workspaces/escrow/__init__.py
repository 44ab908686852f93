"""The keys of the installation in escrow: sealed in a file, opened by two of three shares."""
