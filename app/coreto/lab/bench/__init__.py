"""The benchmark: loads on a cluster, with a check of each figure and the state of the machine beside it."""
