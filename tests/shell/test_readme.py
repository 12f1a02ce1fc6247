"""The README's corridor is one that can be loaded."""

import json
import re
from pathlib import Path

from streams.corridor.corridor import load_corridor

README = Path(__file__).resolve().parents[2] / "README.md"
SQUARE = [[[-1.4, 50.8], [-1.3, 50.8], [-1.3, 50.9], [-1.4, 50.9], [-1.4, 50.8]]]


def test_the_example_of_the_readme_loads_as_it_stands(tmp_path: Path):
    for name, text in re.findall(r"```toml\n# (\w+\.toml).*?\n(.*?)```", README.read_text(), re.DOTALL):
        (tmp_path / name).write_text(text)
    for name in ("zones.geojson", "area.geojson"):
        polygon = {"type": "Polygon", "coordinates": SQUARE}
        feature = {"type": "Feature", "properties": {"port": "solent"}, "geometry": polygon}
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))

    rules = load_corridor(tmp_path / "corridor.toml").rules

    assert rules.corridor == "solent"
    assert rules.watchlist is not None
    assert [vessel.name for vessel in rules.watchlist.vessels] == ["SANDPIPER", "DUNLIN"]
    assert [rule.key for rule in rules.surge] == ["surge_month", "relative_high"]
