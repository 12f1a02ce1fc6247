"""Distance and reach: how far apart two positions are, and whether a ship could have sailed it."""

from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG 1980
KM_PER_NM = 1.852


def distance_km(lat_a_deg: float, lon_a_deg: float, lat_b_deg: float, lon_b_deg: float) -> float:
    """Great-circle distance in km on the mean sphere (haversine; off by 0.5 % at most from WGS 84)."""
    half_lat = sin(radians(lat_b_deg - lat_a_deg) / 2)
    half_lon = sin(radians(lon_b_deg - lon_a_deg) / 2)
    chord = half_lat * half_lat + cos(radians(lat_a_deg)) * cos(radians(lat_b_deg)) * half_lon * half_lon
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))
