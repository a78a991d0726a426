"""The plots there are, by name, where a command line can ask for them without loading what draws them."""

PANELS = ("clocks", "lamport", "latency", "commits", "log")
"""Panels from top to bottom, by the names that choose them."""
PANELS_USUAL = ("clocks", "latency", "commits", "log")
"""Those that are shown where nothing is said: Lamport values rise, whatever happens."""
