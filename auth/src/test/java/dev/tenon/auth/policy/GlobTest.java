package dev.tenon.auth.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The grammar of patterns, as tables. */
class GlobTest {
  /** Wildcards and classes, anywhere in a pattern. Row: PL-3. */
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
    "redis.[gs]et, redis.get, true",
    "redis.[gs]et, redis.set, true",
    "redis.[gs]et, redis.let, false",
    "redis.[gs]et, redis.et, false",
    "redis.[gs]et, redis.gset, false",
    "v[1-3].A, v1.A, true",
    "v[1-3].A, v3.A, true",
    "v[1-3].A, v4.A, false",
    "v[1-3].A, v-.A, false",
    "[A-Za-z_]*, _a, true",
    "[A-Za-z_]*, Za, true",
    "[A-Za-z_]*, 9a, false",
    "a[!b], ac, true",
    "a[!b], ab, false",
    "a[!b], a, false",
    "a[!0-9b]c, axc, true",
    "a[!0-9b]c, a5c, false",
    "a[!0-9b]c, abc, false",
    "*[0-9], acme5, true",
    "*[0-9], acme5x, false",
    "*[!.].[!.]*, a.b.c, true",
    "[a].b, a.b, true",
    "a[.]b, a.b, true",
  })
  void test_table_asDocumented(String pattern, String name, boolean matches) {
    assertThat(Glob.ofServices(pattern).test(name)).isEqualTo(matches);
  }

  /**
   * A matcher that tries every star again would need more steps than there are atoms. Attack: P3.
   */
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
        "[",
        "[]",
        "[!]",
        "[a",
        "a[",
        "a]",
        "[[a]]",
        "[a]]",
        "[z-a]",
        "[A-z]",
        "[0-z]",
        "[a-]",
        "[-a]",
        "[a-b-c]",
        "[a-!]",
        "[a!]",
        "[*]",
        "[?]",
        "[^a]",
        "[[:alpha:]]",
        "[\u00e4]",
        "[a\u00e4]",
        "[!A-Za-z0-9_.]",
        "[.]a",
        "a.[.]",
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
  @ValueSource(
      strings = {
        "", "Words", "words.x", "wo_rds", "[w", "[W]", "[a--c]", "[a-b-c]", "!words", "words "
      })
  void ofCallers_noCallerHasIt_refused(String pattern) {
    assertThatIllegalArgumentException().isThrownBy(() -> Glob.ofCallers(pattern));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a.b", "a-b", "a/b", "{Get,Put}", "\\*"})
  void ofMethods_noMethodHasIt_refused(String pattern) {
    assertThatIllegalArgumentException().isThrownBy(() -> Glob.ofMethods(pattern));
  }

  @ParameterizedTest
  @CsvSource({
    "word-[0-9], word-7, true",
    "w[-a]b, w-b, true",
    "w[a-]b, w-b, true",
    "w[!-]b, w-b, false",
    "w[!-]b, wab, true",
    "w[a-c-]b, w-b, true",
    "w[a-c-]b, wbb, true",
  })
  void ofCallers_dashInClass_itselfAtTheEnds(String pattern, String name, boolean matches) {
    assertThat(Glob.ofCallers(pattern).test(name)).isEqualTo(matches);
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
    "[a-z]*, a*, true",
    "[a-z]*, [b-y]*, true",
    "[b-y]*, [a-z]*, false",
    "[!a]*, b*, true",
    "[!a]*, [ab]*, false",
    "?, [!a], true",
    "[!a], ?, false",
    "[!a], [!ab], true",
    "[!ab], [!a], false",
    "[a-z], *, false",
    "*, [a-z]?, true",
  })
  void covers_table_soundAndUseful(String pattern, String other, boolean covers) {
    assertThat(Glob.ofMethods(pattern).covers(Glob.ofMethods(other))).isEqualTo(covers);
  }

  @Test
  void ofCallers_rangeOfOne_isThatOne() {
    assertThat(Glob.ofCallers("w[a-a]").test("wa")).isTrue();
    assertThat(Glob.ofCallers("w[a-a]").test("wb")).isFalse();
  }

  /** What a pattern begins with is compared first, and what follows only if that is there. */
  @ParameterizedTest
  @CsvSource({
    "acme.*, acme., true",
    "acme.*, acme, false",
    "acme.**, acme.kv, true",
    "acme.*, xacme.kv, false",
    "acme.?*, acme., false",
    "acme.?*, acme.k, true",
    "acme?, acme, false",
    "acme?, acmes, true",
    "acme?, acmess, false",
    "*, a, true",
  })
  void ofServices_literalBeginning_thenTheRest(String pattern, String name, boolean matches) {
    assertThat(Glob.ofServices(pattern).test(name)).isEqualTo(matches);
  }

  @Test
  void element_atTheBordersOfItsHalves_isExact() {
    assertThat(GlobElement.of('@').contains('@')).isTrue();
    assertThat(GlobElement.of('\0').contains('@')).isFalse();
    assertThat(GlobElement.of('?').contains('?')).isTrue();
    assertThat(GlobElement.of('@').contains('\u0080')).isFalse();
    assertThat(GlobElement.ANY.contains('\u0080')).isTrue();
    assertThat(GlobElement.NONE.contains('\u00e9')).isFalse();
  }

  @Test
  void intersects_onlyBeyondAscii_seen() {
    GlobElement others = GlobElement.NONE.complement();
    GlobElement beyond = new GlobElement(0, 0, /* others= */ true, /* repeated= */ false);

    assertThat(beyond.intersects(others)).isTrue();
    assertThat(beyond.intersects(GlobElement.of('a'))).isFalse();
    assertThat(GlobElement.of('a').intersects(beyond)).isFalse();
  }
}
