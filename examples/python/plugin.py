"""The life of a plugin, as docs/protocol.md has it, for services of unary methods."""

import logging
import os
import signal
import sys
import threading
import time

import grpc

import bootstrap
import server
from health import Health
from identity import Current, Issuing, call, connect

LOG = logging.getLogger("plugin")
RETRY_SECONDS = 2


class Plugin:
    """One run of a plugin. `services` has, by full name, its methods: (request class, function) by name."""

    def __init__(self, messages, version, services):
        self._messages = messages
        self._version = version
        self._services = services
        self._issuing = Issuing(messages, version, list(services))
        self._identity = Current()
        self._lost = threading.Event()
        self._ended = threading.Event()
        self._grace = 0.0

    def run(self):
        """Serves until the host ends the run, or is gone. Returns the exit status."""
        source = os.environ.get("TENON_BOOTSTRAP", "")
        file = source[len("file:"):] if source.startswith("file:") else ""
        if source != "stdin" and not file:
            print("not started by a host (expected: TENON_BOOTSTRAP=stdin or file:PATH)", file=sys.stderr)
            return 2
        lines = Lines(0)
        self._start = bootstrap.read_file(file) if file else bootstrap.parse(lines.next() or b"")
        self._identity.adopt(self._issuing.enrol(self._start))
        calls = server.Calls()
        running = server.start(self._start.listen, self._identity, self._handler(calls))
        signal.signal(signal.SIGTERM, lambda *unused: self._ended.set())
        again = (lambda: self._read_again(file)) if file else (lambda: self._read(lines))
        for work in (again, self._keep_registered, self._keep_fresh):
            threading.Thread(target=work, daemon=True).start()
        self._ended.wait()
        calls.drain(self._grace)
        running.stop(0).wait(1)
        return 0

    def _handler(self, calls):
        handler = server.HostOnly(self._start.host_id, calls)
        for service, methods in self._services.items():
            for name, (request_class, method) in methods.items():
                handler.add(f"/{service}/{name}", request_class, method)
        handler.add_health(Health(self._services, calls))
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
                self._enrol_again(bootstrap.parse(line))
            except (ValueError, grpc.RpcError) as e:
                LOG.warning("a line from the host had no effect: %s", _reason(e))
        self._ended.set()

    def _read_again(self, file):
        """A file has a fresh enrolment token when the certificate has ended."""
        while not self._ended.is_set():
            identity = self._identity()
            if self._identity.await_other(identity, max(RETRY_SECONDS, identity.ends - time.time())):
                continue
            try:
                self._enrol_again(bootstrap.read_file(file))
            except (ValueError, OSError, grpc.RpcError) as e:
                LOG.warning("%s had no effect: %s", file, _reason(e))

    def _enrol_again(self, again):
        if again.runtime_id != self._start.runtime_id or again.host_id != self._start.host_id:
            raise ValueError("bootstrap line: of another run")
        self._identity.adopt(self._issuing.enrol(again))
        self._lost.set()

    def _keep_registered(self):
        """Registrations live as long as the connection that they were made on."""
        while not self._ended.is_set():
            self._lost.clear()
            identity = self._identity()
            with connect(self._start.control, identity.client(), self._start.server_name) as channel:
                try:
                    self._register(channel, identity.bearer())
                    self._identity.accept(identity)
                    channel.subscribe(self._watch)
                    self._lost.wait()
                except grpc.RpcError as e:
                    LOG.warning("registration: %s", _reason(e))
                    if e.code() is grpc.StatusCode.UNAUTHENTICATED:
                        self._await_renewal(identity)
            self._ended.wait(RETRY_SECONDS)

    def _await_renewal(self, identity):
        """Renews once, at once; when that did not help, only a fresh enrolment does."""
        if not self._identity.refuse(identity):
            LOG.error("registration: refused after a renewal (expected: a new bootstrap document)")
        self._identity.await_other(identity)

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
        """Renews at half of the life, or once refused; a failed renewal is tried again with the same key."""
        while not self._ended.is_set():
            identity = self._identity()
            if not self._identity.await_due(identity):
                continue
            renew = self._issuing.renewal(self._start, identity)
            while identity is self._identity() and not self._ended.is_set():
                try:
                    self._identity.succeed(identity, renew())
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
