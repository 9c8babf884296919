"""Read the parameters of requests, and make responses and errors as ArcGIS does."""
