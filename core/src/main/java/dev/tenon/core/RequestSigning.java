package dev.tenon.core;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests under a key that two parties share, and verifies them: HMAC-SHA256 (RFC 2104) over
 * the method, the time, a nonce and the message. An option for those who want to be sure that not
 * even a host between them changes or repeats a request; identity and rights are not its matter.
 * For methods with one request message. Thread-safe.
 *
 * <p>The signature is in the metadata {@code request-signature}, which a host passes on. It says
 * nothing about the answer, and other metadata is not signed. What was served is remembered by each
 * {@link #verified} service alone, and no longer than its process lives.
 */
public final class RequestSigning {
  /** How far a request's time may be from that of whoever verifies it. */
  public static final Duration WINDOW = Duration.ofMinutes(5);

  /** Shortest key: as long as the digest (RFC 2104, section 3). */
  public static final int MIN_KEY_BYTES = 32;

  /** Most requests whose nonces are remembered; who is over it is refused, none is forgotten. */
  static final int MAX_REMEMBERED = 1 << 17;

  static final Metadata.Key<String> HEADER =
      Metadata.Key.of("request-signature", Metadata.ASCII_STRING_MARSHALLER);

  private static final Pattern FORM =
      Pattern.compile("v1 (0|[1-9][0-9]{0,14}) ([A-Za-z0-9_-]{22}) ([A-Za-z0-9_-]{43})");

  private static final int NONCE_BYTES = 16;
  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;
  private final InstantSource clock;
  private final SecureRandom random;

  private RequestSigning(byte[] key, InstantSource clock, SecureRandom random) {
    if (key.length < MIN_KEY_BYTES) {
      throw new IllegalArgumentException(
          "key: " + key.length + " bytes (expected: at least " + MIN_KEY_BYTES + ")");
    }
    this.key = new SecretKeySpec(key, ALGORITHM);
    this.clock = requireNonNull(clock, "clock");
    this.random = requireNonNull(random, "random");
  }

  /**
   * Returns the signing under {@code key}.
   *
   * @throws IllegalArgumentException if it is shorter than {@value #MIN_KEY_BYTES} bytes
   */
  public static RequestSigning with(byte[] key) {
    return new RequestSigning(key, InstantSource.system(), new SecureRandom());
  }

  /**
   * Returns the signing under {@code key} by another clock.
   *
   * @throws IllegalArgumentException if the key is shorter than {@value #MIN_KEY_BYTES} bytes
   */
  public static RequestSigning with(byte[] key, InstantSource clock) {
    return new RequestSigning(key, clock, new SecureRandom());
  }

  /**
   * Returns what signs the calls of a client. A call with many request messages fails with
   * UNIMPLEMENTED, and nothing of it is sent.
   */
  public ClientInterceptor signer() {
    return new SigningInterceptor(this);
  }

  /**
   * Returns {@code service} as one whose methods are reached by signed requests alone: what is not
   * signed, altered, repeated, or further than {@link #WINDOW} from our time is refused with
   * UNAUTHENTICATED before the method runs. A method with many request messages is never reached.
   */
  public ServerServiceDefinition verified(BindableService service) {
    // Verified are the bytes that came, not those of a message that was parsed from them.
    return ServerInterceptors.intercept(
        ServerInterceptors.useInputStreamMessages(service.bindService()),
        new VerifyingInterceptor(this, new SeenNonces(WINDOW.multipliedBy(2), MAX_REMEMBERED)));
  }

  /** Returns the value of the header for {@code body} as a request of {@code method}. */
  String sign(String method, byte[] body) {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    String text = base64(nonce);
    long millis = clock.instant().toEpochMilli();
    return "v1 " + millis + " " + text + " " + mac(method, millis, text, body);
  }

  /** What a header says. */
  record Signature(long millis, String nonce, String mac) {}

  /** Returns what {@code headers} say, if it is one signature of this time. */
  Optional<Signature> read(Metadata headers) {
    Iterable<String> values = headers.getAll(HEADER);
    if (values == null) {
      return Optional.empty();
    }
    var each = values.iterator();
    Matcher form = FORM.matcher(each.next());
    if (each.hasNext() || !form.matches()) {
      return Optional.empty();
    }
    Signature signature =
        new Signature(Long.parseLong(form.group(1)), form.group(2), form.group(3));
    return isTimely(signature, clock.instant()) ? Optional.of(signature) : Optional.empty();
  }

  /** Returns whether {@code signature} was made at most {@link #WINDOW} from {@code now}. */
  static boolean isTimely(Signature signature, Instant now) {
    Duration apart = Duration.between(Instant.ofEpochMilli(signature.millis()), now).abs();
    return apart.compareTo(WINDOW) <= 0;
  }

  /** Returns whether {@code signature} is that of {@code body}, in constant time. */
  boolean isOf(Signature signature, String method, byte[] body) {
    return MessageDigest.isEqual(
        signature.mac().getBytes(StandardCharsets.US_ASCII),
        mac(method, signature.millis(), signature.nonce(), body)
            .getBytes(StandardCharsets.US_ASCII));
  }

  Instant now() {
    return clock.instant();
  }

  private String mac(String method, long millis, String nonce, byte[] body) {
    // No field before the body can have a line feed in it, so no two requests have one text.
    String fields = "tenon-request-v1\n" + method + "\n" + millis + "\n" + nonce + "\n";
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update(ByteBuffer.wrap(fields.getBytes(StandardCharsets.UTF_8)));
      return base64(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HmacSHA256", e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
