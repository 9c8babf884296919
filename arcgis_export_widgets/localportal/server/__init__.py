"""The HTTP server: its start, the handler for each URL, and what all requests have in common."""
