"""The desk's page in a real browser: what an analyst sees, finds and takes away. No test lets a page ask elsewhere."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stack.desking import Seen, Told, desk_of, seen

pytestmark = pytest.mark.stack

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()
HEAVIEST = 900_000  # bytes over the wire of the page and all it loads
POSSIBLE = "delivery:demo:2000028:rajin:20250224T0612Z"
PHONE = {"width": 390, "height": 844}


def findings(page: Page) -> list[str]:
    """What axe finds that is serious: the rule, and the first element."""
    page.evaluate(AXE + ";0")
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def size(page: Page) -> list[int]:
    found: list[int] = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    return found


@pytest.fixture
def phone(browser: Browser, desk: str) -> Iterator[Seen]:
    with seen(browser, desk, viewport=PHONE, is_mobile=True, has_touch=True) as found:
        yield found


# at a glance


def test_the_newest_month_and_how_sure_it_is_come_first(look: Seen):
    page = look.open()
    expect(page.locator(".lead .big")).to_have_text("6–8")
    expect(page.locator(".lead h1")).to_have_text("deliveries in April 2025 so far")
    expect(page.locator(".lead .sure")).to_have_text(re.compile(r"6\s+confirmed\s+1\s+probable\s+1\s+possible"))


def test_an_alert_has_a_shape_a_word_and_a_sentence(look: Seen):
    alert = look.open().locator(".alert.firing").first
    expect(alert.locator("svg.sign.elevated")).to_be_visible()
    expect(alert.locator(".sentence")).to_have_text(
        "elevated 6th delivery of April 2025; threshold 5; baseline 3 a month"
    )


def test_made_up_ships_are_marked_above_everything_and_in_the_title(look: Seen):
    page = look.open()
    expect(page.locator(".strip .made-up")).to_contain_text("SYNTHETIC")
    assert "SYNTHETIC" in page.title()


def test_the_strip_tells_where_the_ledger_stands(look: Seen):
    page = look.open()
    held = json.loads(page.request.get(f"{look.desk}/alerts.json").text())["ledger"]
    expect(page.locator("#sequence")).to_have_text(held["head"].partition(":")[0])
    expect(page.locator(".facts code")).to_have_text(held["head"].partition(":")[2][:8])
    expect(page.locator("#clock")).to_have_text(re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"))


def test_all_of_it_is_on_one_screen(look: Seen):
    assert size(look.open()) == [1440, 900]


def test_on_a_phone_nothing_is_wider_than_the_phone(phone: Seen):
    assert size(phone.open())[0] == PHONE["width"]


def test_the_page_and_all_it_loads_weigh_little(look: Seen):
    session = look.page.context.new_cdp_session(look.page)
    session.send("Network.enable")
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda finished: weights.append(finished["encodedDataLength"]))
    look.open()
    assert 100_000 < sum(weights) <= HEAVIEST


# for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", f"/deliveries/{POSSIBLE}", "/deliveries", "/vessels/2000028", "/calls/nothing"])
def test_a_page_has_no_serious_finding_of_axe(browser: Browser, desk: str, scheme: str, path: str):
    with seen(browser, desk, color_scheme=scheme) as look:
        found = findings(look.open(path))
        look.wrongs[:] = [each for each in look.wrongs if "404" not in each]  # the browser tells of it: as it should be
    assert found == []


def test_a_phone_and_an_open_drawer_have_no_serious_finding_of_axe(phone: Seen):
    page = phone.open(f"/?open=/deliveries/{POSSIBLE}")
    expect(page.locator("#drawer h1")).to_be_visible()
    assert findings(page) == []


def test_light_and_dark_follow_what_the_reader_asked_for(browser: Browser, desk: str):
    shades = []
    for scheme in ("light", "dark"):
        with seen(browser, desk, color_scheme=scheme) as look:
            shades.append(look.open().evaluate("() => getComputedStyle(document.body.parentElement).backgroundColor"))
    assert shades == ["rgb(255, 255, 255)", "rgb(18, 23, 26)"]


def test_everything_is_reached_by_the_keyboard_alone(look: Seen):
    page = look.open()
    page.keyboard.press("j")
    expect(page.locator(".alert.chosen .sentence")).to_contain_text("6th delivery")
    page.keyboard.press("e")
    expect(page.locator("#drawer h1")).to_contain_text("6th delivery of April 2025")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#acknowledge")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("#silence")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("curlew")
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d+ of 26 rows$"))


def test_letters_that_somebody_types_are_no_commands(look: Seen):
    page = look.open()
    page.fill("#find", "")
    page.locator("#find").press_sequentially("jaskn?")
    expect(page.locator("#find")).to_have_value("jaskn?")
    assert page.locator("dialog[open]").count() == 0


# evidence


def test_evidence_leads_down_to_a_sentence_as_received(look: Seen):
    page = look.open()
    page.locator("#rows a", has_text="KITTIWAKE").first.click()
    drawer = page.locator("#drawer")
    expect(drawer.locator("h1")).to_have_text("KITTIWAKE: Rajin to Vostochny, confirmed")
    expect(drawer.locator("li.raw code").first).to_contain_text("!AIVDM,")
    assert "open=/deliveries/delivery:demo:2000016" in page.url
    drawer.locator("a.id", has_text="call:").first.click()
    expect(drawer.locator("h1")).to_contain_text("KITTIWAKE at")


def test_a_possible_delivery_says_what_speaks_for_it_and_what_against(look: Seen):
    page = look.open(f"/deliveries/{POSSIBLE}")
    expect(page.locator("li.for").first).to_contain_text("72 h unheard leave room for a load at rajin")
    expect(page.locator("li.against").nth(1)).to_contain_text("being heard is not coverage at the place")
    expect(page.locator("#evidence")).to_contain_text("room for Rajin, then Vostochny with 44.3 h to spare")


def test_a_citation_names_the_object_when_and_the_head_of_the_ledger(look: Seen):
    page = look.open(f"/deliveries/{POSSIBLE}")
    cited = page.locator("#citation").inner_text()
    assert cited.startswith("SYNTHETIC. SANDPIPER: Rajin to Dunai or Vostochny")
    assert POSSIBLE in cited
    assert re.search(r"head \d+:[0-9a-f]{64}\.$", cited)


def test_a_link_to_an_object_opens_on_the_same_evidence(look: Seen):
    page = look.open(f"/?open=/deliveries/{POSSIBLE}")
    expect(page.locator("#drawer h1")).to_contain_text("SANDPIPER")
    page.locator("#drawer a", has_text="page of its own").click()
    expect(page.locator("main h1")).to_contain_text("SANDPIPER")


def test_an_unknown_object_says_so_and_gives_a_way_on(look: Seen):
    page = look.open("/deliveries/delivery:demo:nothing")
    expect(page.locator("h1")).to_have_text("No such object")
    expect(page.locator("main a")).to_have_attribute("href", "/")
    look.wrongs.clear()  # the browser tells of the 404


# the ledger


def test_exports_are_the_very_rows_in_view(look: Seen):
    page = look.open("/?view=deliveries&grade=possible")
    shown = page.locator("#rows tbody tr").evaluate_all("rows => rows.map(row => row.dataset.id)")
    assert len(shown) == 3
    urls = {link.inner_text(): link.get_attribute("href") or "" for link in page.locator(".ledger .out a").all()}
    rows = json.loads(page.request.get(look.desk + urls["json"]).text())["rows"]
    cells = list(csv.DictReader(io.StringIO(page.request.get(look.desk + urls["csv"]).text())))
    features = json.loads(page.request.get(look.desk + urls["geojson"]).text())["features"]
    for found in ([row["id"] for row in rows], [cell["id"] for cell in cells], [each["id"] for each in features]):
        assert sorted(found) == sorted(shown)


def test_what_is_chosen_sorted_and_found_stands_in_the_url(look: Seen):
    page = look.open()
    page.locator(".narrow [name=imo]").select_option(label="CURLEW")
    page.wait_for_url("**imo=2000030**")
    expect(page.locator("#rows tbody th").first).to_have_text("CURLEW")
    page.locator("#rows thead button", has_text="arrived").click()
    page.fill("#find", "2025-04")
    first = page.locator("#rows tbody tr:visible").first.inner_text()
    page.reload()
    page.wait_for_selector("html[data-map=idle]")
    assert page.locator("#rows tbody tr:visible").first.inner_text() == first
    expect(page.locator("#find")).to_have_value("2025-04")
    expect(page.locator(".narrow [name=imo]")).to_have_value("2000030")


def test_going_back_shows_what_was_there_before(look: Seen):
    page = look.open()
    page.locator(".narrow [name=grade]").select_option("possible")
    expect(page.locator("#found")).to_have_text("3 rows")
    page.go_back()
    expect(page.locator("#found")).to_have_text("26 rows")


@pytest.mark.parametrize("view", ["calls", "gaps", "sightings", "vessels", "candidates", "reports"])
def test_each_view_of_the_ledger_is_a_tab(look: Seen, view: str):
    page = look.open(f"/?view={view}")
    expect(page.locator(".ledger .tabs [aria-current=page]")).to_have_text(view)
    expect(page.locator("#rows tbody tr, .ledger .none").first).to_be_visible()


# the months


def test_the_chart_and_its_table_say_the_same(look: Seen):
    page = look.open()
    drawn = page.locator("svg.chart g.month[data-month='2025-02'] title").text_content()
    assert drawn == (
        "2025-02: 2 confirmed, 1 probable, 1 possible; low 2, high 4. "
        "Published: made-up report 4, made-up rival 3 or more"
    )
    page.locator(".figures summary").click()
    row = page.locator(".figures tr", has_text="2025-02")
    expect(row).to_have_text(re.compile(r"2025-02\s*24211\s*made-up report 4, made-up rival 3 or more"))


def test_the_chart_can_be_taken_away_as_a_file(look: Seen):
    answer = look.page.request.get(f"{look.desk}/tally.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "SYNTHETIC" in answer.text()


# the map


def test_the_map_names_ships_ports_and_whose_coast_it_is(look: Seen):
    page = look.open()
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("© OpenStreetMap contributors")
    expect(page.locator(".ship-mark", has_text="CURLEW")).to_be_visible()


def test_a_silent_ship_has_a_ring_that_grows_with_time(look: Seen):
    page = look.open()
    silent = page.locator("#ships li", has_text="KITTIWAKE")
    expect(silent).to_contain_text("silent 9 h: within 142 nm")
    expect(page.locator(".ship-mark.silent")).to_have_text("KITTIWAKE")
    page.locator("#at").fill("500")
    expect(silent).not_to_contain_text("silent")
    assert "at=2025-04-0" in page.url


def test_tracks_are_solid_where_heard_and_dashed_over_gaps(look: Seen):
    shown: Any = json.loads(look.page.request.get(f"{look.desk}/map.geojson?days=30").text())
    lines = [each["properties"] for each in shown["features"] if each["properties"]["what"] in ("observed", "gap")]
    gaps = [line for line in lines if line["what"] == "gap"]
    assert {line["name"] for line in gaps} >= {"CURLEW"}
    assert all(len(line["times"]) == 2 and line["times"][1] - line["times"][0] >= 4 * 3600 for line in gaps)


def test_ships_that_are_not_drawn_are_listed_with_the_reason(look: Seen):
    page = look.open("/?as_of=2024-08-24T00:00:00Z")
    expect(page.locator(".banner.then")).to_contain_text("As known on 2024-08-24 00:00Z")
    page.evaluate("() => fetch('/map.geojson?days=1&to=2024-08-19T00:00:00Z')")
    left = json.loads(page.request.get(f"{look.desk}/map.geojson?days=1&to=2024-08-19T00:00:00Z").text())["not_drawn"]
    assert {each["name"] for each in left} == {"KITTIWAKE", "SANDPIPER", "CURLEW", "DUNLIN"}
    assert all("not heard from 2024-08-18" in each["why"] for each in left)


def test_a_replay_runs_and_stops(look: Seen):
    page = look.open()
    page.click("#play")
    expect(page.locator("#play")).to_have_text("Stop")
    page.wait_for_function("() => document.getElementById('at').value > 20")
    page.click("#play")
    expect(page.locator("#play")).to_have_text("Replay")


# is it alive?


def test_a_hidden_tab_closes_its_stream_and_goes_on_when_it_is_shown(look: Seen):
    page = look.open()
    page.wait_for_selector("html[data-live=on]")
    turn = "state => {Object.defineProperty(document, 'hidden', {value: state, configurable: true});"
    turn += " document.dispatchEvent(new Event('visibilitychange'))}"
    page.evaluate(turn, True)
    page.wait_for_selector("html[data-live=paused]")
    page.evaluate(turn, False)
    page.wait_for_selector("html[data-live=on]")


def test_a_page_that_lost_its_stream_says_so(browser: Browser, story: Told, tmp_path: Path):
    with desk_of(story, tmp_path / "log") as (address, served), seen(browser, address) as look:
        page = look.open()
        page.wait_for_selector("html[data-live=on]")
        served.terminate()
        expect(page.locator("#lost")).to_contain_text("this page is not up to date", timeout=9_000)
        look.wrongs.clear()  # the browser tells of each try
        page.goto("about:blank")
        look.wrongs.clear()


def test_on_paper_there_is_nothing_to_press(look: Seen):
    page = look.open(f"/deliveries/{POSSIBLE}")
    page.emulate_media(media="print")
    expect(page.locator("#evidence h1")).to_be_visible()
    expect(page.locator(".crumbs")).to_be_hidden()
