"""grpc.health.v1.Health: what the host asks to see whether a plugin serves."""

from google.protobuf import descriptor_pb2

from messages import Messages

UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN = range(4)


class Health:
    """The state of the plugin as a whole and of each of its services. Thread-safe."""

    def __init__(self, services, calls):
        messages = Messages(_descriptors())
        self.request_class = messages.of("grpc.health.v1.HealthCheckRequest")
        self._response_class = messages.of("grpc.health.v1.HealthCheckResponse")
        self._services = {"", *services}
        self._calls = calls

    def check(self, request):
        """Answers for one service; KeyError for one that is not there."""
        if request.service not in self._services:
            raise KeyError(request.service)
        return self._response_class(status=NOT_SERVING if self._calls.is_draining() else SERVING)

    def watch(self, request):
        """Tells the present state, then the change to come: once a plugin drains it does not serve again."""
        if request.service not in self._services:
            yield self._response_class(status=SERVICE_UNKNOWN)
            return
        state = self.check(request)
        yield state
        if state.status == SERVING:
            self._calls.await_drain()
            yield self.check(request)


def _descriptors():
    file = descriptor_pb2.FileDescriptorProto(name="health.proto", package="grpc.health.v1", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    for message, name, kind in (
        ("HealthCheckRequest", "service", field.TYPE_STRING),
        ("HealthCheckResponse", "status", field.TYPE_INT32),  # on the wire as the enum that it is
    ):
        file.message_type.add(name=message).field.add(name=name, number=1, type=kind, label=field.LABEL_OPTIONAL)
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
