"""Floor 6, the laboratory: how faults are asked for and told, in the words of a person."""
