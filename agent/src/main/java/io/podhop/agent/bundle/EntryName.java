package io.podhop.agent.bundle;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Names inside an archive: relative, with slashes, without detours. */
final class EntryName {
  private static final int MAX_CHARACTERS = 4096;

  private EntryName() {}

  /**
   * The name without {@code .} and doubled slashes; empty for the bundle's own root.
   *
   * @throws BundleException when it is absolute, goes upwards, or is no name at all
   */
  static String of(String raw) throws BundleException {
    if (raw.startsWith("/")) {
      throw new BundleException("refused: entry " + quote(raw) + " has an absolute path");
    }
    if (raw.length() > MAX_CHARACTERS || raw.chars().anyMatch(Character::isISOControl)) {
      throw new BundleException("refused: entry " + quote(raw) + " has no usable name");
    }
    List<String> parts = new ArrayList<>();
    for (String part : raw.split("/")) {
      if (part.equals("..")) {
        throw new BundleException("refused: entry " + quote(raw) + " leaves the bundle");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  /** Where a symbolic link leads, by its text alone; empty when that is outside the bundle. */
  static Optional<String> target(String link, String text) {
    if (text.startsWith("/")) {
      return Optional.empty();
    }
    Deque<String> parts = new ArrayDeque<>(List.of(link.split("/")));
    parts.pollLast();
    for (String part : text.split("/")) {
      if (part.equals("..") && parts.pollLast() == null) {
        return Optional.empty();
      }
      if (!part.isEmpty() && !part.equals(".") && !part.equals("..")) {
        parts.addLast(part);
      }
    }
    return Optional.of(String.join("/", parts));
  }

  /** For messages: without control characters, cut. */
  static String quote(String raw) {
    StringBuilder text = new StringBuilder("'");
    raw.codePoints()
        .limit(200)
        .forEach(c -> text.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return text.append(raw.length() > 200 ? "…'" : "'").toString();
  }
}
