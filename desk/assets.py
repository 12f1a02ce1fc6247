"""Assets: the few files of others that the page is made of, copied as they are from where npm laid them.

Nothing is bundled or changed, so each file is the one whose hash package-lock.json names. They go into an ignored
folder and into the wheel; no request of the page ever leaves this machine.
"""

import shutil
import sys
from pathlib import Path

MODULES = Path("node_modules")
VENDOR = Path(__file__).parent / "static" / "vendor"

_MAP, _SANS, _MONO, _KOREAN = (
    "maplibre-gl/dist",
    "@fontsource/ibm-plex-sans/files",
    "@fontsource/ibm-plex-mono/files",
    "@fontsource/ibm-plex-sans-kr/files",
)
# Where each comes from, by the name it is served under.
SHIPPED: dict[str, str] = {
    "maplibre-gl.mjs": f"{_MAP}/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": f"{_MAP}/maplibre-gl-worker.mjs",
    "maplibre-gl.css": f"{_MAP}/maplibre-gl.css",
    "maplibre-gl.LICENSE.txt": "maplibre-gl/LICENSE.txt",
    "plex-latin-400.woff2": f"{_SANS}/ibm-plex-sans-latin-400-normal.woff2",
    "plex-latin-600.woff2": f"{_SANS}/ibm-plex-sans-latin-600-normal.woff2",
    "plex-cyrillic-400.woff2": f"{_SANS}/ibm-plex-sans-cyrillic-400-normal.woff2",
    "plex-cyrillic-600.woff2": f"{_SANS}/ibm-plex-sans-cyrillic-600-normal.woff2",
    "plex-mono-latin-400.woff2": f"{_MONO}/ibm-plex-mono-latin-400-normal.woff2",
    "plex-hangul-600.woff2": f"{_KOREAN}/ibm-plex-sans-kr-118-600-normal.woff2",  # the file of Unicode that has 라진
    "plex.LICENSE.txt": "@fontsource/ibm-plex-sans/LICENSE",
}


def missing(vendor: Path = VENDOR) -> list[str]:
    """The files that are not there: setup was not run, or not by a `make` that found npm."""
    return [name for name in SHIPPED if not (vendor / name).is_file()]


def copy(modules: Path = MODULES, vendor: Path = VENDOR) -> None:
    """Copy every file from the packages; what lay there before is gone."""
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for name, source in SHIPPED.items():
        shutil.copyfile(modules / source, vendor / name)


if __name__ == "__main__":
    copy()
    sys.exit(bool(missing()))
