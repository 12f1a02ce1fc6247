"""Annotation: what is said beside an alert's count, in words a desk can print. Nothing here changes what fires.

    sentence    7th delivery of October 2023; threshold 7; baseline 3 a month
    tied        consistent with the tempo seen around the Avdiivka offensive (began 10 Oct 2023)
    note        a lull whose window touches a month in which ice was reported at a discharge port

Wording is "consistent with", never "predicts". Ice is context: nothing says that it is why nothing arrived.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

import msgspec

from sealane.published import Ice, Offensive
from sealane.surge import SurgeRule
from sealane.tally import months_between

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ORDINALS = {1: "st", 2: "nd", 3: "rd"}
SHORT = 3  # letters of a month in a date


class Tied(msgspec.Struct, frozen=True, kw_only=True):
    """An offensive the rule names. Leads are days to its first day; negative where that came before."""

    key: str
    first_day: date
    lead_d: int  # from the day the alert fired
    window_lead_d: int  # from the first day of its window, as published leads are
    sentence: str


def tied_to(
    rule: SurgeRule, offensives: Iterable[Offensive], fired_at: datetime, window_began: date
) -> tuple[Tied, ...]:
    """The offensives a rule is tied to, in the rule's order."""
    known = {offensive.key: offensive for offensive in offensives}
    return tuple(_tied(known[key], fired_at, window_began) for key in rule.offensives if key in known)


def ice_notes(ice: Iterable[Ice], first_day: date, last_day: date) -> Iterator[str]:
    """Ice reported in a month that these days touch."""
    touched = set(months_between(_month(first_day), _month(last_day)))
    for each in ice:
        months = sorted(touched & set(each.months))
        if months:
            told = " and ".join(month_in_words(month) for month in months)
            yield f"winter ice was reported for {told}: {each.words} ({' '.join(each.source)})"


def month_sentence(rule: SurgeRule, count: int, threshold: int, month: str) -> str:
    """A month's count and limit, what is usual, and nothing of why."""
    when = month_in_words(month)
    if rule.is_lull or rule.bound == "high":
        counted = f"{_so_many(rule, count)} in {when}"
    else:
        counted = f"{ordinal(count)} delivery of {when}"
    relative = rule.highest_of_months
    besides = f"; more than in any of the {relative} months before" if relative else ""
    usual = f"; baseline {rule.baseline_per_month:g} a month" if rule.baseline_per_month is not None else ""
    return f"{counted}; threshold {threshold}{besides}{usual}"


def rolling_sentence(
    rule: SurgeRule, count: int, threshold: int, window_d: int, last_day: date, baseline: float | None
) -> str:
    """The same of a window that ends on a day."""
    usual = "" if baseline is None else f"; baseline {baseline:g}"
    counted = f"{_so_many(rule, count)} in the {window_d} days to {day_in_words(last_day)}"
    return f"{counted}; threshold {threshold}{usual}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, ... 11th, 12th, 13th."""
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else ORDINALS.get(number % 10, 'th')}"


def month_in_words(month: str) -> str:
    """ "2023-10" as October 2023."""
    return f"{MONTHS[int(month[5:]) - 1]} {month[:4]}"


def day_in_words(day: date) -> str:
    """Such as 18 Dec 2023."""
    return f"{day.day} {MONTHS[day.month - 1][:SHORT]} {day.year}"


def _tied(offensive: Offensive, fired_at: datetime, window_began: date) -> Tied:
    name = offensive.name or offensive.key.replace("_", " ")
    began = day_in_words(offensive.first_day) + (
        f", {offensive.first_day_quality}" if offensive.first_day_quality else ""
    )
    return Tied(
        key=offensive.key,
        first_day=offensive.first_day,
        lead_d=(offensive.first_day - fired_at.date()).days,
        window_lead_d=(offensive.first_day - window_began).days,
        sentence=f"consistent with the tempo seen around the {name} offensive (began {began})",
    )


def _so_many(rule: SurgeRule, count: int) -> str:
    """A count; of the high bound, how many there may be at most."""
    if not count:
        return "no deliveries"
    most = "up to " if rule.bound == "high" else ""
    return f"{most}{count} {'delivery' if count == 1 else 'deliveries'}"


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
