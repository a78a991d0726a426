"""The tour: what the program does, shown on a real cluster and judged in the end."""
