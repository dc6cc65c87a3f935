package io.podhop.agent.bundle;

import io.podhop.agent.ipam.FollowLimits;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamReader;
import io.podhop.agent.ipam.IpamSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Who held which address, from the logs and the checkpoint in a bundle. */
final class BundleIpam {
  /** What the collector takes, as long as it is no more text than can be read in a minute. */
  private static final FollowLimits LIMITS = new FollowLimits(256 * 1024, 24, 512L << 20);

  private final BundleInputs inputs;
  private final Path directory;

  private BundleIpam(BundleInputs inputs, Path directory) {
    this.inputs = inputs;
    this.directory = directory;
  }

  /**
   * @param directory an empty one, for the files in the layout of a node
   */
  static IpamSnapshot read(BundleInputs inputs, Path directory) throws IOException {
    return new BundleIpam(inputs, directory).snapshot();
  }

  private IpamSnapshot snapshot() throws IOException {
    Map<String, String> logs = stage(BundleInput::isIpamLog);
    Map<String, String> states = stage(BundleInput::isIpamState);
    missUnless(logs, "ipamd", BundleInput.IPAMD_LOG);
    missUnless(logs, "plugin", BundleInput.PLUGIN_LOG);
    missUnless(states, "ipam", BundleInput.IPAM_STATE);
    IntrospectionSnapshot answer = introspection();
    try (IpamReader reader = new IpamReader(directory, directory, () -> answer, LIMITS)) {
      reader.poll();
      // The second time nothing is new, which ends what the last line began.
      IpamSnapshot snapshot = reader.poll();
      // A missing file was told as such, and what else it warns of is in no directory of the user.
      List<String> warnings =
          snapshot.warnings().stream()
              .filter(warning -> !warning.contains(" is missing: ") && !warning.startsWith("no "))
              .map(warning -> warning.replace(directory + "/", ""))
              .toList();
      return snapshot.withWarnings(warnings);
    }
  }

  /** What ipamd said of itself while the bundle was collected. */
  private IntrospectionSnapshot introspection() {
    Optional<String> enis = inputs.text(BundleInput.ENIS);
    IntrospectionSnapshot answer = IntrospectionSnapshot.EMPTY;
    try {
      if (enis.isPresent()) {
        answer = IntrospectionSnapshot.of(enis.get(), inputs.modified(BundleInput.ENIS));
      }
    } catch (IOException e) {
      inputs.warn("cannot use what ipamd said of its ENIs: " + e.getMessage());
    }
    for (BundleInput input : List.of(BundleInput.IPAMD_SETTINGS, BundleInput.NETWORK_SETTINGS)) {
      Optional<String> settings = inputs.text(input);
      try {
        if (settings.isPresent()) {
          answer = answer.withSettings(settings.get());
        }
      } catch (IOException e) {
        inputs.warn("cannot use what ipamd said of its settings: " + e.getMessage());
      }
    }
    return answer;
  }

  private void missUnless(Map<String, String> found, String stem, BundleInput input) {
    if (found.keySet().stream().noneMatch(name -> name.startsWith(stem))) {
      inputs.miss(input);
    }
  }

  /** Puts files under their last names; of several of a name the one that is least deep. */
  private Map<String, String> stage(Predicate<String> kind) throws IOException {
    Map<String, String> chosen = new LinkedHashMap<>();
    for (String name : inputs.names()) {
      if (kind.test(name)) {
        chosen.merge(BundleInput.lastName(name), name, (a, b) -> a.length() <= b.length() ? a : b);
      }
    }
    for (Map.Entry<String, String> entry : chosen.entrySet()) {
      copy(inputs.file(entry.getValue()), directory.resolve(entry.getKey()));
    }
    return chosen;
  }

  private void copy(BundleFile from, Path to) {
    try {
      Files.copy(from.content(), to, StandardCopyOption.REPLACE_EXISTING);
      if (BundleInput.lastName(from.name()).endsWith(".log")) {
        // Nothing more will come: the last line counts even when its end is missing.
        try (OutputStream end = Files.newOutputStream(to, StandardOpenOption.APPEND)) {
          end.write('\n');
        }
      }
      Files.setLastModifiedTime(to, FileTime.from(from.modified()));
    } catch (IOException e) {
      inputs.warn("cannot read " + EntryName.quote(from.name()) + ": " + e);
    }
  }
}
