"""Follow alerts and monthly tallies, each as it changes: SEALANE_KAFKA_BROKERS=HOST:PORT python subscriber.py"""

import asyncio

from sealane.alert import Alert
from sealane.tally import Tally
from streams.subscribe import subscribe


async def main() -> None:
    async for received in subscribe(topics=("alerts", "tallies"), after=0):
        mark = "SYNTHETIC " if received.event.synthetic else ""
        match received.object:
            case Alert(severity=severity, state=state, sentence=sentence):
                print(f"{mark}{received.event.kind}: {severity} {state}: {sentence}", flush=True)
            case Tally(month=month, low=low, high=high):
                print(f"{mark}{month}: {low} to {high} deliveries", flush=True)


asyncio.run(main())
