"""Answers shaped for the pages about access."""
