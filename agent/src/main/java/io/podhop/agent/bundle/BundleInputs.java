package io.podhop.agent.bundle;

import io.podhop.agent.correlate.NodePart;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The inputs of an opened bundle by what they are, and the book of those that it does not hold. */
final class BundleInputs {
  private final BundleArchive archive;
  private final BundleLayout layout;
  private final Set<BundleInput> missing = EnumSet.of(BundleInput.POD_NAMESPACES);
  private final List<String> warnings;

  /**
   * @throws BundleException when it holds the bundles of several nodes
   */
  BundleInputs(BundleArchive archive) throws BundleException {
    this.archive = archive;
    this.layout = new BundleLayout(archive.names());
    this.warnings = new ArrayList<>(archive.warnings());
  }

  /** An input's text; when it is empty or not there, that is noted as missing. */
  Optional<String> text(BundleInput input) {
    Optional<String> text = textIfAny(input);
    if (text.isEmpty()) {
      missing.add(input);
    }
    return text;
  }

  /** An input's text; empty too when nothing stands in it, as when the command had failed. */
  Optional<String> textIfAny(BundleInput input) {
    return layout.find(input).flatMap(this::text).filter(text -> !text.isBlank());
  }

  private Optional<String> text(String name) {
    try {
      BundleFile file = file(name);
      BundleArchive.Text text = archive.text(file);
      if (text.cut() || file.tail()) {
        warnings.add(EntryName.quote(name) + " is too long: a part of it was read");
      }
      return Optional.of(text.text());
    } catch (IOException e) {
      warnings.add("cannot read " + EntryName.quote(name) + ": " + e);
      return Optional.empty();
    }
  }

  BundleFile file(String name) {
    BundleFile file = archive.files().get(name);
    if (file == null) {
      throw new IllegalArgumentException("no name of this bundle: " + name);
    }
    return file;
  }

  /** When an input that is there was written. */
  Instant modified(BundleInput input) {
    return layout.find(input).map(name -> file(name).modified()).orElse(Instant.EPOCH);
  }

  /** Names of all files that podhop reads. */
  List<String> names() {
    return archive.names();
  }

  void miss(BundleInput input) {
    missing.add(input);
  }

  void warn(String warning) {
    warnings.add(warning);
  }

  /** Says how many lines of an input were not understood, and shows the first. */
  void warnOfUnread(BundleInput input, List<String> lines) {
    if (!lines.isEmpty()) {
      warnings.add(
          lines.size()
              + " lines of "
              + layout.find(input).map(EntryName::quote).orElse(input.name())
              + " could not be read, the first: "
              + EntryName.quote(lines.getFirst().strip()));
    }
  }

  /** The missing inputs that are parts of a view. */
  Set<NodePart> absent() {
    return missing.stream()
        .flatMap(input -> input.part().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  List<MissingInput> missing() {
    return missing.stream().map(BundleInput::missing).toList();
  }

  List<String> warnings() {
    return List.copyOf(warnings);
  }
}
