"""Care of a ledger: verify it, rebuild its views, back it up, hand it out as evidence."""
