package dev.tenon.host.control;

import dev.tenon.v1.EnrolRequest;
import dev.tenon.v1.EnrolResponse;
import dev.tenon.v1.EnrolmentGrpc;
import io.grpc.Attributes;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;

/** An enrolment without a connection under it; remembers what it was told, in order. */
final class FakeCall extends ServerCall<EnrolRequest, EnrolResponse> {
  final List<String> told = new ArrayList<>();
  private final Attributes attributes;

  FakeCall(Attributes attributes) {
    this.attributes = attributes;
  }

  @Override
  public Attributes getAttributes() {
    return attributes;
  }

  @Override
  public void request(int messages) {}

  @Override
  public void sendHeaders(Metadata headers) {
    told.add("headers");
  }

  @Override
  public void sendMessage(EnrolResponse message) {
    told.add("message");
  }

  @Override
  public void close(Status status, Metadata trailers) {
    told.add(status.getCode().name());
  }

  @Override
  public boolean isCancelled() {
    return false;
  }

  @Override
  public MethodDescriptor<EnrolRequest, EnrolResponse> getMethodDescriptor() {
    return EnrolmentGrpc.getEnrolMethod();
  }
}
