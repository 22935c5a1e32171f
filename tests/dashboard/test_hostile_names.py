"""What a browser sends is never a path: hostile values in every field of every callback and route, files watched."""

from __future__ import annotations

import inspect
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from analytics.errors import InputError
from analytics.store import Store, open_store
from analytics.store.working_state import jobs
from analytics.store.working_state.schedules import Schedules
from dashboard.application.app import create_app
from dashboard.cohorts import worker
from dashboard.config import Config
from dashboard.importing import progress, service
from dashboard.importing.profiles import Profiles
from dashboard.reporting.schedule_runner import Runner
from dashboard.security.named import LONGEST, among, is_among
from tests.dashboard.watched import Watch, watching
from tests.stores import small_store

MARKER = "MARKER-6a1f09"
LABS = b"patient_id,collected_at,analyte,value,unit\nMRN-1,2024-06-01,ALT,33,U/L\n"
POST = "/_dash-update-component"
SYSTEM = tuple(Path(p) for p in ("/etc/passwd", "/proc/self/environ"))


class Site:
    """One installation with an application, and a folder beside it that nobody may touch."""

    def __init__(self, tmp: Path):
        self.root, self.outside = tmp / "site", tmp / "outside"
        self.outside.mkdir(mode=0o755)
        self.outside.chmod(0o755)
        for name in ("secret.toml", "secret.csv", "secret", ".env"):
            (self.outside / name).write_text(f'lab = "{MARKER}"\n')
        (self.root / "in").mkdir(parents=True)
        (self.root / "in" / "labs.csv").write_bytes(LABS)
        (self.root / "in" / "leads-out.csv").symlink_to(self.outside / "secret.csv")
        self.store: Store = small_store(self.root / "store")
        self.config = Config(store=str(self.root / "store"), import_folder=self.root / "in")
        Profiles(self.config).save("northgate", 'lab = "Northgate"\n')
        self.app = create_app(self.store, self.config)
        self.client = self.app.server.test_client()
        self.client.get("/")

    @property
    def paths(self) -> list[str]:
        """Names of the files outside, as somebody could write them from wherever they are joined."""
        out, up = self.outside, "../../../outside"
        return [
            str(out / "secret.toml"), str(out / "secret"), str(out / ".env"), f"{up}/secret", f"../{up}/secret.toml",
            "../../outside/secret", "/proc/self/environ", "/etc/passwd", f"file:{out / 'secret'}",
            f"file://{out / 'secret'}", f"folder:{out}", str(out / "new-file"), f"{up}/new-file", "leads-out.csv",
            "northgate/../../../../outside/secret", f"{out / 'secret'}\0.toml",
        ]  # fmt: skip

    def as_it_was(self) -> dict[str, tuple[int, bytes]]:
        """Mode and content of everything outside."""
        everything = [self.outside, *sorted(self.outside.rglob("*"))]
        return {str(p): (stat.S_IMODE(p.stat().st_mode), p.read_bytes() if p.is_file() else b"") for p in everything}


def at_once(config: Config) -> None:
    """A worker of this process that does the imports that wait, in place."""
    store = open_store(config.store)
    while jobs.work(store, {progress.KIND: service.import_job(config), "analysis": worker.analysis}):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    patch = pytest.MonkeyPatch()
    patch.setattr(worker, "start", at_once)
    tmp = tmp_path_factory.mktemp("hostile")
    patch.chdir(tmp)
    yield Site(tmp)
    patch.undo()


ODD: tuple[Any, ...] = (
    "\0", "x" * 5_000, "..", ".", "/", "\\\\host\\share", "C:\\x", "~root", "%2e%2e%2f", "٣", "\u202e", "a\nb",
    "é" * 300, "", None, 0, -1, 1.5, 2**70, True, [], ["../x"], [[1]], {}, {"id": "../../outside/secret"}, {"a": [1]},
)  # fmt: skip


def harmless(annotation: str, prop: str) -> Any:
    """A value that gets far into a callback whose parameter is annotated so."""
    if prop == "n_clicks" or annotation.startswith("int"):
        return 1
    if annotation.startswith("list"):
        return []
    if annotation.startswith("dict"):
        return None if "None" in annotation else {}
    return None if "None" in annotation else "all"


