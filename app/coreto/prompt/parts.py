"""What a server is in the cluster, in words."""

from __future__ import annotations

from coreto.texts import N_

PARTS = {
    "coordinator": N_("coordinator"),
    "candidate": N_("candidate"),
    "voter": N_("voter"),
    "learner": N_("learner"),
    "foreign": N_("foreign"),
}
"""A server is called by the most that it is."""

ABSENT = N_("not heard of: it is down, or cannot reach the reference")
"""What is wrong with a member that the reference does not list."""
