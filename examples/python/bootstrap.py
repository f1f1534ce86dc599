"""The bootstrap line: what a host tells a plugin that it starts (docs/protocol.md, section 1)."""

import json
import os
import re
import stat
from dataclasses import dataclass, field

MAX_BYTES = 65_536

_ADDRESS = re.compile(r"unix:(/[^\0]{1,99})|tcp:(\[[0-9a-fA-F:.]+\]|[^:\[\]]+):([0-9]{1,5})")
_FORMS = {
    "plugin": r"[a-z][a-z0-9-]{0,62}",
    "runtime_id": r"[a-z][a-z0-9-]{0,62}-[0-9a-f]{16}",
    "enrol": _ADDRESS,
    "control": _ADDRESS,
    "data": _ADDRESS,
    "server_name": r"[a-z0-9.-]{1,253}",
    "host_id": r"spiffe://[a-z0-9._-]+/host/[a-z0-9-]+",
    "trust_bundle": r"(?s)-----BEGIN CERTIFICATE-----\n.*",
    "enrolment_token": r"tne_[A-Za-z0-9_-]{43}",
    "expires": r"[0-9T:.-]+Z",
    "listen": _ADDRESS,
}


@dataclass(frozen=True)
class Bootstrap:
    """A bootstrap document. Its text, as repr gives it, has no secret."""

    plugin: str
    runtime_id: str
    enrol: str
    control: str
    data: str
    server_name: str
    host_id: str
    trust_bundle: str = field(repr=False)
    enrolment_token: str = field(repr=False)
    expires: str
    listen: str

    @property
    def spiffe_id(self):
        """What this run's certificate is to say."""
        return f"{self.host_id}/plugin/{self.plugin}/{self.runtime_id}"


def parse(line):
    """Reads a line, as bytes without its line feed. ValueError if it is refused; it names a key, never a value."""
    if len(line) + 1 > MAX_BYTES:
        raise ValueError(f"bootstrap line: {len(line) + 1} bytes (expected: at most {MAX_BYTES})")
    try:
        document = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise ValueError("bootstrap line: no JSON (expected: one object)") from None
    if not isinstance(document, dict) or type(document.get("tenon")) is not int or document["tenon"] != 1:
        raise ValueError("bootstrap line: tenon (expected: 1)")
    values = {}
    for key, form in _FORMS.items():
        value = document.get(key)
        if not isinstance(value, str) or not re.fullmatch(form, value):
            raise ValueError(f"bootstrap line: {key} is missing or malformed")
        values[key] = value
    if not values["runtime_id"].startswith(values["plugin"] + "-"):
        raise ValueError("bootstrap line: runtime_id is not of the plugin")
    return Bootstrap(**values)


def read_file(path):
    """Reads the document in a file that is its owner's alone. ValueError or OSError if it is refused."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode) or stat.S_IMODE(mode) != 0o600:
            raise ValueError(f"{path}: mode {stat.S_IMODE(mode):04o} (expected: a regular file of mode 0600)")
        document = file.read(MAX_BYTES + 1)
    return parse(document[:-1] if document.endswith(b"\n") else document)


def target(address):
    """Returns an address as gRPC wants it."""
    return address[len("tcp:"):] if address.startswith("tcp:") else address


def _once(pairs):
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("bootstrap line: a key is there twice")
    return document
