"""The terms of use of a workspace, which everybody acknowledges before they first open what is in it."""
