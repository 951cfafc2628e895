"""Where a fork is published and where its sources are: one place to say it, and no setting without effect."""

from types import SimpleNamespace

import pytest
from docutils import nodes

from minerpivot.book import build, frame, publish, settings
from minerpivot.data import tables


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """A book whose `_config.yml` holds these lines."""

    def write(*lines):
        (tmp_path / "_config.yml").write_text("\n".join(["title: A book", *lines]), encoding="utf-8")
        monkeypatch.setattr(publish, "ROOT", tmp_path)
        return tmp_path / "_config.yml"

    return write


def test_the_address_of_the_configuration_is_the_sites(configured, monkeypatch):
    """Before what the workflow knows, for editions as well; where it says nothing the workflow's counts."""
    monkeypatch.setenv("SITE_URL", "https://owner.github.io/report/")
    configured("html:")
    assert publish.site_url() == "https://owner.github.io/report/"
    configured("html: {baseurl: 'https://example.org/report'}")
    assert publish.site_url() == "https://example.org/report/"
    monkeypatch.setenv(tables.EDITION, "2026-01-28")
    assert publish.site_url() == "https://example.org/report/editions/2026-01-28/"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("html: {baseurl: example.org}", r"_config\.yml: html\.baseurl is 'example\.org'; write the whole address"),
        ("repository: {url: owner/report}", r"_config\.yml: repository\.url is 'owner/report'; write it as https://g"),
        ("html: {use_issues_button: true}", r"_config\.yml: html\.use_issues_button needs repository\.url"),
    ],
)
def test_an_address_that_is_none_stops_the_build(configured, lines, message):
    """Before anything is made, with the setting and the mend."""
    folder = configured(lines).parent
    with pytest.raises(build.BuildError, match=f"^{message}"):
        build.build_site(folder, folder / "build")


def links(folder, page, **options):
    """What a page says of its sources."""
    title = nodes.title("", "R & D")
    env = SimpleNamespace(found_docs={page}, titles={page: title})
    app = SimpleNamespace(srcdir=folder, env=env, config=SimpleNamespace(html_theme_options=options))
    return dict(frame._origin(app, page))


def test_a_page_leads_to_its_source_and_to_where_an_error_is_reported(configured, monkeypatch):
    """In the repository and on the branch that the configuration names, or in that of the workflow."""
    folder = configured("html:").parent
    (folder / "chapters").mkdir()
    for name in ("chapters/data.ipynb", "chapters/company.ipynb", "index.md"):
        (folder / name).touch()
    assert links(folder, "index") == {}
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/report")
    assert links(folder, "chapters/data") == {
        "run it on Binder": "https://mybinder.org/v2/gh/owner/report/main?urlpath=lab%2Ftree%2Fchapters%2Fdata.ipynb",
        "its source": "https://github.com/owner/report/blob/main/chapters/data.ipynb",
        "its repository": "https://github.com/owner/report",
    }
    configured("repository: {url: 'https://gitlab.com/me/fork.git'}")
    assert links(folder, "companies/IREN", repository_branch="next", use_issues_button=True) == {
        "its source": "https://gitlab.com/me/fork/blob/next/chapters/company.ipynb",
        "report an error": "https://gitlab.com/me/fork/issues/new?template=correction.yml&title=R%20%26%20D",
        "its repository": "https://gitlab.com/me/fork",
    }
    assert list(links(folder, "index")) == ["its source", "its repository"]


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        ("logo: logo.png", "the file has an unknown part 'logo'"),
        ("launch_buttons: {thebe: true}", "the file has an unknown part 'launch_buttons'"),
        ("repo: {url: x}", "the file has an unknown part 'repo'"),
        ("html: {favicon: icon.png}", "html has an unknown part 'favicon'; expected "),
        ("html: {base_url: 'https://example.org'}", "html has an unknown part 'base_url'; expected "),
        ("html: {analytics: {}}", "html has an unknown part 'analytics'"),
        ("repository: {path_to_book: book}", "repository has an unknown part 'path_to_book'; expected url, branch"),
        ("execute: {execute_notebooks: force}", "execute.execute_notebooks is 'force'; expected one of off"),
        ("sphinx: {config: {html_theme_options: {repository_url: x}}}", "unknown part 'repository_url'"),
    ],
)
def test_a_setting_that_pages_do_not_heed_is_refused(configured, lines, part):
    """Jupyter Book takes it, and nothing would come of it."""
    with pytest.raises(tables.TableError, match=r"^_config\.yml: ") as raised:
        settings.checked(configured(lines))
    assert part in str(raised.value)
