package dev.tenon.bench.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ToolsTest {
  @Test
  void missing_withAll_isNothing() {
    assertThat(Tools.missing(program -> true, header -> true)).isEmpty();
  }

  @Test
  void missing_ofSome_namesThemAndTheirPackages() {
    assertThat(
            Tools.missing(
                program -> !program.equals("nginx") && !program.equals("taskset"),
                header -> !header.startsWith("nghttp2")))
        .containsExactly(
            "nginx, taskset, nghttp2/nghttp2.h",
            "on Debian and Ubuntu: apt-get install --no-install-recommends libnghttp2-dev nginx"
                + " util-linux");
  }
}
