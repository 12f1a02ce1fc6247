"""HTML: the templates of the desk. All text is escaped; a template that wants a value that is not there fails."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sealane import __version__

HERE = Path(__file__).parent
TEMPLATES, STATIC = HERE / "templates", HERE / "static"


@cache
def environment() -> Environment:
    """The templates, with what every one of them may use."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["version"] = __version__
    return found


def rendered(template: str, **context: object) -> str:
    """A template with its values."""
    return environment().get_template(template).render(context)
