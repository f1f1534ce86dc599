package dev.tenon.transport;

import java.io.ByteArrayOutputStream;

/** The few forms of DER (X.690, section 10) that a certificate request is made of. */
final class Der {
  private static final int BIT_STRING = 0x03;
  private static final int SEQUENCE = 0x30;
  private static final int CONTEXT_0 = 0xA0;
  private static final int LONG_FORM = 0x80;

  private Der() {}

  static byte[] sequence(byte[]... elements) {
    return element(SEQUENCE, elements);
  }

  /** Returns a bit string of whole octets. */
  static byte[] bitString(byte[] octets) {
    return element(BIT_STRING, new byte[] {0}, octets);
  }

  static byte[] emptyContext0() {
    return element(CONTEXT_0);
  }

  private static byte[] element(int tag, byte[]... contents) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (byte[] content : contents) {
      body.writeBytes(content);
    }
    ByteArrayOutputStream element = new ByteArrayOutputStream();
    element.write(tag);
    writeLength(element, body.size());
    element.writeBytes(body.toByteArray());
    return element.toByteArray();
  }

  private static void writeLength(ByteArrayOutputStream out, int length) {
    if (length < LONG_FORM) {
      out.write(length);
    } else if (length <= 0xFF) {
      out.write(LONG_FORM | 1);
      out.write(length);
    } else if (length <= 0xFFFF) {
      out.write(LONG_FORM | 2);
      out.write(length >> 8);
      out.write(length);
    } else {
      throw new IllegalArgumentException("DER length: " + length + " (expected: <= 65535)");
    }
  }
}
