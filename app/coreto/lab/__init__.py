"""Floor 6, the laboratory: what looks at a whole cluster, and does things to it on purpose."""
