package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The grammar of patterns, as a table. */
class GlobTest {
  @ParameterizedTest
  @CsvSource({
    "*, acme.kv.v1.KeyValue, true",
    "*, '', true",
    "?, '', false",
    "?, a, true",
    "?, ab, false",
    "acme.kv.v1.KeyValue, acme.kv.v1.KeyValue, true",
    "acme.kv.v1.KeyValue, acme.kv.v1.KeyValues, false",
    "acme.kv.v1.KeyValue, acme.kv.v1.KeyValu, false",
    "acme.kv.v1.KeyValue, acme.kv.v1.Keyvalue, false",
    "acme.*, acme.kv.v1.KeyValue, true",
    "acme.*, acme, false",
    "acme.*, acmeXkv, false",
    "*.KeyValue, acme.kv.v1.KeyValue, true",
    "*.KeyValue, KeyValue, false",
    "acme.*.v1.*, acme.kv.v1.KeyValue, true",
    "acme.*.v1.*, acme.kv.v2.KeyValue, false",
    "linux.*.info, linux.a.b.info, true",
    "redis.?et, redis.set, true",
    "redis.?et, redis.eet, true",
    "redis.?et, redis.et, false",
    "**, acme.X, true",
    "a**b, ab, true",
    "*a*b*, xaxbx, true",
    "*a*b*, xbxax, false",
    "*ab, aab, true",
    "*aab, aaab, true",
    "a*?, a, false",
    "a*?, ab, true",
    "?*?, a, false",
    "?*?, ab, true",
  })
  void test_table_asDocumented(String pattern, String name, boolean matches) {
    assertThat(Glob.ofServices(pattern).test(name)).isEqualTo(matches);
  }

  /** A matcher that tries every star again would need more steps than there are atoms. */
  @Test
  void test_thirtyStarsThatNearlyMatch_ends() {
    Glob hostile = Glob.ofServices("a*".repeat(30) + "b");

    assertThat(hostile.test("a".repeat(100_000))).isFalse();
    assertThat(hostile.test("a".repeat(100_000) + "b")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[a-z]",
        "[!a]",
        "[",
        "]",
        "{a,b}",
        "{",
        "}",
        "!a",
        "\\*",
        "a/b",
        "a b",
        " ",
        "a-b",
        "%2a",
        "a\u0000",
        "\u00e4",
        "acme.\u212aeyValue",
        "*.",
        ".a",
        "a..b",
        "a*\n"
      })
  void ofServices_otherGrammar_refused(String pattern) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Glob.ofServices(pattern))
        .withMessageContaining("(expected: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Words", "words.x", "wo_rds", "[w]", "!words", "words "})
  void ofCallers_noCallerHasIt_refused(String pattern) {
    assertThatIllegalArgumentException().isThrownBy(() -> Glob.ofCallers(pattern));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "a-b", "a/b", "{Get,Put}", "\\*"})
  void ofMethods_noMethodHasIt_refused(String pattern) {
    assertThatIllegalArgumentException().isThrownBy(() -> Glob.ofMethods(pattern));
  }

  @Test
  void ofServices_tooLong_refused() {
    assertThat(Glob.ofServices("a".repeat(256)).isLiteral()).isTrue();
    assertThatIllegalArgumentException().isThrownBy(() -> Glob.ofServices("a".repeat(257)));
  }

  @ParameterizedTest
  @CsvSource({
    "*, Get, true",
    "*, *, true",
    "*, Get*, true",
    "Get*, Get?, true",
    "Get*, Get*, true",
    "Get?, Get*, false",
    "Get, Get*, false",
    "G?t, G?t, true",
    "Get*, *, false",
    "*a*, *a, true",
  })
  void covers_table_soundAndUseful(String pattern, String other, boolean covers) {
    assertThat(Glob.ofMethods(pattern).covers(Glob.ofMethods(other))).isEqualTo(covers);
  }
}
