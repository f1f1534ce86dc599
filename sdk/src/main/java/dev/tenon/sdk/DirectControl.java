package dev.tenon.sdk;

import java.util.List;

/** Passes on what the host says about direct calls, to both ends that a plugin may be. */
record DirectControl(DirectServing serving, DirectCalls calls)
    implements PluginControlService.Direct {
  @Override
  public void told(DirectTold now) {
    serving.told(now);
    calls.told(now);
  }

  @Override
  public void end(List<String> serials, OpenCalls open) {
    serving.end(serials, open);
    calls.end(serials, open);
  }
}
