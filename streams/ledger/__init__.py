"""ledger: what a corridor rests on and what was told, kept in Redis. One atomic commit a batch."""
