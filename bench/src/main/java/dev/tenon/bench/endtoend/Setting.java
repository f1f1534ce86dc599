package dev.tenon.bench.endtoend;

/** What carries the two legs of the ways through a proxy. The caller's leg is TCP, always. */
enum Setting {
  TCP("mTLS on TCP"),
  /** As a host has it by default. */
  UNIX("mTLS, a Unix socket to the backend");

  private final String title;

  Setting(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
