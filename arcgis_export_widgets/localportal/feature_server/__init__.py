"""The handlers of the feature services: descriptions, queries and replicas."""
