package dev.tenon.testing.house;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * A reader of test sources: finds in their Javadoc which rows they prove. The compiler parses them,
 * and does no more, so they need not compile.
 */
final class TestSource extends TreePathScanner<@Nullable Void, @Nullable Void> {
  private static final Set<String> TEST_ANNOTATIONS =
      Set.of("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "Property", "FuzzTest");

  private final DocTrees trees;
  private final Function<String, List<String>> lines;
  private final String file;
  private final String module;
  private final List<Proof> proofs;
  private final List<String> problems;

  private TestSource(
      DocTrees trees,
      Function<String, List<String>> lines,
      String file,
      String module,
      List<Proof> proofs,
      List<String> problems) {
    this.trees = trees;
    this.lines = lines;
    this.file = file;
    this.module = module;
    this.proofs = proofs;
    this.problems = problems;
  }

  /**
   * Reads all {@code files}, and adds what is wrong with them to {@code problems}: a malformed list
   * of rows, or rows on what is no test.
   */
  static List<Proof> read(Repository repository, List<Path> files, List<String> problems) {
    return read(repository, files, RowLines::rowsIn, problems);
  }

  /** Does the same for what {@code lines} finds in the Javadoc of a test, rows or other. */
  static List<Proof> read(
      Repository repository,
      List<Path> files,
      Function<String, List<String>> lines,
      List<String> problems) {
    List<Proof> proofs = new ArrayList<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager sources = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  sources,
                  null,
                  List.of("-proc:none"),
                  null,
                  sources.getJavaFileObjectsFromPaths(files));
      DocTrees trees = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        Path file = Path.of(unit.getSourceFile().toUri());
        String shown = repository.root().relativize(file).toString();
        new TestSource(trees, lines, shown, repository.moduleOf(file), proofs, problems)
            .scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return proofs;
  }

  @Override
  public @Nullable Void visitClass(ClassTree type, @Nullable Void unused) {
    add(simpleName(), hasTest(type));
    return super.visitClass(type, null);
  }

  @Override
  public @Nullable Void visitMethod(MethodTree method, @Nullable Void unused) {
    add(simpleName() + "." + method.getName(), isTest(method));
    return super.visitMethod(method, null);
  }

  /** Returns the name of the class that is being read, with those around it. */
  private String simpleName() {
    StringBuilder name = new StringBuilder();
    for (Tree tree : getCurrentPath()) {
      if (tree instanceof ClassTree type) {
        name.insert(0, name.isEmpty() ? type.getSimpleName() : type.getSimpleName() + ".");
      }
    }
    return name.toString();
  }

  private void add(String test, boolean isTest) {
    Optional<String> javadoc = Optional.ofNullable(trees.getDocComment(getCurrentPath()));
    try {
      List<String> rows = javadoc.map(lines).orElse(List.of());
      if (!rows.isEmpty() && !isTest) {
        problems.add(file + ": " + test + ": rows " + rows + " on what is no test");
      } else if (!rows.isEmpty()) {
        proofs.add(new Proof(module, test, rows));
      }
    } catch (IllegalArgumentException e) {
      problems.add(file + ": " + test + ": " + e.getMessage());
    }
  }

  private static boolean hasTest(ClassTree type) {
    return type.getMembers().stream()
        .anyMatch(
            member ->
                member instanceof MethodTree method
                    ? isTest(method)
                    : member instanceof ClassTree nested && hasTest(nested));
  }

  private static boolean isTest(MethodTree method) {
    return method.getModifiers().getAnnotations().stream()
        .map(AnnotationTree::getAnnotationType)
        .map(Object::toString)
        .map(name -> name.substring(name.lastIndexOf('.') + 1))
        .anyMatch(TEST_ANNOTATIONS::contains);
  }
}
