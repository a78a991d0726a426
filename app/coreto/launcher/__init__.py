"""Floor 5: all roles of a cluster in one process; start, supervise, stop."""
