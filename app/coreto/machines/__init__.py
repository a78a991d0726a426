"""Floor 2: pure state machines. They decide; the drivers in roles/ and simulator/ carry."""
