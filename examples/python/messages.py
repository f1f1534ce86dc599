"""The messages of .proto files, made at run time from descriptor sets: no generated code."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Messages:
    """The message classes of some descriptor sets, by full name."""

    def __init__(self, *descriptor_sets):
        """Reads sets as `protoc --include_imports --descriptor_set_out` writes them, as bytes."""
        self._pool = descriptor_pool.DescriptorPool()
        seen = set()
        for encoded in descriptor_sets:
            for file in descriptor_pb2.FileDescriptorSet.FromString(encoded).file:
                if file.name not in seen:
                    seen.add(file.name)
                    self._pool.AddSerializedFile(file.SerializeToString())

    def of(self, full_name):
        """Returns the class of a message; KeyError if there is none."""
        descriptor = self._pool.FindMessageTypeByName(full_name)
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        return message_factory.MessageFactory(self._pool).GetPrototype(descriptor)
