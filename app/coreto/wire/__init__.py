"""Floor 0: typed messages, codec, names and topics; bytes to values and back, nothing else."""
