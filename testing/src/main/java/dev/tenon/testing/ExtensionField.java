package dev.tenon.testing;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstances;

/** The field of a test class that holds an extension. */
record ExtensionField(TenonTest extension) {
  /**
   * Returns the field, in the test class, a class that it extends, or one around it.
   *
   * @throws IllegalStateException if there is none: the extension was registered in another way
   */
  Field in(ExtensionContext context) {
    List<Object> objects =
        context.getTestInstances().map(TestInstances::getAllInstances).orElse(List.of());
    for (Class<?> type = context.getRequiredTestClass();
        type != null;
        type = type.getEnclosingClass()) {
      Optional<Field> found = in(type, objects);
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new IllegalStateException(
        "asProcess: no field of "
            + context.getRequiredTestClass().getName()
            + " holds the extension (expected: a field with @RegisterExtension)");
  }

  private Optional<Field> in(Class<?> type, List<Object> objects) {
    for (Class<?> owner = type; owner != null; owner = owner.getSuperclass()) {
      for (Field field : owner.getDeclaredFields()) {
        if (field.getType() == TenonTest.class && isHeldBy(field, objects)) {
          return Optional.of(field);
        }
      }
    }
    return Optional.empty();
  }

  private boolean isHeldBy(Field field, List<Object> objects) {
    field.setAccessible(true);
    if (Modifier.isStatic(field.getModifiers())) {
      return holds(field, null);
    }
    return objects.stream()
        .filter(object -> field.getDeclaringClass().isInstance(object))
        .anyMatch(object -> holds(field, object));
  }

  private boolean holds(Field field, @Nullable Object object) {
    try {
      return field.get(object) == extension;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(field + " cannot be read", e);
    }
  }
}
