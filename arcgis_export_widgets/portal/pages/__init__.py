"""Reading one page of features from JSON, GeoJSON or PBF into columns."""
