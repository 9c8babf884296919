"""Sending requests: session, tokens, transport, responses, retrying, cancellation, addresses."""
