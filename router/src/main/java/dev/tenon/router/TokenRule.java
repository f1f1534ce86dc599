package dev.tenon.router;

/** What a caller must show besides the certificate of its connection. */
public enum TokenRule {
  /** Exactly one runtime token of the same lineage, with every call. */
  REQUIRED,
  /** Nothing; for the one call that replaces an expired token. */
  SVID_ALONE
}
