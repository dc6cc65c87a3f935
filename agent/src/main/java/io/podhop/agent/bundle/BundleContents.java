package io.podhop.agent.bundle;

import java.util.List;
import java.util.Map;

/**
 * What a scan found.
 *
 * @param files those that podhop reads, by name
 * @param warnings what was passed over and why, for people
 */
record BundleContents(Map<String, BundleFile> files, List<String> warnings) {
  BundleContents {
    files = Map.copyOf(files);
    warnings = List.copyOf(warnings);
  }
}
