"""The HTTP server: which handler answers which URL, what all requests have in common, and the start."""
