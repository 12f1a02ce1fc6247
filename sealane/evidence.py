"""Evidence: whether the raw sentences kept with a report say what the report says.

A $PGHP line or the time of arrival is not kept with the sentences: such a stamp can be held against nothing.
"""

from sealane.account import Rejected
from sealane.aisstream import read_json
from sealane.fix import Fix
from sealane.fragment import Whole, whole
from sealane.message import Message, decode
from sealane.report import position_defect, read_reports
from sealane.sentence import Sentence, read_line
from sealane.stamp import Tags, moment
from sealane.static import StaticReport


def fault_of(report: Fix | StaticReport) -> str | None:
    """What does not hold between a stored report and its sentences as received; None if all of it does."""
    if len(report.raw) == 1 and (said := read_json(report.raw[0])) is not None:
        return "its line cannot be read" if isinstance(said, Rejected) else _fault(report, said.message, said.whole)
    tags = Tags()
    read = [sentence for raw in report.raw for sentence in read_line(raw, tags)]
    sentences = tuple(each for each in read if isinstance(each, Sentence))
    if not sentences or len(sentences) != len(read) or len(sentences) != len(report.raw):
        return "its raw sentences cannot be read"
    for sentence in sentences:
        if sentence.defect:
            return f"a raw sentence has a {sentence.defect}: {sentence.raw!r}"
    message = whole(sentences)
    decoded = decode(message)
    if isinstance(decoded, Rejected):
        return "its raw sentences cannot be decoded"
    return _fault(report, decoded, message)


def _fault(report: Fix | StaticReport, decoded: Message, message: Whole) -> str | None:
    if message.payload != report.payload:
        return "its payload is not that of its raw sentences"
    if position_defect(decoded):
        return "its raw sentences cannot be decoded"
    if report not in read_reports(decoded, message, report.at, report.stamped_by, report.source):
        return "its raw sentences say something else"
    if message.station is not None and message.station != report.source:
        return f"its raw sentences were heard by {message.station!r}"
    if message.stamped_by == report.stamped_by and message.at_us is not None and moment(message.at_us) != report.at:
        return f"its raw sentences were heard at {moment(message.at_us).isoformat()}"
    return None