KNOWN = {
    "imports-offered.value": ["labs.csv"], "imports-text.value": 'lab = "x"\n', "imports-name.value": "mine",
    "imports-files.data": [{"id": "labs.csv", "name": "labs.csv", "size": 1, "shape": "s"}],
    "imports-shapes.data": {"s": {"text": 'lab = "x"\n', "used": 'lab = "x"\n'}}, "imports-current.data": "s",
    "schedules-name.value": "mon", "schedules-report.value": "digest", "schedules-patients.value": "all",
    "schedules-every.value": "Mon 06:00", "schedules-zone.value": "UTC", "cohort-asked.data": "where sex is F",
    "cohort-text.value": "where sex is F", "quality-why.value": "seen",
}  # fmt: skip
"""Values with which the work of a callback is really done, so that a hostile value beside them is used."""


class Call:
    """One callback of the server, and bodies for it."""

    def __init__(self, name: str, callback: dict[str, Any]):
        self.name, self._callback = name, callback
        self.fields = [*callback["inputs"], *callback["state"]]
        parameters = inspect.signature(callback["callback"]).parameters
        said = {name: str(p.annotation) for name, p in parameters.items()}
        places = callback["inputs_state_indices"]
        if isinstance(places, dict):  # fields that come by name, some of them several in one
            by_place = {at: said[name] for name, at in places.items() if isinstance(at, int)}
            self._types = [by_place.get(at, "str | None") for at in range(len(self.fields))]
        else:
            self._types = [*said.values(), *["Any"] * len(self.fields)]

    def body(self, at: int, value: Any, trigger: int, *, in_id: bool = False) -> dict[str, Any]:
        """The body with one hostile field; ``in_id``: in the id of a component of a pattern."""
        filled = [self._field(n, f, value, n == at, in_id) for n, f in enumerate(self.fields)]
        n = len(self._callback["inputs"])
        outputs = self._callback["output"]
        many = isinstance(outputs, (list, tuple))
        made = [self._named(o.component_id_str(), o.component_property) for o in (outputs if many else [outputs])]
        first = filled[trigger][0] if isinstance(filled[trigger], list) else filled[trigger]
        name = first["id"]
        text = (
            name
            if isinstance(name, str)
            else json.dumps(name, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        )
        return {
            "output": self.name, "outputs": made if many else made[0], "inputs": filled[:n], "state": filled[n:],
            "changedPropIds": [f"{text}.{first['property']}"],
        }  # fmt: skip

    def triggers(self, at: int) -> list[int]:
        """Inputs that may have fired: the field itself, and every button."""
        inputs = self._callback["inputs"]
        buttons = [n for n, i in enumerate(inputs) if i["property"] == "n_clicks"]
        return sorted({*buttons, at if at < len(inputs) else 0})

    def has_pattern(self, at: int) -> bool:
        """Whether the field is of a pattern of components."""
        return self.fields[at]["id"].startswith("{") and "ALL" in self.fields[at]["id"]

    def _named(self, text: str, prop: str, item: Any = "ALT") -> Any:
        if not text.startswith("{"):
            return {"id": text, "property": prop}
        wanted = json.loads(text)
        one = {"id": {k: (item if isinstance(v, list) else v) for k, v in wanted.items()}, "property": prop}
        return [one] if any(v == ["ALL"] for v in wanted.values()) else one

    def _field(self, n: int, field: dict[str, Any], value: Any, is_hostile: bool, in_id: bool) -> Any:
        prop = field["property"]
        usual = KNOWN.get(f"{field['id']}.{prop}", harmless(self._types[n], prop))
        made = self._named(field["id"], prop, value if is_hostile and in_id else "ALT")
        many = isinstance(made, list)
        put = value if is_hostile and not in_id else (1 if prop == "n_clicks" else "ALT") if many else usual
        (made[0] if many else made)["value"] = put
        return made


def calls(site: Site) -> list[Call]:
    return [Call(name, c) for name, c in site.app.callback_map.items() if "callback" in c]


def bodies(site: Site) -> Iterator[dict[str, Any]]:
    """Every field of every callback with every hostile value."""
    for call in calls(site):
        for at in range(len(call.fields)):
            for trigger in call.triggers(at):
                yield from (call.body(at, value, trigger) for value in site.paths)
                if call.has_pattern(at):
                    yield from (call.body(at, value, trigger, in_id=True) for value in site.paths)
            yield from (call.body(at, value, call.triggers(at)[0]) for value in ODD)


def assess(site: Site, watch: Watch, before: dict[str, tuple[int, bytes]]) -> None:
    """Nothing outside was opened, changed or made."""
    assert not watch.touched(site.outside, *SYSTEM)
    strays = watch.changed_outside(site.root / "store", Path(os.devnull))
    assert not [s for s in strays if "__pycache__" not in s[1]]
    assert site.as_it_was() == before


@pytest.mark.timeout(600)
def test_no_value_of_a_callback_reaches_a_file_that_is_not_the_stores(site):
    before, failed, reached = site.as_it_was(), [], 0
    with watching() as watch:
        for body in bodies(site):
            answer = site.client.post(POST, json=body)
            reached += answer.status_code in (200, 204)
            if answer.status_code >= 500 or MARKER.encode() in answer.data:
                failed.append((answer.status_code, body))
        for schedule in Schedules(site.store.working_state).all()[:3]:
            Runner(site.store, site.config).run(schedule.name)
        assess(site, watch, before)
    assert not failed, f"{len(failed)}; first: {failed[:2]}"
    assert reached > 2_000, "most bodies get past the form of their callback"


def nested(value: Any) -> dict[str, Any]:
    """A hostile value within what the page Import keeps between two requests, by the id of its field."""
    file = {"id": value, "name": value, "size": 1, "shape": "s"}
    profile = f"sheet = {json.dumps(value)}\npatient = {json.dumps(value)}\n" if isinstance(value, str) else value
    return {
        "imports-files": [file, {**file, "id": "labs.csv"}],
        "imports-upload": {"files": [file]},
        "imports-shapes": {"s": {"text": profile, "used": profile, "name": value, "questions": [value]}},
        "imports-offered": [value],
        "imports-job": [value],
    }


def test_no_value_within_what_the_page_of_imports_keeps_reaches_a_file_that_is_not_the_stores(site):
    before, failed, reached = site.as_it_was(), [], 0
    with watching() as watch:
        for call in (c for c in calls(site) if "imports-" in c.name):
            for at, field in enumerate(call.fields):
                for value in (*site.paths, *ODD) if field["id"] in nested("") else ():
                    for trigger in call.triggers(at):
                        body = call.body(at, nested(value)[field["id"]], trigger)
                        answer = site.client.post(POST, json=body)
                        reached += answer.status_code in (200, 204)
                        if answer.status_code >= 500 or MARKER.encode() in answer.data:
                            failed.append((answer.status_code, body))
        assess(site, watch, before)
    assert not failed, f"{len(failed)}; first: {failed[:2]}"
    assert reached > 500, "most bodies get past the form of their callback"


def test_no_part_of_an_address_reaches_a_file_that_is_not_the_stores(site):
    before, failed = site.as_it_was(), []
    values = [*site.paths, *(v for v in ODD if isinstance(v, str)), "1" * 400]
    with watching() as watch:
        for rule in site.app.server.url_map.iter_rules():
            for value in values:
                place = rule.rule
                for name in rule.arguments:
                    place = place.replace(f"<path:{name}>", f"<{name}>").replace(f"<int:{name}>", f"<{name}>")
                    place = place.replace(f"<string:{name}>", f"<{name}>").replace(f"<{name}>", quote(value, safe="/"))
                for query in ("name", "file", "reason", "next", "closed", "tab") if not rule.arguments else ("name",):
                    address = f"{place}?{query}={quote(value, safe='')}"
                    method = site.client.post if rule.methods and "GET" not in rule.methods else site.client.get
                    with method(address, data=LABS if "upload" in place else None) as answer:
                        if answer.status_code >= 500 or MARKER.encode() in answer.data:
                            failed.append((answer.status_code, address))
                    if not rule.arguments and rule.rule.startswith("/_"):
                        break
        assess(site, watch, before)
    assert not failed, f"{len(failed)}; first: {failed[:3]}"


def test_a_file_name_as_the_choice_of_a_profile_opens_nothing(site):
    for name in site.paths:
        with pytest.raises(InputError, match="no such profile"):
            Profiles(site.config).text(name)


def test_a_profile_is_never_kept_under_a_name_that_is_a_place(site):
    for name in [*site.paths, "", "A b"]:
        with pytest.raises(InputError):
            service.keep_profile(site.config, name, 'lab = "x"\n')


def test_a_link_in_the_import_folder_that_leads_out_is_not_offered(site):
    page = site.client.get("/imports").text
    assert "leads-out" not in page


@pytest.mark.parametrize("said", [*ODD, "Profile", "profile ", "x" * (LONGEST + 1)])
def test_a_name_is_one_of_those_that_exist_or_none(said):
    known = ["profile", "x" * (LONGEST + 1), ""]
    assert is_among(said, known) is None
    with pytest.raises(InputError, match="no such thing"):
        among(said, known, "thing")


def test_a_name_that_exists_comes_back_as_ours():
    assert among("profile", ["other", "profile"], "profile") == "profile"
