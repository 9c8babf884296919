"""Sending requests: session, tokens, transport, responses, retries, cancellation, addresses."""
