package dev.tenon.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** How the process of a plugin under test finds its plugin. */
final class TestedPluginTest {
  static final TenonTest KIT = TenonTest.with(KitPlugin.plugin());
  static final String TEXT = "no extension";

  /** A test class whose objects need something. */
  static final class Needy {
    final TenonTest tenon;

    Needy(TenonTest tenon) {
      this.tenon = tenon;
    }
  }

  @Test
  void find_staticField_isItsExtension() throws Exception {
    assertThat(TestedPlugin.find(TestedPluginTest.class, "KIT")).isSameAs(KIT);
    assertThat(KIT.plugin().name().value()).isEqualTo("kit");
  }

  @Test
  void find_instanceFieldOfClassWithoutPlainConstructor_saysWhatIsMissing() {
    assertThatIllegalStateException()
        .isThrownBy(() -> TestedPlugin.find(Needy.class, "tenon"))
        .withMessageContaining("no constructor without parameters")
        .withMessageContaining("expected: one, or a static field tenon");
    assertThat(new Needy(KIT).tenon).isSameAs(KIT);
  }

  @Test
  void find_fieldOfAnotherType_refused() {
    assertThatIllegalStateException()
        .isThrownBy(() -> TestedPlugin.find(TestedPluginTest.class, "TEXT"))
        .withMessageContaining("no extension (expected: a TenonTest)");
    assertThatThrownBy(() -> TestedPlugin.find(TestedPluginTest.class, "missing"))
        .isInstanceOf(NoSuchFieldException.class);
  }

  @Test
  void main_otherArguments_saysWhatIsExpected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestedPlugin.main(new String[] {"one"}))
        .withMessage("arguments: 1 (expected: a test class and its field)");
  }
}
