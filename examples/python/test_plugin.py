"""Tests of what needs no host: `python3 -m unittest` in this folder."""

import json
import os
import tempfile
import threading
import types
import unittest

from bootstrap import parse, read_file, target
from health import NOT_SERVING, SERVICE_UNKNOWN, SERVING, Health
from identity import Current, Issuing
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

    def test_read_file_of_its_owner_alone_is_read(self):
        for end in ("", "\n"):
            with tempfile.TemporaryDirectory() as folder:
                path = self.write(folder, 0o600, json.dumps(LINE) + end)
                self.assertEqual(read_file(path), parse(json.dumps(LINE).encode()))

    def test_read_file_others_may_read_or_no_file_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            for mode in (0o640, 0o604, 0o700, 0o660):
                path = self.write(folder, mode, json.dumps(LINE))
                with self.subTest(oct(mode)), self.assertRaisesRegex(ValueError, "0600"):
                    read_file(path)
            os.chmod(path, 0o600)
            os.symlink(path, path + ".link")
            os.mkfifo(path + ".pipe", 0o600)
            with self.assertRaisesRegex(ValueError, "regular file"):
                read_file(path + ".pipe")
            for name in (path + ".link", path + ".none"):
                with self.subTest(name), self.assertRaises(OSError):
                    read_file(name)

    def write(self, folder, mode, text):
        path = os.path.join(folder, "bootstrap")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def test_target_tcp_and_unix_are_as_grpc_wants(self):
        self.assertEqual(target("tcp:[::1]:7070"), "[::1]:7070")
        self.assertEqual(target("unix:/a"), "unix:/a")


class OutlineTest(unittest.TestCase):
    def test_outline_counts_outside_code(self):
        text = "# A\n[b](c) ![d](e) [f](g)\n```\n# no\n[no](no)\n```\n####### no\n#no\n## H\n~~~\n```\n"
        self.assertEqual(outline(text), (2, 2, 2))

    def test_outline_nothing_is_all_zero(self):
        self.assertEqual(outline(""), (0, 0, 0))


class IdentityTest(unittest.TestCase):
    def test_spend_a_token_twice_is_refused_without_showing_it(self):
        issuing = Issuing(None, "1.0.0", [])
        issuing.spend(LINE["enrolment_token"])
        issuing.spend("tne_" + "B" * 43)
        with self.assertRaises(ValueError) as refused:
            issuing.spend(LINE["enrolment_token"])
        self.assertNotIn("tne_", str(refused.exception))

    def test_refuse_makes_a_renewal_due_at_once_and_only_once(self):
        current, first, second = Current(), *(types.SimpleNamespace(half_life=3600) for _ in range(2))
        current.adopt(first)
        self.assertTrue(current.refuse(first))
        self.assertTrue(current.await_due(first))  # and does not wait an hour
        current.succeed(first, second)

        self.assertTrue(current.refuse(first))  # late: there is a newer one
        self.assertFalse(current.refuse(second))
        self.assertFalse(current.await_due(first))
        self.assertFalse(current.await_other(second, 0))
        current.accept(second)
        self.assertTrue(current.refuse(second))

    def test_succeed_after_an_enrolment_changes_nothing(self):
        current, first, second, third = Current(), object(), object(), object()
        current.adopt(first)
        current.adopt(second)
        current.succeed(first, third)
        self.assertIs(current(), second)


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

    def test_health_serves_until_the_drain(self):
        calls = Calls()
        health = Health(["a.v1.A"], calls)
        for name in ("", "a.v1.A"):
            self.assertEqual(health.check(health.request_class(service=name)).status, SERVING)
        watched = health.watch(health.request_class())
        self.assertEqual(next(watched).status, SERVING)
        calls.drain(0)
        self.assertEqual([state.status for state in watched], [NOT_SERVING])
        self.assertEqual(health.check(health.request_class(service="a.v1.A")).status, NOT_SERVING)

    def test_health_of_another_service_is_unknown(self):
        health = Health(["a.v1.A"], Calls())
        with self.assertRaises(KeyError):
            health.check(health.request_class(service="b.v1.B"))
        self.assertEqual([s.status for s in health.watch(health.request_class(service="b"))], [SERVICE_UNKNOWN])


if __name__ == "__main__":
    unittest.main()
