package dev.tenon.host.control;

import dev.tenon.core.Identity;
import dev.tenon.core.InvalidRequestException;
import dev.tenon.core.RuntimeId;
import dev.tenon.core.ServiceName;
import dev.tenon.router.Admission;
import dev.tenon.v1.IntroduceRequest;
import dev.tenon.v1.IntroduceResponse;
import dev.tenon.v1.IntroductionsGrpc;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.Set;

/** Introduces plugins to each other on the control listener. */
public final class IntroductionService extends IntroductionsGrpc.IntroductionsImplBase {
  private final IntroductionDesk desk;

  /** Makes the service. */
  public IntroductionService(IntroductionDesk desk) {
    this.desk = desk;
  }

  @Override
  public void introduce(IntroduceRequest request, StreamObserver<IntroduceResponse> observer) {
    Identity caller = Admission.CALLER.get();
    Answer.with(observer, () -> response(desk.introduce(caller, asked(request))));
  }

  private static IntroductionDesk.Asked asked(IntroduceRequest request)
      throws InvalidRequestException {
    ServiceName service = Field.read("service", request.getService(), ServiceName::new);
    Optional<RuntimeId> provider =
        request.getProvider().isEmpty()
            ? Optional.empty()
            : Optional.of(Field.read("provider", request.getProvider(), RuntimeId::new));
    Set<String> methods =
        Field.distinct(
            "methods", Field.readAll("methods", request.getMethodsList(), method -> method));
    return Field.read(
        "methods", methods, names -> new IntroductionDesk.Asked(service, names, provider));
  }

  private static IntroduceResponse response(IntroductionDesk.Made made) {
    Introduction introduction = made.introduction();
    return IntroduceResponse.newBuilder()
        .setAddress(made.address().toString())
        .setProviderId(introduction.provider().id().toString())
        .addAllTrustBundle(EnrolmentService.encode(made.authorities()))
        .setGrant(made.grant().text())
        .addAllMethods(introduction.methods().stream().sorted().toList())
        .setExpires(EnrolmentService.timestamp(introduction.expires()))
        .setSerial(introduction.serial())
        .build();
  }
}
