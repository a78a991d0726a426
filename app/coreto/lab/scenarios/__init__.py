"""Scenarios: a cluster, what it goes through, and a verdict from outside."""
