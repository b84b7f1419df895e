"""OAI-PMH 2.0 (https://www.openarchives.org/OAI/openarchivesprotocol.html): what is asked, and what is answered. Pure.

A resumption token says where a list goes on and nothing that is secret, so none is kept and none expires.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from classroom.store.harvest import Told, Wanted
from classroom.store.records import Resource
from web.server.metadata import dublin, lom
from web.server.metadata.described import Described, moment

OAI = "http://www.openarchives.org/OAI/2.0/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
XSI = dublin.XSI
SET = "subject:"
SPEC = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*", re.ASCII)
ID = re.compile(r"[A-Za-z0-9_\-]{1,64}", re.ASCII)
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
for prefix, uri in (("", OAI), ("oai_dc", dublin.OAI_DC), ("dc", dublin.DC), ("lom", lom.LOM), ("xsi", XSI)):
    register_namespace(prefix, uri)


@dataclass(frozen=True, slots=True)
class Format:
    schema: str
    namespace: str
    element: Callable[[Described], Element]


FORMATS: Mapping[str, Format] = {
    "oai_dc": Format(dublin.SCHEMA, dublin.OAI_DC, dublin.element),
    "lom": Format(lom.SCHEMA, lom.LOM, lom.element),
}

ARGUMENTS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "Identify": (frozenset(), frozenset()),
    "ListMetadataFormats": (frozenset(), frozenset({"identifier"})),
    "ListSets": (frozenset(), frozenset({"resumptionToken"})),
    "GetRecord": (frozenset({"identifier", "metadataPrefix"}), frozenset()),
    "ListIdentifiers": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
    "ListRecords": (frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"})),
}
"""Verb → arguments that it needs, and that it may have. `resumptionToken` is exclusive."""


class Refused(Exception):
    """§3.6: a code of the protocol, and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Page:
    """Of a list: what is wanted, in which format, from the `cursor`-th on."""

    wanted: Wanted
    prefix: str
    cursor: int = 0


