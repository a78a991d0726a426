"""The collector looks seldom, and not at what was there before."""

import gc

from coreto.launcher.collector import THRESHOLDS, settle_collector


def test_what_is_there_is_left_alone_from_now_on():
    before = gc.get_threshold()
    try:
        settle_collector()
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
