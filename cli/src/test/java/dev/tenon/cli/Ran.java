package dev.tenon.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What one run of the program in this JVM came to. */
record Ran(int status, String out, String err) {
  static Ran with(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.execute(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Ran(status, out.toString(), err.toString());
  }
}
