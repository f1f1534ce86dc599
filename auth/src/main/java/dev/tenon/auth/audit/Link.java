package dev.tenon.auth.audit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A place in the chain: a record's number, and the digest over it and all records before it.
 *
 * @param sequence 1 for the first record; 0 before it
 * @param digest in lower-case hex: SHA-256 (FIPS 180-4) over the digest before, in its 32 bytes,
 *     and the bytes of the line that it covers
 */
record Link(long sequence, String digest) {
  /** Before the first record. */
  static final Link START = new Link(0, "0".repeat(64));

  /** Returns the link of the record after this one. */
  Link next(byte[] covered) {
    MessageDigest sha256 = sha256();
    sha256.update(HexFormat.of().parseHex(digest));
    return new Link(sequence + 1, HexFormat.of().formatHex(sha256.digest(covered)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
