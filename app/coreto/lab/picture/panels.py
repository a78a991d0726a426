"""The plots there are, by name, where a command line can ask for them without loading what draws them."""

PANELS = ("clocks", "latency", "commits", "log")
"""Panels from top to bottom, by the names that choose them."""
