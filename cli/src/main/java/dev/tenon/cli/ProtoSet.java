package dev.tenon.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tenon.core.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The descriptors of a file, by which messages are read and written as JSON. Immutable. */
final class ProtoSet {
  private static final long MOST_BYTES = 64L << 20;

  private final Path file;
  private final Map<String, ServiceDescriptor> services;

  private ProtoSet(Path file, Map<String, FileDescriptor> files) {
    this.file = file;
    services =
        files.values().stream()
            .flatMap(each -> each.getServices().stream())
            .collect(Collectors.toMap(ServiceDescriptor::getFullName, service -> service));
  }

  /**
   * Reads {@code file}.
   *
   * @throws ProtoSetException if it is no set of descriptors, or one whose imports are missing
   */
  static ProtoSet read(Path file) throws ProtoSetException {
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new ProtoSetException(file + ": too long (expected: a FileDescriptorSet)");
      }
      Map<String, FileDescriptorProto> given = new LinkedHashMap<>();
      FileDescriptorSet.parseFrom(Files.readAllBytes(file))
          .getFileList()
          .forEach(each -> given.put(each.getName(), each));
      Map<String, FileDescriptor> linked = new HashMap<>();
      for (String name : given.keySet()) {
        link(name, given, linked, new HashSet<>());
      }
      if (linked.isEmpty()) {
        throw new ProtoSetException(file + ": has no descriptors (expected: a FileDescriptorSet)");
      }
      return new ProtoSet(file, linked);
    } catch (InvalidProtocolBufferException | DescriptorValidationException e) {
      throw new ProtoSetException(
          file
              + ": no FileDescriptorSet (expected: protoc --include_imports"
              + " --descriptor_set_out=FILE)");
    } catch (IOException e) {
      throw new ProtoSetException(file + ": cannot be read (expected: a FileDescriptorSet)");
    }
  }

  /** Links a file after those that it imports. */
  private static FileDescriptor link(
      String name,
      Map<String, FileDescriptorProto> given,
      Map<String, FileDescriptor> linked,
      Set<String> onTheWay)
      throws DescriptorValidationException, ProtoSetException {
    FileDescriptor known = linked.get(name);
    if (known != null) {
      return known;
    }
    FileDescriptorProto proto = given.get(name);
    if (proto == null || !onTheWay.add(name)) {
      throw new ProtoSetException(
          name + ": not there, or imports itself (expected: protoc --include_imports)");
    }
    FileDescriptor[] imports = new FileDescriptor[proto.getDependencyCount()];
    for (int i = 0; i < imports.length; i++) {
      imports[i] = link(proto.getDependency(i), given, linked, onTheWay);
    }
    FileDescriptor file = FileDescriptor.buildFrom(proto, imports);
    linked.put(name, file);
    return file;
  }

  /**
   * Returns the method that {@code target} names, as SERVICE/METHOD.
   *
   * @throws ProtoSetException if there is none
   */
  Method method(String target) throws ProtoSetException {
    int slash = target.lastIndexOf('/');
    ServiceDescriptor service = slash < 0 ? null : services.get(target.substring(0, slash));
    MethodDescriptor method =
        service == null ? null : service.findMethodByName(target.substring(slash + 1));
    if (method == null) {
      String known =
          services.values().stream()
              .flatMap(each -> each.getMethods().stream())
              .map(each -> each.getService().getFullName() + "/" + each.getName())
              .sorted()
              .collect(Collectors.joining(", "));
      throw new ProtoSetException(
          target + ": no such method in " + file + " (expected: one of " + known + ")");
    }
    return new Method(method);
  }

  /** One method with the form of its messages. */
  static final class Method {
    private final MethodDescriptor method;

    private Method(MethodDescriptor method) {
      this.method = method;
    }

    String service() {
      return method.getService().getFullName();
    }

    String name() {
      return method.getName();
    }

    String answerType() {
      return method.getOutputType().getFullName();
    }

    /**
     * Returns the request that {@code json} describes.
     *
     * @throws ProtoSetException if it describes none
     */
    DynamicMessage request(String json) throws ProtoSetException {
      Descriptor type = method.getInputType();
      try {
        return JsonRequest.read(type, json);
      } catch (IllegalArgumentException e) {
        throw new ProtoSetException("request: " + e.getMessage());
      }
    }

    /** Returns an answer as JSON for people. */
    String text(ByteString answer) throws InvalidProtocolBufferException {
      return Printable.lines(JsonAnswer.of(parsed(answer), "  "));
    }

    /** Returns an answer as one line of JSON. */
    String line(ByteString answer) throws InvalidProtocolBufferException {
      return Printable.line(JsonAnswer.of(parsed(answer), ""));
    }

    private DynamicMessage parsed(ByteString answer) throws InvalidProtocolBufferException {
      return DynamicMessage.parseFrom(method.getOutputType(), answer);
    }
  }
}
