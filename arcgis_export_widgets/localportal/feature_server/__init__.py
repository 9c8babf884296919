"""Feature services over HTTP: their descriptions, queries and replicas."""
