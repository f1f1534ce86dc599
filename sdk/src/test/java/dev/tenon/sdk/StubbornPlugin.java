package dev.tenon.sdk;

import java.util.concurrent.CountDownLatch;

/** A plugin whose author left a thread behind that never ends, and a hook that hangs. */
final class StubbornPlugin {
  private StubbornPlugin() {}

  public static void main(String[] args) throws Exception {
    new Thread(StubbornPlugin::hang, "left-behind").start();
    Runtime.getRuntime().addShutdownHook(new Thread(StubbornPlugin::hang, "hanging-hook"));
    EchoPlugin.plugin().serve();
    System.exit(0);
  }

  private static void hang() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
