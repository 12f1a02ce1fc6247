"""The ways out: webhooks, chats, mail and Alertmanagers that are told what the ledger tells.

    chain --> outbox (lease, cursor) --> wanted? --> way --> taken | failed | refused --> notice, cursor

Each way has a cursor and a lease of its own in the ledger, so that one that is down holds up no other. A way may be
told a thing twice, with the same id, never not at all: what it would not take for days is kept as undelivered, to be
sent again by a person. No way decides anything, and none is told of made-up ships unless its file says so.
"""
