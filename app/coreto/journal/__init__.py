"""Floor 1: what happened, as typed events, and the port that roles report it to."""
