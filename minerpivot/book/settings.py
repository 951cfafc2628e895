"""What `_config.yml` may hold: Jupyter Book's own schema made strict, and the types that Sphinx's extensions declare.

Jupyter Book prints what its schema finds and goes on; Sphinx warns of a type after others have tripped over the value.
"""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import jupyter_book
from sphinx.application import Sphinx
from sphinx.config import ENUM, Config
from sphinx.errors import ConfigError

from minerpivot.data import metadata, rules, tables

TEXTS = {"type": "array", "items": {"type": "string"}}
FLAG, KEYS = {"type": "boolean"}, {"type": "object"}
NEEDED = ("myst_nb", "jupyter_book", "sphinx_external_toc", "sphinx_book_theme", "minerpivot.book.extension")
WITHOUT_EFFECT = {  # Jupyter Book's own, by the part of the file in which they would stand
    "": ("logo", "launch_buttons"),
    "html": (
        "favicon", "use_edit_page_button", "use_repository_button", "extra_footer", "analytics", "home_page_in_navbar",
        "comments",
    ),
    "repository": ("path_to_book",),
}  # fmt: skip
STYLES = "sphinxcontrib.bibtex.style.referencing"  # group of entry points
KINDS = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "keys and values",
}


def checked(path: Path) -> None:
    """Raise `ValueError` with a line for each value of a `_config.yml` that is none of its key's."""
    said = metadata.read(path, _schema(), folder="")
    if (said.get("html") or {}).get("use_issues_button") and not (said.get("repository") or {}).get("url"):
        wanted = "repository.url, for links to where an error is reported"
        raise tables.TableError(f"{path.name}: html.use_issues_button needs {wanted}; add it or take the button out")
    for name, value in ((said.get("sphinx") or {}).get("config") or {}).items():
        if name in Config.config_values:  # Sphinx uses some before it has read which extensions there are
            option = Config.config_values[name]
            if wanted := _wanted(value, option.default, option.valid_types):
                raise tables.TableError(f"{path.name}: {_told(name, value, wanted)}")


def fitting(app: Sphinx, config: Config) -> None:
    """The same for what the extensions declare, before one of them uses it."""
    source = Path(app.srcdir) / "_config.yml"
    said = metadata.read(source, {}, folder="") if source.is_file() else {}
    for name, value in ((said.get("sphinx") or {}).get("config") or {}).items():
        if name in config:  # as written: a text where a flag belongs has become a flag there
            option = config._options[name]
            default = option.default(config) if callable(option.default) else option.default
            if wanted := _wanted(value, default, option.valid_types):
                raise ConfigError(f"{source.name}: {_told(name, value, wanted)}")


def _schema() -> dict[str, Any]:
    """Jupyter Book's schema, with what it leaves open and cannot be otherwise in this book.

    What its pages do not heed (`WITHOUT_EFFECT`) is an unknown part: a setting works or is refused.
    """
    schema = json.loads((Path(jupyter_book.__file__).parent / "config_schema.json").read_text(encoding="utf-8"))
    parts = schema["properties"]
    parts |= {"only_build_toc_files": FLAG, "bibtex_bibfiles": TEXTS}
    parts["html"]["properties"]["use_multitoc_numbering"] = FLAG
    parts["execute"]["properties"]["execute_notebooks"]["enum"] = ["off", False]  # `make book` has executed them
    announced = {"announcement": parts["html"]["properties"]["announcement"]}
    theme = KEYS | {"properties": announced, "additionalProperties": False}
    for place, names in WITHOUT_EFFECT.items():
        within = schema if not place else parts[place]
        within["properties"] = {name: kind for name, kind in within["properties"].items() if name not in names}
        within["additionalProperties"] = False
    parts["parse"]["properties"] |= {"myst_enable_extensions": TEXTS, "myst_url_schemes": TEXTS}
    parts["parse"]["properties"]["myst_substitutions"] = KEYS
    parts["sphinx"]["properties"]["config"]["properties"] = {
        "extensions": TEXTS | {"allOf": [{"contains": {"const": name}} for name in NEEDED]},
        "bibtex_reference_style": {"enum": sorted(entry_points(group=STYLES).names)},
        "html_theme": {"enum": ["sphinx_book_theme"]},  # the one whose pages our templates and styles are made for
        "html_theme_options": theme,
        **dict.fromkeys(("html_static_path", "html_extra_path", "templates_path", "suppress_warnings"), TEXTS),
        **{name: {"type": "array"} for name in ("html_css_files", "html_js_files")},
    }
    return schema


def _wanted(value: Any, default: Any, kinds: Any) -> str:
    """What a setting takes, in words, if `value` is none of it; nothing where it is, or nobody declared a kind."""
    if isinstance(kinds, ENUM):
        return "" if kinds.match(value) else f"one of {', '.join(map(str, kinds.candidates))}"
    known = (
        [kind for kind in {*kinds, type(default)} if kind in KINDS]
        if isinstance(kinds, (set, frozenset, tuple))
        else []
    )
    if callable(default) or not known or value is None or isinstance(value, tuple(known)):
        return ""
    if isinstance(value, (list, tuple, set)) and {list, tuple, set} & {*kinds, type(default)}:
        return ""
    return " or ".join(sorted({KINDS[kind] for kind in known}))


def _told(name: str, value: Any, wanted: str) -> str:
    return f"sphinx.config.{name} is {rules.quoted(value)}; expected {wanted}"
