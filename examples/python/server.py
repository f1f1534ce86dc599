"""The plugin's own server: for the host alone, with PluginControl beside the plugin's services."""

import os
import threading
from concurrent import futures

import grpc

from bootstrap import target

MAX_CALLS = 16


class Calls:
    """The calls in flight, and whether new ones are taken. Thread-safe."""

    def __init__(self):
        self._changed = threading.Condition()
        self._in_flight = 0
        self._draining = False

    def enter(self):
        """Returns whether a call may begin; then `leave` must follow."""
        with self._changed:
            if not self._draining:
                self._in_flight += 1
            return not self._draining

    def is_draining(self):
        with self._changed:
            return self._draining

    def await_drain(self):
        """Returns when no more calls are taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._draining)

    def leave(self):
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def drain(self, seconds):
        """Takes no more calls; returns how many are left when none is, or after `seconds` (None: no limit)."""
        with self._changed:
            self._draining = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._in_flight == 0, seconds)
            return self._in_flight


class HostOnly(grpc.GenericRpcHandler):
    """Methods that answer the host and nobody else."""

    def __init__(self, host_id, calls):
        self._host_id = host_id.encode()
        self._calls = calls
        self._methods = {}

    def add(self, path, request_class, method, counted=True):
        """Adds a method: a function of the request."""

        def answer(request, context):
            self._require_host(context)
            if not counted:
                return method(request)
            if not self._calls.enter():
                context.abort(grpc.StatusCode.UNAVAILABLE, "draining")
            try:
                return method(request)
            finally:
                self._calls.leave()

        self._methods[path] = grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=request_class.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )

    def add_health(self, health):
        """Adds grpc.health.v1.Health. Its calls are none that a drain counts or waits for."""

        def check(request, context):
            self._require_host(context)
            try:
                return health.check(request)
            except KeyError:
                context.abort(grpc.StatusCode.NOT_FOUND, "no such service")

        def watch(request, context):
            self._require_host(context)
            yield from health.watch(request)

        for name, kind, method in (
            ("Check", grpc.unary_unary_rpc_method_handler, check),
            ("Watch", grpc.unary_stream_rpc_method_handler, watch),
        ):
            self._methods[f"/grpc.health.v1.Health/{name}"] = kind(
                method,
                request_deserializer=health.request_class.FromString,
                response_serializer=lambda response: response.SerializeToString(),
            )

    def _require_host(self, context):
        if not is_host(context.auth_context(), self._host_id):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "not the host")

    def service(self, handler_call_details):
        return self._methods.get(handler_call_details.method)


def is_host(auth_context, host_id):
    """Returns whether a verified peer has exactly one URI in its certificate, and that is the host's."""
    names = auth_context.get("x509_subject_alternative_name", ())
    return [name for name in names if b"://" in name] == [host_id]


def start(listen, identity, handler):
    """Starts a server on the address `listen`; `identity` is a function that returns the newest."""
    server = grpc.server(futures.ThreadPoolExecutor(MAX_CALLS), handlers=(handler,))
    credentials = grpc.dynamic_ssl_server_credentials(
        identity().server(), lambda: identity().server(), require_client_authentication=True
    )
    server.add_secure_port(target(listen), credentials)
    server.start()
    if listen.startswith("unix:"):
        os.chmod(listen[len("unix:"):], 0o600)
    return server
