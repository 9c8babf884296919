"""Faults on demand, for lessons and tests."""
