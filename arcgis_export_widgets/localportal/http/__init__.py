"""Parameters of requests, errors, and responses in JSON."""
