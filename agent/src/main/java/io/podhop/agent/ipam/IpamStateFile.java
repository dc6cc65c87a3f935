package io.podhop.agent.ipam;

import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * ipamd's checkpoint {@code ipam.json} ({@code vpc-cni-ipam/1}): replaced by rename at every
 * change. Releases before 1.11 have neither time nor pod in it.
 */
final class IpamStateFile {
  private static final JsonMapper JSON = new JsonMapper();
  private static final long MAX_BYTES = 16L << 20;

  private IpamStateFile() {}

  /** One address that a sandbox holds. */
  record Entry(
      IpAddress address,
      Optional<PodRef> pod,
      String containerId,
      String interfaceName,
      Optional<Instant> allocatedAt,
      Citation evidence) {}

  /**
   * @param malformed allocations without a readable address
   */
  record Content(List<Entry> entries, int malformed) {}

  /**
   * @throws IOException when the file cannot be read, is too large, or is not ipamd's JSON; the
   *     message says which
   */
  static Content read(Path file) throws IOException {
    long size = Files.size(file);
    if (size > MAX_BYTES) {
      throw new IOException(file + " has " + size + " bytes, more than ipamd ever writes");
    }
    return parse(RotatedLogs.name(file), Files.readString(file));
  }

  static Content parse(String fileName, String text) throws IOException {
    JsonNode allocations;
    try {
      allocations = JSON.readTree(text).path("allocations");
    } catch (JacksonException e) {
      throw new IOException(fileName + " is not JSON: " + e.getOriginalMessage(), e);
    }
    if (!allocations.isArray() && !allocations.isNull()) {
      throw new IOException(fileName + " has no list of allocations");
    }
    List<Entry> entries = new ArrayList<>();
    int malformed = 0;
    for (JsonNode node : allocations) {
      int before = entries.size();
      add(fileName, node, "ipv4", entries);
      add(fileName, node, "ipv6", entries);
      malformed += entries.size() == before ? 1 : 0;
    }
    return new Content(List.copyOf(entries), malformed);
  }

  private static void add(String fileName, JsonNode node, String family, List<Entry> entries) {
    Optional<IpAddress> address = IpAddress.tryParse(node.path(family).asString(""));
    if (address.isEmpty()) {
      return;
    }
    JsonNode metadata = node.path("metadata");
    long stampNs = node.path("allocationTimestamp").asLong(0);
    entries.add(
        new Entry(
            address.get(),
            MessageParser.podRef(
                metadata.path("k8sPodNamespace").asString(""),
                metadata.path("k8sPodName").asString("")),
            node.path("containerID").asString(""),
            node.path("ifName").asString(""),
            stampNs > 0 ? Optional.of(Instant.EPOCH.plusNanos(stampNs)) : Optional.empty(),
            AllocationEvidence.line(fileName, node.toString())));
  }
}