def asked(given: Sequence[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """The verb, and its arguments. Raises Refused."""
    names = [name for name, _ in given]
    if names.count("verb") != 1:
        raise Refused("badVerb", "Exactly one verb is to be given.")
    arguments = dict(given)
    verb = arguments.pop("verb")
    if verb not in ARGUMENTS:
        raise Refused("badVerb", "There is no such verb.")
    if len(set(names)) < len(names):
        raise Refused("badArgument", "An argument is given twice.")
    needs, may = ARGUMENTS[verb]
    if "resumptionToken" in arguments and (verb.startswith("List") and verb != "ListMetadataFormats"):
        if len(arguments) > 1:
            raise Refused("badArgument", "A resumption token comes alone.")
        return verb, arguments
    if strange := sorted(arguments.keys() - needs - may):
        raise Refused("badArgument", f"{verb} takes no {strange[0][:40]}.")
    if missing := sorted(needs - arguments.keys()):
        raise Refused("badArgument", f"{verb} needs {missing[0]}.")
    return verb, arguments


def page(arguments: Mapping[str, str]) -> Page:
    """What part of which list. Raises Refused."""
    if "resumptionToken" in arguments:
        return _resumed(arguments["resumptionToken"])
    if not all(SPEC.fullmatch(arguments[name]) for name in ("metadataPrefix", "set") if name in arguments):
        raise Refused("badArgument", "Names of formats and sets have no such characters.")
    if (prefix := arguments["metadataPrefix"]) not in FORMATS:
        raise Refused("cannotDisseminateFormat", "There is no such format.")
    begin, end = arguments.get("from"), arguments.get("until")
    if begin is not None and end is not None and len(begin) != len(end):
        raise Refused("badArgument", "from and until are of different granularity.")
    from_ms = _moment(begin, end=False) if begin is not None else None
    until_ms = _moment(end, end=True) if end is not None else None
    if from_ms is not None and until_ms is not None and from_ms > until_ms:
        raise Refused("badArgument", "from is later than until.")
    subject = ""
    if (name := arguments.get("set")) is not None:
        if not name.startswith(SET) or name == SET:
            raise Refused("noRecordsMatch", "There is no such set.")
        subject = code_of(name)
    return Page(Wanted(from_ms, until_ms, subject), prefix)


def _moment(text: str, *, end: bool) -> int:
    """In ms; of an end, the last of its day or second."""
    forms = {10: ("%Y-%m-%d", 86_400_000), 20: ("%Y-%m-%dT%H:%M:%SZ", 1000)}
    form, lasts_ms = forms.get(len(text), ("", 0))
    try:
        at = round(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp() * 1000) if form else None
    except ValueError:
        at = None
    if at is None:
        raise Refused("badArgument", "Dates are YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ.")
    return at + lasts_ms - 1 if end else at


def token(page: Page) -> str:
    wanted = page.wanted
    said = [wanted.from_ms, wanted.until_ms, wanted.subject, page.prefix, page.cursor, *(wanted.after or ())]
    return base64.urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")


def _resumed(text: str) -> Page:
    try:
        said = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        begin, end, subject, prefix, cursor, stamp, after = said
        fits = (
            all(one is None or (type(one) is int and abs(one) < 2**53) for one in (begin, end))
            and all(type(one) is int and 0 <= one < 2**53 for one in (cursor, stamp))
            and all(type(one) is str and len(one) <= 100 for one in (subject, prefix, after))
            and prefix in FORMATS
            and (not subject or SPEC.fullmatch(spec_of(subject)) is not None)
            and ID.fullmatch(after) is not None
        )
    except (ValueError, TypeError, binascii.Error, RecursionError):
        fits = False
    if not fits:
        raise Refused("badResumptionToken", "This is no resumption token of ours.")
    return Page(Wanted(begin, end, subject, (stamp, after)), prefix, cursor)


def following(page: Page, rows: Sequence[Told]) -> Page:
    last = rows[-1]
    return Page(replace(page.wanted, after=(last.stamp, last.resource.id)), page.prefix, page.cursor + len(rows))


def spec_of(code: str) -> str:
    """A set's name: what of a code would divide it is written otherwise."""
    return SET + code.replace(":", "~")


def code_of(spec: str) -> str:
    return spec.removeprefix(SET).replace("~", ":")


@dataclass(frozen=True, slots=True)
class Answers:
    """`address` is where it is asked, `host` the middle of identifiers."""

    address: str
    host: str
    described: Callable[[Resource], Described]

    def identifier(self, resource: str) -> str:
        return f"oai:{self.host}:{resource}"

    def resource(self, identifier: str) -> str:
        """Raises Refused."""
        before = f"oai:{self.host}:"
        name = identifier.removeprefix(before)
        if not identifier.startswith(before) or not ID.fullmatch(name):
            raise Refused("idDoesNotExist", "There is no such record.")
        return name

    def identify(self, name: str, contact: str, earliest_ms: int) -> Element:
        root = Element(_tag("Identify"))
        for key, text in (
            ("repositoryName", name),
            ("baseURL", self.address),
            ("protocolVersion", "2.0"),
            ("adminEmail", contact),
            ("earliestDatestamp", moment(earliest_ms)),
            ("deletedRecord", "transient"),
            ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
        ):
            SubElement(root, _tag(key)).text = text
        return root

    def formats(self) -> Element:
        root = Element(_tag("ListMetadataFormats"))
        for prefix, form in FORMATS.items():
            one = SubElement(root, _tag("metadataFormat"))
            for key, text in (
                ("metadataPrefix", prefix), ("schema", form.schema), ("metadataNamespace", form.namespace)
            ):  # fmt: skip
                SubElement(one, _tag(key)).text = text
        return root

    def sets(self, subjects: Iterable[tuple[str, str]]) -> Element:
        """Code and name of each."""
        root = Element(_tag("ListSets"))
        for code, name in subjects:
            one = SubElement(root, _tag("set"))
            SubElement(one, _tag("setSpec")).text = spec_of(code)
            SubElement(one, _tag("setName")).text = name
        if not len(root):
            raise Refused("noSetHierarchy", "Nothing is published under a subject.")
        return root

    def record(self, row: Told, prefix: str) -> Element:
        root = Element(_tag("GetRecord"))
        root.append(self._record(row, prefix))
        return root

    def listed(self, verb: str, page: Page, rows: Sequence[Told], of: int) -> Element:
        """Raises Refused where there is nothing."""
        if not rows:
            raise Refused("noRecordsMatch", "Nothing is like that.")
        root = Element(_tag(verb))
        for row in rows:
            root.append(self._record(row, page.prefix) if verb == "ListRecords" else self._header(row))
        after = following(page, rows)
        if after.cursor < of or page.cursor:
            said = {"completeListSize": str(of), "cursor": str(page.cursor)}
            SubElement(root, _tag("resumptionToken"), said).text = token(after) if after.cursor < of else None
        return root

    def _record(self, row: Told, prefix: str) -> Element:
        root = Element(_tag("record"))
        root.append(self._header(row))
        if not row.gone:
            SubElement(root, _tag("metadata")).append(FORMATS[prefix].element(self.described(row.resource)))
        return root

    def _header(self, row: Told) -> Element:
        header = Element(_tag("header"), {"status": "deleted"} if row.gone else {})
        SubElement(header, _tag("identifier")).text = self.identifier(row.resource.id)
        SubElement(header, _tag("datestamp")).text = moment(row.stamp)
        if row.resource.subject:
            SubElement(header, _tag("setSpec")).text = spec_of(row.resource.subject)
        return header

    def answer(self, now_ms: int, given: Mapping[str, str], said: Element | Refused) -> bytes:
        """The whole answer. §3.6: of what was refused for its verb or arguments nothing is repeated."""
        root = Element(_tag("OAI-PMH"), {f"{{{XSI}}}schemaLocation": f"{OAI} {SCHEMA}"})
        SubElement(root, _tag("responseDate")).text = moment(now_ms)
        repeats = not isinstance(said, Refused) or said.code not in ("badVerb", "badArgument")
        SubElement(root, _tag("request"), dict(given) if repeats else {}).text = self.address
        if isinstance(said, Refused):
            SubElement(root, _tag("error"), {"code": said.code}).text = str(said)
        else:
            root.append(said)
        return written(root)


def written(root: Element) -> bytes:
    """XML 1.0 §2.2: characters that may not stand in it are left out."""
    for one in root.iter():
        if one.text and UNFIT.search(one.text):
            one.text = UNFIT.sub("", one.text)
        for key, value in one.attrib.items():
            if UNFIT.search(value):
                one.set(key, UNFIT.sub("", value))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode").encode()


def _tag(name: str) -> str:
    return f"{{{OAI}}}{name}"
