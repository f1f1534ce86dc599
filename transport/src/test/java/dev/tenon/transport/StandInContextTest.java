package dev.tenon.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;

final class StandInContextTest {
  private static final ByteBufAllocator ALLOC = UnpooledByteBufAllocator.DEFAULT;

  private final StandInContext context = new StandInContext(/* isClient= */ false);
  private final AtomicReference<SSLEngine> got = new AtomicReference<>();

  private static SSLEngine engine() {
    try {
      return SSLContext.getDefault().createSSLEngine();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static Function<ByteBufAllocator, SSLEngine> giving(SSLEngine engine) {
    return alloc -> engine;
  }

  @Test
  void newEngine_duringABeginning_isThatConnections() {
    SSLEngine own = engine();

    assertThat(context.during(giving(own), () -> got.set(context.newEngine(ALLOC)))).isSameAs(own);

    assertThat(got.get()).isSameAs(own);
  }

  @Test
  void newEngine_forAHost_isThatConnectionsAllTheSame() {
    SSLEngine own = engine();

    SSLEngine made =
        context.during(giving(own), () -> got.set(context.newEngine(ALLOC, "host", 443)));

    assertThat(made).isSameAs(own);
    assertThat(got.get()).isSameAs(own);
  }

  @Test
  void newEngine_outsideOfABeginning_refuses() {
    assertThatThrownBy(() -> context.newEngine(ALLOC)).isInstanceOf(IllegalStateException.class);
    assertThat(context.during(giving(engine()), () -> {})).isNull();
    assertThatThrownBy(() -> context.newEngine(ALLOC, "host", 443))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void newEngine_secondOfABeginning_refuses() {
    context.during(
        giving(engine()),
        () -> {
          context.newEngine(ALLOC);
          assertThatThrownBy(() -> context.newEngine(ALLOC))
              .isInstanceOf(IllegalStateException.class);
        });
  }

  @Test
  void newEngine_afterABeginningThatFailed_refuses() {
    RuntimeException failure = new RuntimeException("a defect");
    Runnable failing =
        () -> {
          throw failure;
        };
    assertThatThrownBy(() -> context.during(giving(engine()), failing)).isSameAs(failure);
    assertThatThrownBy(() -> context.newEngine(ALLOC)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void newEngine_whereOneBeginningMakesAnother_isEachOnesOwn() {
    SSLEngine outer = engine();
    SSLEngine inner = engine();

    SSLEngine made =
        context.during(
            giving(outer),
            () -> {
              assertThat(context.during(giving(inner), () -> context.newEngine(ALLOC)))
                  .isSameAs(inner);
              got.set(context.newEngine(ALLOC));
            });

    assertThat(made).isSameAs(outer);
    assertThat(got.get()).isSameAs(outer);
  }

  @Test
  void contexts_haveNoSessionsInCommon() {
    assertThatThrownBy(context::sessionContext).isInstanceOf(UnsupportedOperationException.class);
    assertThat(context.isServer()).isTrue();
    assertThat(new StandInContext(/* isClient= */ true).isClient()).isTrue();
    assertThat(context.cipherSuites()).isEqualTo(TlsFloor.SUITES);
  }
}
