"""Every event a ledger holds is of the contract, whatever kind it is. SYNTHETIC."""

import json
from pathlib import Path

import jsonschema
import pytest

from streams.contract.cloudevent import binary, cloud_event
from streams.ledger.ledger import Ledger
from streams.showing.telling import told

pytestmark = pytest.mark.shell

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "contract" / "events.schema.json").read_text())


async def test_every_event_of_a_ledger_is_of_the_contract(kept):
    checks = {
        kind["$ref"].rpartition("/")[2]: jsonschema.Draft202012Validator({**kind, "$defs": SCHEMA["$defs"]})
        for kind in SCHEMA["oneOf"]
    }
    ledger = Ledger(kept.url)
    kinds = set()
    async for entry in ledger.entries():
        event = told(entry)
        checks[event.kind].validate(json.loads(binary(cloud_event(event, "demo"))[1]))
        kinds.add(event.kind)
    await ledger.close()
    assert kinds >= {"IdentityBound", "PortCallEnded", "DeliveryRecorded", "TallyRevised", "AlertFired"}
