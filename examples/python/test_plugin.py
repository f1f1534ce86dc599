"""Tests of what needs no host: `python3 -m unittest` in this folder."""

import json
import threading
import unittest

from bootstrap import parse, target
from outline import outline
from server import Calls, is_host

LINE = {
    "tenon": 1,
    "plugin": "markdown",
    "runtime_id": "markdown-0123456789abcdef",
    "enrol": "unix:/run/tenon/h-1/host/e",
    "control": "tcp:127.0.0.1:7071",
    "data": "tcp:[::1]:7070",
    "server_name": "host.tenon.internal",
    "host_id": "spiffe://tenon.internal/host/h-1",
    "trust_bundle": "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
    "enrolment_token": "tne_" + "A" * 43,
    "expires": "2026-11-23T12:00:30Z",
    "listen": "unix:/run/tenon/h-1/p/markdown-0123456789abcdef/s",
}


class BootstrapTest(unittest.TestCase):
    def test_parse_line_has_its_values_and_shows_no_secret(self):
        start = parse(json.dumps(LINE | {"later": [1]}).encode())

        self.assertEqual(start.spiffe_id, "spiffe://tenon.internal/host/h-1/plugin/markdown/markdown-0123456789abcdef")
        self.assertNotIn("tne_", repr(start))

    def test_parse_missing_or_wrong_key_is_refused_without_its_value(self):
        for key in LINE:
            for document in ({k: v for k, v in LINE.items() if k != key}, LINE | {key: True}, LINE | {key: "\0"}):
                with self.subTest(key), self.assertRaisesRegex(ValueError, key):
                    parse(json.dumps(document).encode())

    def test_parse_no_object_twice_or_too_long_is_refused(self):
        twice = json.dumps(LINE)[:-1] + ',"plugin":"markdown"}'
        for line in (b"", b"[]", b"1", b"\xff", b"{", twice.encode(), b" " * 65_536):
            with self.subTest(line[:9]), self.assertRaises(ValueError):
                parse(line)

    def test_target_tcp_and_unix_are_as_grpc_wants(self):
        self.assertEqual(target("tcp:[::1]:7070"), "[::1]:7070")
        self.assertEqual(target("unix:/a"), "unix:/a")


class OutlineTest(unittest.TestCase):
    def test_outline_counts_outside_code(self):
        text = "# A\n[b](c) ![d](e) [f](g)\n```\n# no\n[no](no)\n```\n####### no\n#no\n## H\n~~~\n```\n"
        self.assertEqual(outline(text), (2, 2, 2))

    def test_outline_nothing_is_all_zero(self):
        self.assertEqual(outline(""), (0, 0, 0))


class ServerTest(unittest.TestCase):
    def test_is_host_exactly_its_one_uri(self):
        host = b"spiffe://t/host/h"
        key = "x509_subject_alternative_name"
        self.assertTrue(is_host({key: [b"host.tenon.internal", host]}, host))
        for names in ([], [b"host"], [b"spiffe://t/host/h2"], [host, b"spiffe://t/x"], [host + b"/plugin/a/b"]):
            with self.subTest(names):
                self.assertFalse(is_host({key: names}, host))
        self.assertFalse(is_host({}, host))

    def test_drain_waits_for_calls_and_takes_no_more(self):
        calls = Calls()
        self.assertTrue(calls.enter())
        self.assertEqual(calls.drain(0), 1)
        self.assertFalse(calls.enter())
        threading.Timer(0, calls.leave).start()
        self.assertEqual(calls.drain(60), 0)


if __name__ == "__main__":
    unittest.main()
