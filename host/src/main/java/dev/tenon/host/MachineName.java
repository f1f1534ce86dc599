package dev.tenon.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the system calls this machine: the kernel's word, never that of a file such as
 * /etc/hostname.
 */
final class MachineName {
  /** The name in this process's UTS namespace, as uname(2) has it; no look-up goes with it. */
  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");

  private MachineName() {}

  /** Returns the name; where there is no Linux, what the JDK asks the system for. */
  static String read() {
    try {
      return Files.readString(KERNEL, UTF_8).strip();
    } catch (IOException e) {
      return ofJdk();
    }
  }

  private static String ofJdk() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
