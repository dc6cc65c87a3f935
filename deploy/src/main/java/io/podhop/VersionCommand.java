package io.podhop;

import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints which podhop this is and which Java runs it. */
@Command(name = "version", description = "Print the version of podhop and of Java.")
final class VersionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().getOut().println(text());
  }

  private static String text() {
    String built =
        Optional.ofNullable(VersionCommand.class.getPackage())
            .map(Package::getImplementationVersion)
            .orElse("(not packaged)");
    return "podhop " + built + ", Java " + Runtime.version();
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {text()};
    }
  }
}
