"""What people add at the desk, in a real browser: shown before it is sent, kept, and seen by everybody else at once."""

import json
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.stack import desk_story
from tests.stack.desking import Seen, Told, seen

pytestmark = pytest.mark.stack

POSSIBLE_IN_APRIL = "delivery:demo:2000030:rajin:20250405T0121Z"
SILENT_TRIP = 61  # of February 2025, possible so far
WITHIN_MS = 2_000
HOSTILE = '<img src=x onerror="document.title=1">{{7*7}}'


@pytest.fixture
def other(browser: Browser, desk: str) -> Iterator[Seen]:
    """Another analyst's browser."""
    with seen(browser, desk) as found:
        yield found


def preview(form: Locator) -> Locator:
    """Ask what a form would change."""
    form.locator("[data-step=preview]").click()
    expect(form.locator(".preview")).to_be_visible(timeout=15_000)  # the first one folds the whole ledger
    return form.locator(".preview")


def send(page: Page, form: Locator) -> None:
    form.locator("[data-step=send]").click()
    expect(page.locator("dialog[open]")).to_have_count(0, timeout=15_000)


def see(page: Page, number: int, end: str, by: str = "analyst") -> Locator:
    """Fill in the form of a sighting with one end of a trip, and ask what it would change."""
    told = desk_story.sighting(number, end)
    page.keyboard.press("n")
    form = page.locator("#form-sighting")
    form.locator("[name=ships]").select_option(str(told["ships"][0]["imo"]))  # type: ignore[index]
    for name in ("place", "from", "to", "source"):
        form.locator(f"[name={name}]").fill(str(told[name]))
    form.locator("[name=by]").fill(by)
    return form


def head(look: Seen) -> str:
    found: str = json.loads(look.page.request.get(f"{look.desk}/alerts.json").text())["ledger"]["head"]
    return found


def test_nothing_can_be_sent_before_it_was_shown_and_a_change_asks_again(look: Seen):
    page = look.open()
    before = head(look)
    form = see(page, SILENT_TRIP, "discharge")
    expect(form.locator("[data-step=send]")).to_be_disabled()
    preview(form)
    expect(form.locator("[data-step=send]")).to_be_enabled()
    form.locator("[name=note]").fill("on second thought")
    expect(form.locator("[data-step=send]")).to_be_disabled()
    assert head(look) == before


def test_a_sighting_revises_a_past_month_and_its_preview_said_so(look: Seen, other: Seen):
    page, watching = look.open(), other.open()
    for end in ("load", "discharge"):
        form = see(page, SILENT_TRIP, end)
        said = preview(form)
        send(page, form)
    expect(said).to_contain_text("2025-02: 3 to 4 deliveries")
    for each in (page, watching):
        title = each.locator("svg.chart g.month[data-month='2025-02'] title")
        expect(title).to_contain_text("3 confirmed, 1 probable; low 3, high 4")


def test_a_mistake_is_told_in_words_and_nothing_is_changed(look: Seen):
    page = look.open()
    before = head(look)
    form = see(page, SILENT_TRIP, "load")
    form.locator("[name=place]").fill("Rajjin")
    form.locator("[data-step=preview]").click()
    expect(form.locator(".wrong")).to_contain_text("did you mean 'rajin'?", timeout=15_000)
    assert head(look) == before
    look.wrongs.clear()  # the browser tells of the refusal


def test_an_alert_arrives_within_two_seconds_and_is_said_aloud(look: Seen, story: Told):
    page = look.open()
    page.wait_for_selector("html[data-live=on]")
    said = ("--by", "analyst", "--reason", "a picture that is not public", "--at", "2025-04-16T17:58:00Z")
    story.say("decide", "confirm", POSSIBLE_IN_APRIL, *said)
    began = time.monotonic()
    page.wait_for_selector(".alert.surge.firing", timeout=WITHIN_MS)
    assert time.monotonic() - began < WITHIN_MS / 1000
    expect(page.locator(".alert.surge.firing .sentence")).to_contain_text("7th delivery of April 2025")
    expect(page.locator("#said")).to_contain_text("New alert, surge: 7th delivery of April 2025")
    expect(page.locator(".lead .big")).to_have_text("7–8")


def test_an_alert_is_acknowledged_with_what_is_known_of_it(look: Seen, other: Seen):
    page, watching = look.open(), other.open()
    page.locator(".alert.watch [data-act=acknowledge]").first.click()
    form = page.locator("#acknowledge form")
    form.locator("[name=reason]").fill("seen, looking for pictures")
    form.locator("[name=by]").fill("analyst")
    preview(form)
    send(page, form)
    for each in (page, watching):
        expect(each.locator(".alert.watch.quiet .handled").first).to_contain_text(
            "acknowledged by analyst", timeout=10_000
        )


def test_a_silence_needs_a_duration_and_a_reason(look: Seen):
    page = look.open()
    page.locator(".alert.elevated [data-act=silence]").first.click()
    form = page.locator("#silence form")
    form.locator("[data-step=preview]").click()
    expect(form.locator(".preview")).to_be_hidden()
    assert form.locator("[name=hours]").evaluate("field => field.validity.valueMissing")
    assert form.locator("[name=reason]").evaluate("field => field.validity.valueMissing")
    form.locator("[name=hours]").select_option("72")
    form.locator("[name=reason]").fill("known since Monday")
    form.locator("[name=by]").fill("analyst")
    preview(form)
    send(page, form)
    expect(page.locator(".alert.elevated .handled").first).to_contain_text(
        "silenced by analyst until 2025-04-19", timeout=10_000
    )


def test_a_decision_from_the_evidence_is_on_that_very_object(look: Seen):
    page = look.open("/?grade=probable")
    page.locator("#rows tbody a").first.click()
    page.locator("#drawer button", has_text="Decide").click()
    target = page.locator("#form-decision [name=target]")
    assert target.input_value().startswith("delivery:demo:")


def test_hostile_words_stay_words(look: Seen):
    page = look.open()
    form = see(page, 53, "load", by=HOSTILE)
    form.locator("[name=source]").fill(HOSTILE)
    form.locator("[name=note]").fill(HOSTILE)
    expect(preview(form)).to_contain_text(HOSTILE)
    send(page, form)
    page.goto(f"{look.desk}/?view=sightings")
    page.wait_for_selector("html[data-map=idle]")
    expect(page.locator("#rows")).to_contain_text(HOSTILE)
    page.locator("#rows tbody a", has_text="DUNLIN").first.click()
    expect(page.locator("#drawer")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert "sealane" in page.title()
