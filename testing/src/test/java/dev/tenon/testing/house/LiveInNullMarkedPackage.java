package dev.tenon.testing.house;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;

/** Holds for classes whose package is annotated with {@link NullMarked}. */
final class LiveInNullMarkedPackage extends ArchCondition<JavaClass> {
  LiveInNullMarkedPackage() {
    super("live in a package with @NullMarked");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
      events.add(
          SimpleConditionEvent.violated(
              type, type.getName() + ": its package has no package-info with @NullMarked"));
    }
  }
}
