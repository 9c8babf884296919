"""Sending HTTP requests with valid tokens, reading the responses, and retrying after failures."""
