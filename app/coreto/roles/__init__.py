"""Floor 4: the drivers. Each carries for one machine; none decides."""
