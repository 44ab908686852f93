"""What every template, stylesheet and module must keep to, whoever wrote it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "emails" not in path.parts)
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))
MODULES = sorted((STATIC / "js").glob("*.js"))
COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}", re.DOTALL)


def markup(path: Path) -> str:
    return COMMENT.sub("", path.read_text())


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_template_has_no_inline_style_or_handler(path: Path) -> None:
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=", markup(path))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_script_is_a_file_and_carries_the_nonce(path: Path) -> None:
    for tag in re.findall(r"<script\b[^>]*>", markup(path)):
        assert "src=" in tag
        assert 'nonce="{{ request.csp_nonce }}"' in tag


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_icon_is_in_the_sprite(path: Path) -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "img/icons.svg").read_text()))
    used = set(re.findall(r'icon\.html" with name="([^"]+)"', markup(path)))
    used |= set(re.findall(r'\bicon="([^"]+)"', markup(path)))
    assert used <= drawn


@pytest.mark.parametrize("path", COMPONENTS, ids=named)
def test_every_component_explains_itself_and_is_documented(path: Path) -> None:
    assert path.read_text().startswith("{% comment %}")
    assert f"`{path.name}`" in (ROOT / "docs/pages.md").read_text()


def test_the_stylesheet_imports_every_file_once() -> None:
    css = STATIC / "css"
    imported = re.findall(r'@import url\("([^"]+)"\)', (css / "main.css").read_text())
    present = [str(path.relative_to(css)) for path in css.rglob("*.css") if path.name != "main.css"]
    assert sorted(imported) == sorted(present)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_stands_alone_and_writes_no_markup(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"^\s*import\b|innerHTML|insertAdjacentHTML|localStorage|\beval\(", source, re.MULTILINE)
