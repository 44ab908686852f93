"""Asking people to acknowledge that they have read a version, who has, and what does not open before."""
