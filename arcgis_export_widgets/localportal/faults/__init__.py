"""Faults that can be switched on for lessons and tests."""
