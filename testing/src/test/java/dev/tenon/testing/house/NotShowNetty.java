package dev.tenon.testing.house;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Holds for classes that are not public, and for those whose supertypes, and whose public and
 * protected members, name no type of Netty, type arguments included.
 */
final class NotShowNetty extends ArchCondition<JavaClass> {
  NotShowNetty() {
    super("show no type of Netty in what users see");
  }

  @Override
  public void check(JavaClass type, ConditionEvents events) {
    if (!isPublic(type)) {
      return;
    }
    Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream())
        .filter(NotShowNetty::namesNetty)
        .forEach(shown -> report(type, type.getFullName(), shown, events));
    type.getFields().stream()
        .filter(NotShowNetty::isVisible)
        .forEach(field -> check(type, field, Stream.of(field.getType()), events));
    type.getCodeUnits().stream()
        .filter(NotShowNetty::isVisible)
        .forEach(unit -> check(type, unit, signature(unit), events));
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(NotShowNetty::isPublic).orElse(true);
  }

  private static boolean isVisible(JavaMember member) {
    Set<JavaModifier> modifiers = member.getModifiers();
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static Stream<JavaType> signature(JavaCodeUnit unit) {
    Stream<JavaType> thrown =
        unit.getThrowsClause().getTypes().stream().map(exception -> (JavaType) exception);
    Stream<JavaType> parameters = unit.getParameterTypes().stream();
    return Stream.concat(Stream.of(unit.getReturnType()), Stream.concat(parameters, thrown));
  }

  private static void check(
      JavaClass type, JavaMember member, Stream<JavaType> shown, ConditionEvents events) {
    shown
        .filter(NotShowNetty::namesNetty)
        .forEach(netty -> report(type, member.getFullName(), netty, events));
  }

  private static boolean namesNetty(JavaType type) {
    return type.getAllInvolvedRawTypes().stream()
        .map(raw -> raw.getBaseComponentType().getName())
        .anyMatch(name -> name.startsWith("io.netty.") || name.startsWith("io.grpc.netty."));
  }

  private static void report(JavaClass type, String where, JavaType netty, ConditionEvents events) {
    events.add(SimpleConditionEvent.violated(type, where + " shows " + netty.getName()));
  }
}
