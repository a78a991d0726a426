"""Limits that all drivers share."""

DRAIN_MAX = 256
"""Messages taken from one socket in one turn: one batch, one sync (design.md §3)."""
