"""Checks of a where clause before it is sent: cause, position and fix."""
