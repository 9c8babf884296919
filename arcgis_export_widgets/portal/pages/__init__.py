"""One page of features, read from JSON, GeoJSON or PBF into columns."""
