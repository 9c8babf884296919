"""Query a layer: read the parameters, select the rows, and make the response."""
