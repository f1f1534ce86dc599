"""The life of a plugin, as docs/protocol.md has it, for services of unary methods."""

import logging
import os
import signal
import sys
import threading

import grpc

import bootstrap
import server
from identity import Issuing, call, connect

LOG = logging.getLogger("plugin")
RETRY_SECONDS = 2


class Plugin:
    """One run of a plugin. `services` has, by full name, its methods: (request class, function) by name."""

    def __init__(self, messages, version, services):
        self._messages = messages
        self._version = version
        self._services = services
        self._issuing = Issuing(messages, version, list(services))
        self._lock = threading.Lock()
        self._identity = None
        self._changed = threading.Event()
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._grace = 0.0

    def run(self):
        """Serves until the host ends the run, or is gone. Returns the exit status."""
        if os.environ.get("TENON_BOOTSTRAP") != "stdin":
            print("not started by a host (expected: TENON_BOOTSTRAP=stdin)", file=sys.stderr)
            return 2
        lines = Lines(0)
        self._start = bootstrap.parse(lines.next() or b"")
        self._adopt(self._issuing.enrol(self._start))
        calls = server.Calls()
        running = server.start(self._start.listen, lambda: self._identity, self._handler(calls))
        signal.signal(signal.SIGTERM, lambda *unused: self._ended.set())
        for work in (lambda: self._read(lines), self._keep_registered, self._keep_fresh):
            threading.Thread(target=work, daemon=True).start()
        self._ended.wait()
        calls.drain(self._grace)
        running.stop(0).wait(1)
        return 0

    def _adopt(self, identity):
        with self._lock:
            self._identity = identity
        self._changed.set()

    def _handler(self, calls):
        handler = server.HostOnly(self._start.host_id, calls)
        for service, methods in self._services.items():
            for name, (request_class, method) in methods.items():
                handler.add(f"/{service}/{name}", request_class, method)
        of = self._messages.of

        def drain(request):
            limit = request.deadline.ToTimedelta().total_seconds() if request.HasField("deadline") else None
            return of("tenon.v1.DrainResponse")(in_flight=calls.drain(limit))

        def shutdown(request):
            self._grace = request.grace.ToTimedelta().total_seconds()
            # Once this answer is out: it is no call that the drain counts.
            threading.Timer(0.05, self._ended.set).start()
            return of("tenon.v1.ShutdownResponse")()

        control = "/tenon.v1.PluginControl/"
        handler.add(control + "Drain", of("tenon.v1.DrainRequest"), drain, counted=False)
        handler.add(control + "Shutdown", of("tenon.v1.ShutdownRequest"), shutdown, counted=False)
        return handler

    def _read(self, lines):
        """Further lines bring fresh enrolment tokens; the end of standard input is the end of the host."""
        while (line := lines.next()) is not None:
            try:
                self._enrol_again(line)
            except (ValueError, grpc.RpcError) as e:
                LOG.warning("a line from the host had no effect: %s", _reason(e))
        self._ended.set()

    def _enrol_again(self, line):
        again = bootstrap.parse(line)
        if again.runtime_id != self._start.runtime_id or again.host_id != self._start.host_id:
            raise ValueError("bootstrap line: of another run")
        self._adopt(self._issuing.enrol(again))
        self._lost.set()

    def _keep_registered(self):
        """Registrations live as long as the connection that they were made on."""
        while not self._ended.is_set():
            self._lost.clear()
            identity = self._identity
            with connect(self._start.control, identity.client(), self._start.server_name) as channel:
                try:
                    self._register(channel, identity.bearer())
                    channel.subscribe(self._watch)
                    self._lost.wait()
                except grpc.RpcError as e:
                    LOG.warning("registration: %s", _reason(e))
            self._ended.wait(RETRY_SECONDS)

    def _watch(self, state):
        if state is not grpc.ChannelConnectivity.READY:
            self._lost.set()

    def _register(self, channel, bearer):
        of = self._messages.of
        for service in self._services:
            claim = of("tenon.v1.RegisterRequest")(service=service, version=self._version)
            response_class = of("tenon.v1.RegisterResponse")
            call(channel, "/tenon.v1.Registry/Register", claim, response_class, metadata=bearer)
        report = of("tenon.v1.ReportHealthRequest")(health=1)  # HEALTH_HEALTHY
        response_class = of("tenon.v1.ReportHealthResponse")
        call(channel, "/tenon.v1.Lifecycle/ReportHealth", report, response_class, metadata=bearer)

    def _keep_fresh(self):
        """Renews at half of the life; a failed renewal is tried again with the same key."""
        while not self._ended.is_set():
            self._changed.clear()
            identity = self._identity
            if self._changed.wait(identity.half_life):
                continue
            renew = self._issuing.renewal(self._start, identity)
            while identity is self._identity and not self._ended.is_set():
                try:
                    self._adopt(renew())
                except (ValueError, grpc.RpcError) as e:
                    LOG.warning("renewal: %s", _reason(e))
                    self._ended.wait(RETRY_SECONDS)


class Lines:
    """The lines of a file descriptor. Reads it directly, so that no lock is held when the process ends."""

    def __init__(self, descriptor):
        self._descriptor = descriptor
        self._rest = b""

    def next(self):
        """Returns the next line without its line feed, or None at the end."""
        while b"\n" not in self._rest:
            more = os.read(self._descriptor, 65_536)
            if not more or len(self._rest) > 2 * bootstrap.MAX_BYTES:
                return None
            self._rest += more
        line, self._rest = self._rest.split(b"\n", 1)
        return line


def _reason(e):
    return f"{e.code().name}: {e.details()}" if isinstance(e, grpc.RpcError) else str(e)
