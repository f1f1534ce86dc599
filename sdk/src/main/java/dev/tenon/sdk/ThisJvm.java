package dev.tenon.sdk;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Optional;

/** The JVM that this code runs in. The only place of the SDK that can end it. */
final class ThisJvm implements Jvm {
  @Override
  public Optional<String> environment(String name) {
    return Optional.ofNullable(System.getenv(name));
  }

  @Override
  public InputStream takeStdin() {
    InputStream stdin = System.in;
    System.setIn(InputStream.nullInputStream());
    return stdin;
  }

  @Override
  public PrintStream stderr() {
    return System.err;
  }

  @Override
  public void exit(int status) {
    System.exit(status);
  }

  @Override
  public void halt(int status) {
    Runtime.getRuntime().halt(status);
  }

  @Override
  public void onTermination(Thread task) {
    Runtime.getRuntime().addShutdownHook(task);
  }

  @Override
  public void forgetTermination(Thread task) {
    try {
      Runtime.getRuntime().removeShutdownHook(task);
    } catch (IllegalStateException e) {
      // The process is ending already, and the task runs or has run.
      return;
    }
  }
}
