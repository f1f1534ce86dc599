package dev.tenon.router;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.tenon.auth.NotAuthenticatedException;
import dev.tenon.auth.NotAuthenticatedException.Why;
import dev.tenon.core.Token;
import dev.tenon.router.http2.HeaderField;
import dev.tenon.router.relay.WireCall;
import io.grpc.Metadata;
import java.util.Iterator;

/**
 * Reads the one place and the one form in which a runtime token is accepted: a single {@code
 * authorization} value, {@code Bearer}, one space, the token (RFC 6750, section 2.1, read strictly:
 * the scheme is case-sensitive and nothing may surround it). Stateless.
 */
final class BearerToken {
  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final String SCHEME = "Bearer ";

  private BearerToken() {}

  /**
   * Returns what stands where a token's text is to be, in ISO-8859-1; {@link
   * dev.tenon.auth.Lineages#verify} says whether it is one. No text is made of it: it is a secret,
   * and looked at with every call.
   *
   * @throws NotAuthenticatedException if there is none, more than one, or one in another form
   */
  static byte[] presented(WireCall call) throws NotAuthenticatedException {
    HeaderField only = call.authorization();
    if (only == null) {
      return presented(call.asked()).getBytes(ISO_8859_1);
    }
    return isOfScheme(only)
        ? only.valueFrom(SCHEME.length())
        : ofValue(only.value()).getBytes(ISO_8859_1); // It throws, and says why.
  }

  private static boolean isOfScheme(HeaderField value) {
    if (value.valueLength() <= SCHEME.length()) {
      return false;
    }
    for (int i = 0; i < SCHEME.length(); i++) {
      if (value.valueAt(i) != SCHEME.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the presented token's text, in canonical form.
   *
   * @throws NotAuthenticatedException if there is none, more than one, or one in another form
   */
  static String presented(Metadata headers) throws NotAuthenticatedException {
    Iterable<String> all = headers.getAll(AUTHORIZATION);
    if (all == null) {
      throw new NotAuthenticatedException(Why.MISSING);
    }
    Iterator<String> values = all.iterator();
    String value = values.next();
    if (values.hasNext()) {
      throw new NotAuthenticatedException(Why.DUPLICATE);
    }
    return ofValue(value);
  }

  private static String ofValue(String value) throws NotAuthenticatedException {
    if (!value.startsWith(SCHEME)) {
      throw new NotAuthenticatedException(value.isBlank() ? Why.MISSING : Why.MALFORMED);
    }
    String text = value.substring(SCHEME.length());
    if (!Token.isCanonical(Token.Kind.RUNTIME, text)) {
      throw new NotAuthenticatedException(Why.MALFORMED);
    }
    return text;
  }
}
