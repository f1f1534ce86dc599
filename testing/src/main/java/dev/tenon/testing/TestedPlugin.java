package dev.tenon.testing;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;

/**
 * The program of a plugin under test: finds the plugin in a field of the test class, as {@link
 * TenonTest#asProcess} has named it, and serves it.
 */
final class TestedPlugin {
  private TestedPlugin() {}

  /**
   * Serves the plugin of the field {@code args[1]} of the class {@code args[0]}.
   *
   * @throws Exception if there is none, or it cannot be served; the message says why
   */
  public static void main(String[] args) throws Exception {
    if (args.length != 2) {
      throw new IllegalArgumentException(
          "arguments: " + args.length + " (expected: a test class and its field)");
    }
    find(Class.forName(args[0]), args[1]).plugin().serve();
  }

  /** Returns the extension in {@code field} of {@code type}, or of an object made for it. */
  static TenonTest find(Class<?> type, String name) throws ReflectiveOperationException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    Object value = field.get(Modifier.isStatic(field.getModifiers()) ? null : object(type, name));
    if (value instanceof TenonTest test) {
      return test;
    }
    throw new IllegalStateException(
        type.getName() + "." + name + ": " + value + " (expected: a TenonTest)");
  }

  private static Object object(Class<?> type, String name) throws ReflectiveOperationException {
    try {
      Constructor<?> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(
          type.getName()
              + ": no constructor without parameters (expected: one, or a static field "
              + name
              + ")",
          e);
    }
  }
}
