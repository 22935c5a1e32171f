"""HL7 v2 results (ORU, OUL): segments to records of fixed columns, a record an OBX. Needs the extra "hl7"."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from analytics.errors import MissingExtra, RefusedFile
from analytics.ingest import fluids, synonyms
from analytics.ingest.dictionary import Coded
from analytics.ingest.reading.csv_exact import CONTROL, Chunk, Header, Held
from analytics.ingest.reading.hl7_fields import Message, moment, result_value, test_of, unit_of_field
from analytics.ingest.reading.range_texts import Unread, limits
from analytics.ingest.reading.source import BLOCK, Source

COLUMNS = (
    "patient_id", "test", "time", "value", "raw_value", "unit", "lln", "uln", "status", "specimen_id", "lab", "method",
    "sex", "birth_date", "issued_at",
)  # fmt: skip
HEADER = Header(("HL7", *COLUMNS), "\x1f", 0, "")
RESULTS = ("ORU", "OUL", "ORF")
"""Kinds of messages that carry results."""
OLDER = "older version of a corrected result"
_BEGINS = re.compile(rb"[\x0b\s\xef\xbb\xbf]*(?:MSH|FHS|BHS)[^A-Za-z0-9\s]")
_CHARSETS = {
    "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "8859/1": "latin-1", "8859/15": "iso8859-15", "8859/2": "iso8859-2",
    "ISO IR87": "iso2022_jp", "ASCII": "",
}  # fmt: skip
_STRUCTURE = frozenset(
    "MSH PID OBR ORC SPM PV1 PV2 PD1 TQ1 EVN SFT UAC MSA NK1 FHS BHS FTS BTS DSC ACC SAC INV".split()
)
_NOT_ASKED = {"O": "order without a result (OBX-11 O)", "N": "not asked for (OBX-11 N)"}
_STATUS = {"I": "pending", "B": "appended"}

_UNREADABLE = (ValueError, IndexError, KeyError, AssertionError, TypeError, AttributeError)
"""What the parser raises on a message that is none."""
Record = dict[str, str]


def is_hl7(head: bytes) -> bool:
    """Whether the first bytes are those of an HL7 v2 message or batch."""
    return _BEGINS.match(head) is not None


class Hl7Source(Source):
    """HL7 v2 messages, one or many, whatever ends their segments, with or without MLLP signs around them."""

    newest: Mapping[tuple[str, ...], str] = {}

    def blocks(self) -> Iterator[bytes]:
        """One segment a line."""
        self.newest = _newest(self) if self._corrections() > 1 else {}
        self._handle.seek(0)
        yield from super().blocks()

    def _corrections(self) -> int:
        """How many results say that they are corrected, at most."""
        count = 0
        while block := self._handle.read(BLOCK):
            count += block.count(b"|C")
        return count

    def gone_through(self) -> Iterator[bytes]:
        """Its segments without hashing them, before it is read."""
        self._handle.seek(0)
        decoder = codecs.getincrementaldecoder(self.encoding)(errors="replace")
        rest = ""
        while block := self._handle.read(BLOCK):
            *lines, rest = re.split("[\r\n\x0b\x1c]+", rest + decoder.decode(block))
            yield from (line.encode("utf-8") for line in lines)
        yield rest.encode("utf-8")

    def _decoded(self) -> Iterator[bytes]:
        ended = False
        for block in super()._decoded():
            if ended and block.startswith(b"\n"):
                block = block[1:]
            ended = block.endswith(b"\r")
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            yield block.replace(b"\x0b", b"").replace(b"\x1c", b"")

    def _decide(self, declared: str) -> tuple[str, bytes]:
        fields = re.split(rb"[\r\n]", self.head, maxsplit=1)[0].lstrip(b"\x0b").split(b"|")
        said = fields[17].decode("ascii", "ignore").split("~")[0].strip() if len(fields) > 17 else ""
        return super()._decide(declared or _CHARSETS.get(said, ""))


@dataclass
class _Order:
    """One OBR with what belongs to it."""

    message: Message
    fields: list[str]
    specimens: list[list[str]] = field(default_factory=list)
    results: list[tuple[int, list[str], str]] = field(default_factory=list)


class Hl7Splitter:
    """Segments to records, a message at a time."""

    def __init__(self, file: str, notes: list[str], newest: Mapping[tuple[str, ...], str] | None = None):
        try:
            import hl7
        except ImportError as error:
            raise MissingExtra("hl7", "reading HL7 v2 messages") from error
        self._hl7 = hl7
        self.file, self.line, self.notes = file, 0, notes
        self.newest = newest or {}
        self.unread = Unread()
        self._pending: list[tuple[int, str]] = []
        self._used = False
        self._ignored: Counter[str] = Counter()

    def chunk(self, block: bytes, bytes_read: int, *, last: bool) -> Chunk:
        """The records of the messages that end in this block."""
        rows: list[tuple[int, Record, str]] = []
        held: list[Held] = []
        ignored: Counter[str] = Counter()
        for raw in block.split(b"\n")[: -1 if block.endswith(b"\n") else None]:
            self.line += 1
            if raw[:3] in (b"MSH", b"FHS", b"BHS", b"BTS", b"FTS"):
                rows += self._message(held, ignored)
            if raw.strip():
                self._pending.append((self.line, self._text(raw, held)))
        if last:
            rows += self._message(held, ignored)
        self._count(rows, held, ignored, last=last)
        columns = [Coded.of(np.array([r.get(c, "") for _, r, _ in rows], dtype=object)) for c in ("HL7", *COLUMNS)]
        raws = [raw for _, _, raw in rows]
        return Chunk(columns, np.array([n for n, _, _ in rows], np.int64), raws.__getitem__, held, ignored, bytes_read)

    def _text(self, raw: bytes, held: list[Held]) -> str:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            if not raw.startswith(b"OBX"):  # it may begin a person or an order: it must not vanish
                return raw.decode("utf-8", "replace")
            said = "the segment is not text in its encoding; name the right one with --encoding"
            held.append(Held(self.line, "ENC_INVALID", said, "", raw.decode("utf-8", "backslashreplace")))
            return ""

    def _count(
        self, rows: list[tuple[int, Record, str]], held: list[Held], ignored: Counter[str], *, last: bool
    ) -> None:
        self._used = self._used or bool(rows or held)
        self._ignored.update(ignored)
        if not last:
            return
        if not self._used:
            why = "; ".join(f"{n:,} {reason}" for reason, n in self._ignored.most_common(8))
            raise RefusedFile(f"is HL7 v2, and nothing in it is read: {why or 'it has no results'}", file=self.file)
        if said := self.unread.note():
            self.notes.append(said)

    # -- one message -----------------------------------------------------------------------------------------------

    def _message(self, held: list[Held], ignored: Counter[str]) -> list[tuple[int, Record, str]]:
        """Records of the message that was gathered, which is over now."""
        segments, self._pending = [(n, t) for n, t in self._pending if t], []
        if not segments or not segments[0][1].startswith("MSH"):
            for n, text in segments:
                if text[:3] not in _STRUCTURE:
                    held.append(Held(n, "FIELD_COUNT", "a segment outside of a message", "", text))
            return []
        try:
            message = Message(self._hl7, [t for _, t in segments])
        except (self._hl7.HL7Exception, *_UNREADABLE) as error:
            n, text = segments[0]
            held.append(Held(n, "FIELD_COUNT", f"the message cannot be read: {error}", "", text))
            return []
        if message.kind not in RESULTS:
            ignored[f"message {message.kind or 'without a kind'} is not read"] += 1
            return []
        return list(self._results(message, segments, held, ignored))

    def _results(
        self, message: Message, segments: list[tuple[int, str]], held: list[Held], ignored: Counter[str]
    ) -> Iterator[tuple[int, Record, str]]:
        order: _Order | None = None
        waiting: list[list[str]] = []
        keep = message.kind == "OUL"
        for (n, raw), fields in zip(segments, message.segments, strict=True):
            name = fields[0]
            if name == "PID":
                yield from self._order(order, held, ignored)
                order, waiting = None, []
                message.person(fields)
            elif name == "OBR":
                yield from self._order(order, held, ignored)
                order = _Order(message, fields, list(waiting))
                waiting = waiting if keep else []
            elif name == "SPM":
                if order is None or keep:
                    yield from self._order(order, held, ignored)
                    order, waiting = None, [fields]
                else:
                    order.specimens.append(fields)
            elif name == "OBX":
                order = order or _Order(message, ["OBR"], list(waiting))
                order.results.append((n, fields, raw))
            elif name not in _STRUCTURE:
                ignored["comment (NTE)" if name == "NTE" else f"segment {name[:3]} is not read"] += 1
        yield from self._order(order, held, ignored)

    def _order(
        self, order: _Order | None, held: list[Held], ignored: Counter[str]
    ) -> Iterator[tuple[int, Record, str]]:
        for n, fields, raw in order.results if order else ():
            assert order is not None
            made = self._result(order, fields)
            if isinstance(made, str):
                ignored[made] += 1
            elif any(CONTROL.search(v) for v in made.values()):
                held.append(Held(n, "CONTROL_CHAR", "the segment has control characters", "", raw))
            elif self._is_outdated(made):
                ignored[OLDER] += 1
            else:
                yield n, made, raw

    def _is_outdated(self, made: Record) -> bool:
        return bool(made["issued"]) and made["issued"] < self.newest.get(key_of(made), "")

    def _result(self, order: _Order, fields: list[str]) -> Record | str:
        """One OBX as a record, or why it is not read."""
        message = order.message
        test = test_of(message, fields)
        analyte = synonyms.analyte_of(test)
        status = message.plain(fields, 11) or message.plain(order.fields, 25)
        if status in _NOT_ASKED:
            return _NOT_ASKED[status]
        own = [w for spm in order.specimens for w in message.words(spm, 4)]
        fluid = fluids.other_than_blood(*own, *message.words(order.fields, 15))
        if fluid:
            return fluids.left_out(fluid)
        value = result_value(message, fields)
        kind = message.plain(fields, 2)
        if kind in ("ED", "RP"):
            return f"attached document ({kind})"
        unit = unit_of_field(message, fields, analyte)
        if not analyte and not unit and kind in ("TX", "FT", "ST", "") and not value.lstrip("<>= ")[:1].isdigit():
            return "comment or text of a test that is not followed"
        return {
            "patient_id": message.patient,
            "sex": message.sex,
            "birth_date": message.birth_date,
            "test": test,
            "time": moment(self._collected(order, message.plain(fields, 14)), message.zone),
            "value": value,
            "raw_value": value,
            "unit": unit,
            "status": _STATUS.get(status, status),
            "specimen_id": next((s for spm in order.specimens if (s := message.number(spm, 2))), ""),
            "lab": message.first(fields, 23) or message.first(fields, 15, 1) or message.first(fields, 15),
            "method": message.first(fields, 17, 1) or message.first(fields, 17),
            "issued": message.plain(order.fields, 22) or message.sent,
            "issued_at": moment(message.plain(order.fields, 22) or message.sent, message.zone),
            **self._limits(message.plain(fields, 7), unit, analyte, value),
        }

    def _collected(self, order: _Order, own: str) -> str:
        """OBX-14; OBR-7 where it is missing or gives the day only; else the time of the specimen."""
        message = order.message
        ordered = message.plain(order.fields, 7)
        if own and not (len(own) <= 8 and ordered.startswith(own)):
            return own
        return ordered or next((s for spm in order.specimens if (s := message.first(spm, 17))), own)

    def _limits(self, text: str, unit: str, analyte: str, value: str) -> Record:
        if not text or not analyte:
            return {}
        found = limits(text, unit, analyte)
        if found is None:
            if value:
                self.unread.add(text)
            return {}
        return {"lln": found[0], "uln": found[1]}


def key_of(made: Record) -> tuple[str, ...]:
    """What makes two results versions of one."""
    analyte = synonyms.analyte_of(made["test"]) or made["test"]
    return (
        made["patient_id"],
        analyte,
        made["time"],
        made["specimen_id"],
        synonyms.status_of(made["status"], _NULLS) or "",
    )


_NULLS = frozenset(("",))


def _newest(source: Hl7Source) -> dict[tuple[str, ...], str]:
    """Of each corrected result, when its last version was sent; the file is gone through once for it."""
    splitter = Scan(source.name)
    splitter.take(source.gone_through())
    splitter.take([b"MSH"])
    return splitter.found


class Scan(Hl7Splitter):
    """Looks only at when corrected results were sent."""

    def __init__(self, file: str):
        super().__init__(file, [])
        self.found: dict[tuple[str, ...], str] = {}
        self._gathered: list[str] = []

    def take(self, lines: Iterable[bytes]) -> None:
        """Further lines; what cannot be read is told when the file is read."""
        for raw in lines:
            text = raw.decode("utf-8", "replace")
            if text.startswith("MSH"):
                self._look()
            self._gathered.append(text)

    def _look(self) -> None:
        texts, self._gathered = self._gathered, []
        if not any(t.startswith("OBX") and "|C" in t for t in texts):
            return
        segments = [(0, t) for t in texts if t.strip()]
        self._pending = segments
        for _, made, _ in self._message([], Counter()):
            if synonyms.status_of(made["status"], _NULLS) in ("corrected", "amended"):
                key = key_of(made)
                self.found[key] = max(self.found.get(key, ""), made["issued"])
