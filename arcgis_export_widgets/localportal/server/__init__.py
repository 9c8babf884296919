"""The HTTP server: start it, choose the handler for a URL, and do what is the same for all requests."""
