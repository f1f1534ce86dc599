package dev.tenon.router.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One header field: a name and a value, which never change, and how it came or is to go.
 *
 * <p>Identity matters: a field that comes again by way of a decoder's table is the same object. So
 * what is found out about a field once is kept in it: by an encoder, where its table has it; by who
 * relays it, {@link #mark}. Two fields with the same content may be two objects, and {@code equals}
 * is identity.
 *
 * <p>Name and value are safe to read on any thread, and the encoders of several threads may share a
 * field. {@code mark} is for one thread alone, so a field that is shared has none. {@link
 * #toString} does not show the value, which may be a secret.
 */
public final class HeaderField {
  /** How a field came, or is to go (RFC 7541, section 6). */
  public enum Indexing {
    /** By way of a table, or so that the next one like it will be (sections 6.1 and 6.2.1). */
    INDEXED,
    /** By itself: its value will hardly come again (section 6.2.2). */
    PLAIN,
    /** By itself, here and on every hop to come: its value is a secret (section 6.2.3). */
    NEVER
  }

  /** What a field counts beside its name and value (RFC 7541, section 4.1). */
  static final int OVERHEAD_BYTES = 32;

  private final FieldName name;
  private final byte[] value;
  private final Indexing indexing;
  private final int size;
  private @Nullable String valueText;
  private EncodingTable.@Nullable Entry place;
  private int hash; // 0: not known yet
  private byte staticIndex; // -1: not known yet; 0: not in the static table
  private byte wellFormed; // 0: not known yet; 1: it is; -1: it is not
  private byte mark;

  HeaderField(FieldName name, byte[] value, Indexing indexing) {
    this.name = name;
    this.value = value;
    this.indexing = indexing;
    this.size = name.length() + value.length + OVERHEAD_BYTES;
    // A secret stays a literal, even an empty one (RFC 7541, section 7.1.3).
    this.staticIndex = (byte) (indexing == Indexing.NEVER ? 0 : -1);
  }

  /** Makes the field that the static table has at {@code index}. */
  HeaderField(int index) {
    this(StaticTable.name(index), StaticTable.value(index), Indexing.INDEXED);
    this.staticIndex = (byte) index;
  }

  /**
   * Makes a field of text.
   *
   * @throws IllegalArgumentException if there is a character above U+00FF
   */
  public static HeaderField of(String name, String value, Indexing indexing) {
    byte[] bytes = bytes(name);
    return new HeaderField(WellKnownNames.of(bytes, bytes.length), bytes(value), indexing);
  }

  /**
   * Returns a field with this name, to go as this one, whose value is the bytes of {@code text}
   * from {@code from} on.
   */
  public HeaderField with(byte[] text, int from) {
    return new HeaderField(name, Arrays.copyOfRange(text, from, text.length), indexing);
  }

  /**
   * Returns a field with the same name and value, to go as {@code other}; nothing is known of it.
   */
  public HeaderField as(Indexing other) {
    return new HeaderField(name, value, other);
  }

  private static byte[] bytes(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0xff) {
        throw new IllegalArgumentException("a character of a header field is not of ISO-8859-1");
      }
    }
    return text.getBytes(ISO_8859_1);
  }

  /** Returns the name as text of ISO-8859-1. */
  public String name() {
    return name.text();
  }

  /** Returns the value as text of ISO-8859-1. */
  public String value() {
    String known = valueText;
    if (known == null) {
      known = new String(value, ISO_8859_1);
      valueText = known;
    }
    return known;
  }

  /** Returns how many bytes the value has. */
  public int valueLength() {
    return value.length;
  }

  /** Returns the byte of the value at {@code at}, from 0 to {@link #valueLength} - 1. */
  public byte valueAt(int at) {
    return value[at];
  }

  /** Returns a copy of the value's bytes from {@code from} on. */
  public byte[] valueFrom(int from) {
    return Arrays.copyOfRange(value, from, value.length);
  }

  public Indexing indexing() {
    return indexing;
  }

  /** Returns what it counts in a table and a list, in bytes (RFC 7541, section 4.1). */
  public int size() {
    return size;
  }

  /** Returns whether the name begins with a colon (RFC 9113, section 8.3). */
  public boolean isPseudo() {
    return name.isPseudo();
  }

  /**
   * Returns whether the name is a token in lower case, after a colon or not, and the value has no
   * NUL, LF or CR and neither begins nor ends with a space or a tab (RFC 9113, section 8.2.1).
   */
  public boolean isWellFormed() {
    byte known = wellFormed;
    if (known == 0) {
      known = (byte) (name.isWellFormed() && isWellFormed(value) ? 1 : -1);
      wellFormed = known;
    }
    return known > 0;
  }

  private static boolean isWellFormed(byte[] value) {
    for (byte c : value) {
      if (c <= '\r' && (c == '\r' || c == '\n' || c == 0)) {
        return false;
      }
    }
    return value.length == 0 || (!isBlank(value[0]) && !isBlank(value[value.length - 1]));
  }

  private static boolean isBlank(byte c) {
    return c == ' ' || c == '\t';
  }

  /** Returns what who relays it remembers of it; 0 at first. */
  public byte mark() {
    return mark;
  }

  public void mark(byte mark) {
    this.mark = mark;
  }

  FieldKind kind() {
    return name.kind();
  }

  FieldName fieldName() {
    return name;
  }

  /** Returns the name's bytes; not to be changed. */
  byte[] nameBytes() {
    return name.bytes();
  }

  /** Returns the value's bytes; not to be changed. */
  byte[] valueBytes() {
    return value;
  }

  /** Returns where the static table has it, or 0. */
  int staticIndex() {
    int known = staticIndex;
    if (known < 0) {
      known = StaticTable.indexOf(name, value);
      staticIndex = (byte) known;
    }
    return known;
  }

  /** Returns a hash of name and value; the same for the same content. */
  int contentHash() {
    int known = hash;
    if (known == 0) {
      known = 31 * Arrays.hashCode(name.bytes()) + Arrays.hashCode(value);
      hash = known;
    }
    return known;
  }

  /** Returns where the encoder that looked last has it, or had it. */
  EncodingTable.@Nullable Entry place() {
    return place;
  }

  void place(EncodingTable.Entry place) {
    this.place = place;
  }

  @Override
  public String toString() {
    return name.text() + " (" + value.length + " bytes, " + indexing + ")";
  }
}
