"""Export hosted ArcGIS feature layers into GeoPandas, from a form or from Python."""
