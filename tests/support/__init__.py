"""Helpers for tests that run the program and talk to it from outside; nothing here imports it."""
