package dev.tenon.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a permission allows, and what of a grant a service of the host may rely on. */
class PermissionTest {
  private static final Grant DB =
      new Grant(
          "00000000000000000000000000000001",
          new ServiceName("acme.Secrets"),
          Set.of(new Permission("secrets:read:db/*")));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secrets:read:db/main",
        "secrets:read:db/*",
        "secrets:read:*",
        "secrets:read:db/ma*",
        "s-1:a-2:A.b_c~d@e+f=g-h"
      })
  void permission_wellFormed_isKept(String text) {
    assertThat(new Permission(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "secrets",
        "secrets:read",
        "secrets:read:",
        "Secrets:read:db",
        "secrets:*:db",
        "*:read:db",
        "secrets:read:*/db",
        "secrets:read:d*b",
        "secrets:read:**",
        "secrets:read:/db",
        "secrets:read:db/",
        "secrets:read:db//x",
        "secrets:read:db/../app",
        "secrets:read:..",
        "secrets:read:./db",
        "secrets:read:db:x",
        "secrets:read:db x",
        "secrets:read:db,x",
        "secrets:read:db\n",
        "secrets:read:\u00e4"
      })
  void permission_anythingElse_isRefused(String text) {
    assertThatThrownBy(() -> new Permission(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void permission_of257Bytes_isRefused() {
    String longest = "a:b:" + "c".repeat(252);
    assertThat(new Permission(longest).text()).hasSize(256);
    assertThatThrownBy(() -> new Permission(longest + "c"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void covers_patterns_byPrefixAlone() {
    Permission all = new Permission("secrets:read:*");
    Permission db = new Permission("secrets:read:db/*");
    Permission one = new Permission("secrets:read:db/x");
    assertThat(all.covers(db)).isTrue();
    assertThat(db.covers(one)).isTrue();
    assertThat(db.covers(db)).isTrue();
    assertThat(db.covers(all)).isFalse();
    assertThat(one.covers(db)).isFalse();
    assertThat(one.covers(new Permission("secrets:read:db/xy"))).isFalse();
    assertThat(db.covers(new Permission("secrets:read:dbx"))).isFalse();
  }

  /**
   * Reading below {@code db/} is granted: nothing else can be read, and nothing listed.
   *
   * <p>Row: CG-9
   */
  @Test
  void allows_outsideOfThePermission_false() {
    assertThat(DB.allows("secrets:read:db/x")).isTrue();
    assertThat(DB.allows("secrets:read:db/x/y")).isTrue();
    assertThat(DB.allows("secrets:read:app/x")).isFalse();
    assertThat(DB.allows("secrets:list:db/x")).isFalse();
    assertThat(DB.allows("other:read:db/x")).isFalse();
    assertThat(DB.allows("secrets:read:db/../app/x")).isFalse();
    assertThat(DB.allows("secrets:read:db/*")).as("one resource at a time").isFalse();
  }

  /**
   * A service asks for what the current call needs; without a grant it gets nothing.
   *
   * <p>Row: CG-9
   */
  @Test
  void require_withoutThePermission_permissionDenied() throws Exception {
    DB.in(Context.ROOT).run(() -> Grant.require("secrets:read:db/x"));
    assertDenied(() -> DB.in(Context.ROOT).run(() -> Grant.require("secrets:read:app/x")));
    assertDenied(() -> Grant.require("secrets:read:db/x"));
  }

  private static void assertDenied(Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
  }
}
