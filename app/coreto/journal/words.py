"""What the codes in events mean: the ids of messages (`N_`), which the reader translates."""

from __future__ import annotations

from coreto.texts import N_

CALL_REASONS = {
    "silence": N_("it hears no coordinator"),
    "lower_rank": N_("called by a lower rank"),
    "asked": N_("asked for by an election request"),
}
ROLE_REASONS = {
    "handover": N_("the coordinator makes way"),
    "unopposed": N_("it won the pre-vote"),
    "promised": N_("a majority promised, and the best log is adopted"),
    "established": N_("the noop is committed by a majority"),
    "heard_coordinator": N_("heard a coordinator"),
    "newer_coordinator": N_("another server coordinates a newer epoch"),
    "newer_promise": N_("promised a newer epoch"),
    "voter_promised_newer": N_("a voter promised a newer epoch"),
    "no_promises": N_("no majority promised in time"),
    "no_majority": N_("no majority answers"),
    "not_counted": N_("the committed configuration does not count this server"),
}
REFUSAL_REASONS = {
    "older_epoch": N_("it had promised a newer epoch"),
    "hears_coordinator": N_("it hears a coordinator"),
    "not_believable": N_("the epoch is too far ahead to be believed"),
}
LOSS_REASONS = {
    "reconnected": N_("it came back on another connection"),
    "link_broken": N_("its connection broke"),
    "silence": N_("its heartbeats stopped"),
}
END_REASONS = {
    "killed": N_("it was killed on purpose"),
    "crashed": N_("it crashed"),
    "stays_down": N_("it ended by itself, and only /restart starts it again"),
}
LEFT_OUT_REASONS = {
    "no_answer": N_("it did not answer"),
    "no_time": N_("its answer holds no time"),
    "round_trip": N_("it answered too slowly"),
    "disagrees": N_("its clock disagrees with the majority"),
    "foreign": N_("not ours: it is set, and does not count"),
}
CORRECTIONS = {
    "step": N_("at once"),
    "slew": N_("little by little"),
}
