"""Looking through all access to a workspace from time to time: a manager keeps or takes away each of it."""
