"""Pictures of a journal: a space-time diagram, plots, and exports for other programs; events in, text out."""
