package dev.tenon.router;

import dev.tenon.core.Refusal;
import dev.tenon.core.RefusalStatus;
import dev.tenon.core.RefusedException;
import dev.tenon.router.relay.CallHandler;
import dev.tenon.router.relay.CallWatch;
import dev.tenon.router.relay.WireCall;
import java.lang.System.Logger.Level;

/**
 * Takes the calls that come as frames: the limiter first, then who calls, then the router's own
 * steps; in the order of {@link CallRate}, {@link Admission} and {@link Router#front}. Thread-safe.
 */
final class WireCalls implements CallHandler {
  private static final System.Logger LOG = System.getLogger(WireCalls.class.getName());

  private final Router router;
  private final Admits admission;
  private final CallRate rate;

  /** Who may call. */
  @FunctionalInterface
  interface Admits {
    /**
     * Returns who makes {@code call}.
     *
     * @throws RefusedException if that is not proved; the audit log knows, or is the reason
     */
    KnownCaller admit(WireCall call, KnownConnection from) throws RefusedException;
  }

  WireCalls(Router router, Admits admission, CallRate rate) {
    this.router = router;
    this.admission = admission;
    this.rate = rate;
  }

  @Override
  public CallWatch begin(WireCall call) {
    try {
      KnownConnection from = KnownConnection.of(call.connection());
      rate.require(call.path(), from);
      WiredCall life = new WiredCall(router, admission.admit(call, from), call);
      life.enter();
      return life;
    } catch (RefusedException refused) {
      end(call, ProviderStatus.End.of(RefusalStatus.of(refused)));
    } catch (RuntimeException e) {
      failed(call, e);
    }
    return CallWatch.NOBODY;
  }

  @Override
  public boolean passes(String name) {
    return MetadataRules.passes(name);
  }

  private static void end(WireCall call, ProviderStatus.End end) {
    call.end(end.status(), end.trailers());
  }

  /** Ends a call over which something that is not its caller's fault failed. */
  static void failed(WireCall call, RuntimeException failure) {
    LOG.log(Level.WARNING, "a call is ended because of a fault of the host", failure);
    end(call, ProviderStatus.End.of(RefusalStatus.of(Refusal.INTERNAL)));
  }
}
