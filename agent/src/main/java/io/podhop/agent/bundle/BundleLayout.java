package io.podhop.agent.bundle;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Where in a bundle the inputs are. */
final class BundleLayout {
  private final String root;
  private final List<String> names;

  /**
   * @throws BundleException when it holds the bundles of several nodes
   */
  BundleLayout(List<String> names) throws BundleException {
    Set<String> roots = new TreeSet<>();
    names.forEach(name -> BundleInput.rootOf(name).ifPresent(roots::add));
    if (roots.size() > 1) {
      throw new BundleException(
          "it holds the bundles of several nodes, "
              + String.join(", ", roots.stream().limit(4).map(BundleLayout::shown).toList())
              + (roots.size() > 4 ? " …" : "")
              + ": name one of them");
    }
    this.root = roots.stream().findFirst().orElse("");
    this.names = names;
  }

  private static String shown(String root) {
    return EntryName.quote(root.isEmpty() ? "." : root);
  }

  /** The file of an input: in its own place, else one of its name anywhere, least deep first. */
  Optional<String> find(BundleInput input) {
    return input.paths().stream()
        .map(path -> root + path)
        .filter(names::contains)
        .findFirst()
        .or(() -> input.paths().stream().flatMap(path -> anywhere(path).stream()).findFirst());
  }

  private Optional<String> anywhere(String path) {
    String last = BundleInput.lastName(path);
    return names.stream()
        .filter(name -> BundleInput.lastName(name).equals(last))
        .min(Comparator.<String>comparingLong(BundleLayout::depth).thenComparing(name -> name));
  }

  /** All files in the directory of a file, that one too. */
  List<String> besides(String file) {
    String directory = file.substring(0, file.length() - BundleInput.lastName(file).length());
    return names.stream()
        .filter(name -> name.startsWith(directory))
        .filter(name -> name.indexOf('/', directory.length()) < 0)
        .toList();
  }

  List<String> names() {
    return names;
  }

  private static long depth(String name) {
    return name.chars().filter(c -> c == '/').count();
  }
}
