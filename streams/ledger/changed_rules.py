"""Changed rules: where a ledger is judged by others than before, its chain says so: RulesChanged.

before --RulesChanged--> after      an entry with both fingerprints, ahead of what follows from the new rules
"""

from datetime import datetime

import msgspec

from sealane.event import SCHEMA
from sealane.rules import Rules
from streams.showing.state import shown

KIND = "RulesChanged"


def subject_of(rules: Rules) -> str:
    """What an event of other rules is about: all rules of a corridor are one subject, revised again and again."""
    return f"rules:{rules.corridor}"


def rules_changed(rules: Rules, before: str, revision: int, as_of: datetime | None, **more: str) -> bytes:
    """The entry that tells of other rules than those of the fingerprint `before`."""
    subject = subject_of(rules)
    event = {
        "id": f"{subject}#{revision}",
        "kind": KIND,
        "schema": SCHEMA,
        "subject": subject,
        "revision": revision,
        "at": shown(as_of),
        "known_at": shown(as_of),
        "observed": True,
        "rests_on": (),
        "because": (),
        "supersedes": None,
        "synthetic": rules.synthetic,
        "object": {"id": subject, "before": before, "after": rules.fingerprint},
        **more,
    }
    return msgspec.json.encode(event, order="sorted")
