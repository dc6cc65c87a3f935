package io.podhop.agent.ipam;

import io.podhop.model.Cidr;
import io.podhop.model.IpAddress;
import io.podhop.model.PodRef;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers of ipamd's introspection endpoint: {@code ENIIPPools} up to 1.6, {@code ENIs} with single
 * addresses (1.7), with CIDRs (1.9), and keyed by network card (1.20).
 */
final class IntrospectionJson {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int MAX_ENIS = 1024;
  private static final int MAX_SETTINGS = 1024;

  private final Instant readAt;
  private final List<EniPool> enis = new ArrayList<>();
  private final List<PoolStats> stats = new ArrayList<>();
  private int malformed;

  private IntrospectionJson(Instant readAt) {
    this.readAt = readAt;
  }

  static IntrospectionSnapshot enis(String text, Instant readAt) throws IOException {
    JsonNode root = tree("/v1/enis", text);
    IntrospectionJson answer = new IntrospectionJson(readAt);
    if (root.has("ENIs") || root.has("ENIIPPools")) {
      answer.card(0, root);
    } else {
      for (Map.Entry<String, JsonNode> entry : root.properties()) {
        OptionalInt card = MessageParser.number(entry.getKey());
        if (card.isEmpty() || !entry.getValue().has("ENIs")) {
          throw new IOException("/v1/enis: neither ENIs nor ENIIPPools nor network cards in it");
        }
        answer.card(card.getAsInt(), entry.getValue());
      }
    }
    List<String> warnings =
        answer.malformed == 0
            ? List.of()
            : List.of("/v1/enis: " + answer.malformed + " ENIs or addresses cannot be read");
    return new IntrospectionSnapshot(
        Optional.of(readAt), answer.enis, answer.stats, Map.of(), warnings);
  }

  static IntrospectionSnapshot withSettings(IntrospectionSnapshot known, String text)
      throws IOException {
    Map<String, String> settings = new HashMap<>(known.settings());
    for (Map.Entry<String, JsonNode> entry : tree("env-settings", text).properties()) {
      if (settings.size() < MAX_SETTINGS) {
        JsonNode value = entry.getValue();
        settings.put(entry.getKey(), value.isValueNode() ? value.asString() : value.toString());
      }
    }
    return new IntrospectionSnapshot(
        known.readAt(), known.enis(), known.stats(), settings, known.warnings());
  }

  private static JsonNode tree(String what, String text) throws IOException {
    try {
      JsonNode root = JSON.readTree(text);
      if (!root.isObject()) {
        throw new IOException(what + ": not a JSON object");
      }
      return root;
    } catch (JacksonException e) {
      throw new IOException(what + ": not valid JSON, cut or edited? " + e.getOriginalMessage(), e);
    }
  }

  private void card(int card, JsonNode pool) {
    JsonNode all = pool.has("ENIs") ? pool.path("ENIs") : pool.path("ENIIPPools");
    for (Map.Entry<String, JsonNode> entry : all.properties()) {
      if (enis.size() < MAX_ENIS && entry.getValue().isObject()) {
        enis.add(eni(card, entry.getKey(), entry.getValue()));
      } else {
        malformed++;
      }
    }
    stats.add(
        new PoolStats(
            readAt,
            card,
            pool.path("TotalIPs").asInt(0),
            pool.path("AssignedIPs").asInt(0),
            OptionalInt.empty(),
            OptionalInt.empty()));
  }

  private EniPool eni(int card, String key, JsonNode node) {
    List<EniPool.Block> blocks = new ArrayList<>();
    for (EniPool.Slot slot : slots(node.path("IPv4Addresses"))) {
      Cidr single = new Cidr(slot.address(), slot.address().bits());
      blocks.add(new EniPool.Block(single, false, List.of(slot)));
    }
    blocks(node.path("AvailableIPv4Cidrs"), blocks);
    blocks(node.path("IPv6Cidrs"), blocks);
    String id = node.path("ID").asString(node.path("Id").asString(key));
    int table = node.path("RouteTableID").asInt(0);
    return new EniPool(
        id.isEmpty() ? key : id,
        node.path("IsPrimary").asBoolean(false),
        node.path("IsTrunk").asBoolean(false),
        node.path("IsEFA").asBoolean(false),
        node.path("IsExcludedForPodIPs").asBoolean(false),
        node.path("DeviceNumber").asInt(0),
        card,
        table > 0 ? OptionalInt.of(table) : OptionalInt.empty(),
        node.path("SubnetID").asString(""),
        blocks);
  }

  private void blocks(JsonNode cidrs, List<EniPool.Block> into) {
    for (Map.Entry<String, JsonNode> entry : cidrs.properties()) {
      JsonNode node = entry.getValue();
      Optional<Cidr> cidr = Cidr.tryParse(entry.getKey()).or(() -> masked(node.path("Cidr")));
      if (cidr.isEmpty()) {
        malformed++;
        continue;
      }
      JsonNode addresses =
          node.has("IPAddresses") ? node.path("IPAddresses") : node.path("IPv4Addresses");
      boolean prefix = node.path("IsPrefix").asBoolean(false);
      into.add(new EniPool.Block(cidr.get(), prefix, slots(addresses)));
    }
  }

  /** Go prints a net.IPNet as address and base64 mask. */
  private static Optional<Cidr> masked(JsonNode node) {
    try {
      int length = 0;
      for (byte part : Base64.getDecoder().decode(node.path("Mask").asString(""))) {
        length += Integer.bitCount(part & 0xff);
      }
      return length == 0
          ? Optional.empty()
          : Cidr.tryParse(node.path("IP").asString("") + "/" + length);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private List<EniPool.Slot> slots(JsonNode addresses) {
    List<EniPool.Slot> slots = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : addresses.properties()) {
      Optional<IpAddress> address = IpAddress.tryParse(entry.getKey());
      if (address.isPresent()) {
        slots.add(slot(address.get(), entry.getValue()));
      } else {
        malformed++;
      }
    }
    return slots;
  }

  private static EniPool.Slot slot(IpAddress address, JsonNode node) {
    JsonNode key = node.path("IPAMKey");
    String container = key.path("containerID").asString("");
    Optional<PodRef> pod =
        MessageParser.podRef(
            node.path("IPAMMetadata").path("k8sPodNamespace").asString(""),
            node.path("IPAMMetadata").path("k8sPodName").asString(""));
    Optional<Instant> assignedAt = time(node.path("AssignedTime"));
    Optional<Instant> unassignedAt = time(node.path("UnassignedTime"));
    boolean assigned =
        node.has("Assigned")
            ? node.path("Assigned").asBoolean(false)
            : !container.isEmpty()
                || !key.path("networkName").asString("").isEmpty()
                || pod.isPresent()
                || (assignedAt.isPresent() && unassignedAt.isEmpty());
    return new EniPool.Slot(
        address,
        pod,
        container,
        key.path("ifName").asString(""),
        assigned,
        assignedAt,
        unassignedAt);
  }

  /** Go's zero time is the year 1 and means never. */
  private static Optional<Instant> time(JsonNode node) {
    return LogRecord.time(node.asString("")).filter(at -> at.isAfter(Instant.EPOCH));
  }
}
