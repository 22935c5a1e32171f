"""What the resources of one FHIR file say of each other: medicines, specimens, people, and newer versions."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import orjson

from analytics.ingest import fluids
from analytics.ingest.reading.fhir_values import Resource, text, words

MOST = 2_000_000
"""At most so many resources that others refer to are kept in memory."""
NESTED = 4
"""Bundles inside Bundles are followed so deep."""
_HISTORY = re.compile(r"/_history/[^/]*$")
_OF_INTEREST = re.compile(rb'"(?:Specimen|Medication|Patient|Bundle|versionId|lastUpdated|corrected|amended|DELETE)"')
_REFERRED_TO = ("Medication", "Specimen", "Patient")
CORRECTED = ("corrected", "amended")


@dataclass
class Known:
    """Resources of a file by the names under which others refer to them.

    Attributes:
        medicines: name of a medicine and its codings.
        fluids: specimen to its words, id and time of collection.
        people: full address or identifier of a Patient to its id.
        newest: resource to its newest version, where the file has several.
        deleted: address of what an entry of the file deletes to when it did, -1 where that is not told.
        corrected: result to when its last correction was issued, where the file has several under ids of their own.
    """

    medicines: dict[str, Any] = field(default_factory=dict)
    fluids: dict[str, Resource] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    newest: dict[tuple[str, str], Any] = field(default_factory=dict)
    corrected: dict[tuple[str, ...], float] = field(default_factory=dict)
    deleted: dict[str, float] = field(default_factory=dict)
    keep_blood: bool = True

    def is_deleted(self, resource: Resource) -> bool:
        """Whether the file deletes this resource, and not before this version of it."""
        if not self.deleted:
            return False
        when = self.deleted.get(f"{resource.get('resourceType')}/{resource.get('id', '')}")
        version = version_of(resource)
        return when is not None and not (version is not None and version[1] > when >= 0)

    def add(self, resource: Resource, address: str = "") -> None:
        """Take note of one resource."""
        kind = resource.get("resourceType")
        if kind not in _REFERRED_TO:
            return
        own = str(resource.get("id", ""))
        keys = [k for k in (address, f"{kind}/{own}" if own else "") if k]
        if len(self.medicines) + len(self.fluids) + len(self.people) > MOST:
            return
        if kind == "Medication":
            self.medicines |= dict.fromkeys(keys, resource.get("code"))
        elif kind == "Specimen" and (self.keep_blood or fluid_of(resource)):
            self.fluids |= dict.fromkeys(keys, resource)
        elif kind == "Patient":
            if address and own and not address.endswith(own):
                self.people[address] = own
            if self.keep_blood:
                said = [i for i in resource.get("identifier", ()) if i.get("value")]
                self.people |= {f"|{i['value']}": own or _last(address) for i in said}

    def note_correction(self, resource: Resource) -> None:
        """Take note of when a corrected result was issued."""
        if resource.get("resourceType") == "Observation" and resource.get("status") in CORRECTED:
            key = result_of(resource)
            self.corrected[key] = max(self.corrected.get(key, -1.0), issued(resource))

    def is_corrected_again(self, resource: Resource) -> bool:
        """Whether the file has a later correction of this corrected result."""
        if not self.corrected or resource.get("status") not in CORRECTED:
            return False
        return -1.0 < issued(resource) < self.corrected.get(result_of(resource), -1.0)

    def note_version(self, resource: Resource) -> None:
        """Take note that the file has this version."""
        version = version_of(resource)
        key = (str(resource.get("resourceType")), str(resource.get("id", "")))
        if version is None or not key[1]:
            return
        self.newest[key] = newer(self.newest[key], version) if key in self.newest else version

    def is_outdated(self, resource: Resource) -> bool:
        """Whether the file has a newer version of this very resource."""
        if not self.newest:
            return False
        newest = self.newest.get((str(resource.get("resourceType")), str(resource.get("id", ""))))
        version = version_of(resource)
        return newest is not None and version is not None and newer(newest, version) != version and newest != version

    def patient(self, reference: Any) -> str:
        """Id of the person of a reference; empty where it is none or cannot be told."""
        if not isinstance(reference, Mapping):
            return ""
        said = _HISTORY.sub("", str(reference.get("reference", "")))
        if not said:
            value = str((reference.get("identifier") or {}).get("value", ""))
            return self.people.get(f"|{value}", "") if value else ""
        if said in self.people:
            return self.people[said]
        if "?" in said:
            return self.people.get(f"|{said.rsplit('|', 1)[-1]}", "")
        kind = said.split("/")[-2].rsplit(":", 1)[-1] if "/" in said else ""
        named = str(reference.get("type") or "Patient")
        return "" if kind not in ("", "Patient") or named != "Patient" or said.startswith("#") else _last(said)

    def specimen(self, reference: Any, resource: Resource) -> tuple[list[str], str, str]:
        """Words of the specimen, its number and when it was collected."""
        said = _HISTORY.sub("", str((reference or {}).get("reference", "")))
        found = contained(resource, said) if said.startswith("#") else self.fluids.get(said)
        shown = str((reference or {}).get("display") or "")
        own = number_of(found) if found else str(((reference or {}).get("identifier") or {}).get("value") or "")
        if not own and said and not said.startswith("#"):
            own = _last(said)
        collection = (found or {}).get("collection") or {}
        when = str(collection.get("collectedDateTime") or (collection.get("collectedPeriod") or {}).get("start") or "")
        return [*words_of(found or {}), shown], own, when

    def medicine(self, e: Resource) -> tuple[str, list[Resource]]:
        """Name of the medicine of a resource, and its codings."""
        concept = e.get("medicationCodeableConcept")
        reference = e.get("medicationReference")
        either = e.get("medication")
        if isinstance(either, Mapping):
            concept, reference = concept or either.get("concept"), reference or either.get("reference")
        if not concept and isinstance(reference, Mapping):
            said = _HISTORY.sub("", str(reference.get("reference", "")))
            found = contained(e, said) or {}
            concept = found.get("code") if said.startswith("#") else self.medicines.get(said)
            concept = concept or {"text": reference.get("display")}
        concept = concept or {}
        return text(concept), list(concept.get("coding", ()))


def _last(address: str) -> str:
    """``Patient/123`` as ``123``; an address keeps its last part."""
    return _HISTORY.sub("", address).rsplit("/", 1)[-1].removeprefix("urn:uuid:").removeprefix("urn:oid:")


def contained(resource: Resource, reference: str) -> Resource | None:
    """A resource inside another."""
    wanted = reference.removeprefix("#")
    own = resource.get("contained", ()) if reference.startswith("#") else ()
    return next((c for c in own if isinstance(c, Mapping) and c.get("id") == wanted), None)


def number_of(specimen: Resource) -> str:
    """The number that a laboratory gave to a specimen."""
    for identifier in (specimen.get("accessionIdentifier"), *specimen.get("identifier", ())):
        if isinstance(identifier, Mapping) and identifier.get("value"):
            return str(identifier["value"])
    return ""


def words_of(specimen: Resource) -> list[str]:
    """All words that say what a specimen is."""
    site = (specimen.get("collection") or {}).get("bodySite")
    return [*words(specimen.get("type")), *(words(site) if isinstance(site, Mapping) and "coding" in site else ())]


def result_of(o: Resource) -> tuple[str, ...]:
    """What makes two Observations versions of one result: person, test, time, specimen and status."""
    parts = (o.get("subject"), o.get("code"), o.get("effectiveDateTime") or o.get("effectivePeriod"), o.get("specimen"))
    said = (orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode() for part in parts)
    return (*said, str(o.get("status")))


def issued(o: Resource) -> float:
    """When a version was issued, in seconds; -1 where it does not tell."""
    own = _moment(str(o.get("issued") or ""))
    version = version_of(o)
    return own if own >= 0 or version is None else version[1]


def _moment(said: str) -> float:
    try:
        return datetime.fromisoformat(said.replace("Z", "+00:00")).timestamp() if said else -1.0
    except ValueError:
        return -1.0


def fluid_of(specimen: Resource) -> str:
    """What the specimen is, where it is not blood."""
    return fluids.other_than_blood(*words(specimen.get("type")))


def version_of(resource: Resource) -> tuple[int, float] | None:
    """Number and moment of a version, -1 where the resource does not tell; None where it tells neither."""
    meta = resource.get("meta")
    if not isinstance(meta, Mapping):
        return None
    number = str(meta.get("versionId", ""))
    moment = _moment(str(meta.get("lastUpdated", "")))
    version = (int(number) if number.isascii() and number.isdigit() and len(number) < 19 else -1, moment)
    return None if version == (-1, -1.0) else version


def version_number(resource: Resource) -> str:
    """Number of a version as it is written; empty where there is none."""
    version = version_of(resource)
    return str(version[0]) if version is not None and version[0] >= 0 else ""


def newer(a: tuple[int, float], b: tuple[int, float]) -> tuple[int, float]:
    """The newer of two versions: by number where both have one, else by moment."""
    if a[0] >= 0 and b[0] >= 0 and a[0] != b[0]:
        return max(a, b)
    return a if a[1] >= b[1] else b


def resources(said: Any, address: str = "", depth: int = 0) -> Iterator[tuple[Resource, str]]:
    """The resources of an entry, a Bundle or a list, with their addresses; an entry without one gives an empty one."""
    if isinstance(said, list):
        for one in said:
            yield from resources(one, address, depth)
    elif not isinstance(said, Mapping):
        raise TypeError("no resource")
    elif said.get("resourceType") == "Bundle" and depth < NESTED:
        for entry in said.get("entry", ()):
            yield from resources(entry, "", depth + 1)
    elif "resourceType" not in said and ({"resource", "request", "response", "fullUrl"} & said.keys()):
        inner = said.get("resource")
        if isinstance(inner, Mapping):
            yield from resources(inner, str(said.get("fullUrl") or ""), depth)
        else:
            yield _deletion(said), ""
    else:
        yield said, address


DELETED = "deletion"
"""Kind of what stands for an entry that deletes a resource."""


def _deletion(entry: Resource) -> Resource:
    """What an entry without a resource deletes, and when; empty where it deletes nothing."""
    request = entry.get("request") or {}
    if request.get("method") != "DELETE":
        return {}
    url = _HISTORY.sub("", str(request.get("url") or entry.get("fullUrl") or ""))
    when = str((entry.get("response") or {}).get("lastModified") or "")
    return {"resourceType": DELETED, "of": "/".join(url.split("/")[-2:]), "when": when}


def look_through(lines: Callable[[], Iterable[bytes]], *, small: bool) -> Known:
    """What must be known before the first resource is read; the file is gone through once more where it has versions.

    Args:
        lines: begins anew with the lines of the file, JSON each.
        small: whether all specimens and people may be kept; else only what is needed of other fluids.
    """
    known, seen = Known(keep_blood=small), array("q")
    for line in lines():
        if not _OF_INTEREST.search(line):
            continue
        for resource, address in _parsed(line):
            with suppress(AttributeError, TypeError, KeyError):  # what is no resource is quarantined when it is read
                if resource.get("resourceType") == DELETED:
                    known.deleted[str(resource["of"])] = _moment(str(resource["when"]))
                known.add(resource, address)
                known.note_correction(resource)
                if version_of(resource) is not None:
                    seen.append(_mark(resource))
    marks, counts = np.unique(np.array(seen, np.int64), return_counts=True)
    twice = set(marks[counts > 1].tolist())
    if twice:
        for line in lines():
            for resource, _ in _parsed(line):
                if version_of(resource) is not None and _mark(resource) in twice:
                    known.note_version(resource)
    return known


def _mark(resource: Resource) -> int:
    return hash((str(resource.get("resourceType")), str(resource.get("id", ""))))


def _parsed(line: bytes) -> list[tuple[Resource, str]]:
    try:
        return list(resources(orjson.loads(line)))
    except (ValueError, TypeError, RecursionError, AttributeError):
        return []
