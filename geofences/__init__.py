"""geofences charts: port polygons as GeoJSON, and the chart that answers "where is this point?"."""
