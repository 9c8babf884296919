"""One door to HTTP: session, transport, responses, cancellation, addresses."""
