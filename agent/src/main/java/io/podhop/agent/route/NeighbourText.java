package io.podhop.agent.route;

import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads {@code ip neigh}, its {@code -j} form, and the table that {@code arp -n} prints. */
final class NeighbourText {
  private static final Set<String> STATES =
      Set.of(
          "NONE",
          "INCOMPLETE",
          "REACHABLE",
          "STALE",
          "DELAY",
          "PROBE",
          "FAILED",
          "NOARP",
          "PERMANENT");

  private NeighbourText() {}

  static Neighbour parse(String line, Map<String, Integer> ifindexes)
      throws UnreadableLineException {
    Words words = new Words(line);
    IpAddress address = words.address();
    if (words.peek(0).equals("dev")) {
      return ipNeigh(address, words, ifindexes);
    }
    return arp(address, words, ifindexes);
  }

  private static Neighbour ipNeigh(IpAddress address, Words words, Map<String, Integer> ifindexes)
      throws UnreadableLineException {
    words.skip(1);
    String device = words.next();
    String mac = "";
    Optional<String> state = Optional.empty();
    while (words.hasNext()) {
      String word = words.next();
      switch (word) {
        case "lladdr" -> mac = words.next();
        case "used" -> times(words);
        case "ref", "probes", "proto" -> words.skip(1);
        case "router", "extern_learn", "offload", "managed" -> {}
        // An address that the node answers for ("proxy") is no neighbour.
        default -> state = Optional.of(state(word));
      }
    }
    return new Neighbour(
        ifindexes.getOrDefault(device, 0), device, address, mac, state.orElse("NONE"));
  }

  /** {@code used 3/63/3probes 0}: iproute2 puts no space there. */
  private static void times(Words words) throws UnreadableLineException {
    words.skip(words.peek(0).endsWith("probes") ? 2 : 1);
  }

  private static String state(String word) throws UnreadableLineException {
    if (!STATES.contains(word) && !word.matches("0x[0-9a-f]{1,4}")) {
      throw new UnreadableLineException("unknown word: " + word);
    }
    return word;
  }

  /**
   * {@code ADDRESS ether MAC CM eth0}: M says permanent; C says that the entry was usable, and not
   * whether it was confirmed of late.
   */
  private static Neighbour arp(IpAddress address, Words words, Map<String, Integer> ifindexes)
      throws UnreadableLineException {
    if (words.take("(incomplete)")) {
      String device = words.next();
      return new Neighbour(ifindexes.getOrDefault(device, 0), device, address, "", "INCOMPLETE");
    }
    words.skip(1);
    String mac = words.next();
    String flags = words.next();
    String device = words.next();
    if (!mac.matches("[0-9a-f]{2}(:[0-9a-f]{2}){5}") || !flags.matches("CM?")) {
      throw new UnreadableLineException("no entry of the ARP table");
    }
    String state = flags.equals("CM") ? "PERMANENT" : Neighbour.RESOLVED;
    return new Neighbour(ifindexes.getOrDefault(device, 0), device, address, mac, state);
  }

  /** The array that {@code ip -j neigh} prints. */
  static RouteText.Parsed<Neighbour> json(String text, Map<String, Integer> ifindexes) {
    List<Neighbour> values = new ArrayList<>();
    List<String> unread = new ArrayList<>();
    try {
      for (JsonNode node : JsonMapper.shared().readTree(text)) {
        Optional<IpAddress> address = IpAddress.tryParse(node.path("dst").asString(""));
        String device = node.path("dev").asString("");
        if (address.isPresent() && !device.isEmpty()) {
          values.add(
              new Neighbour(
                  ifindexes.getOrDefault(device, 0),
                  device,
                  address.get(),
                  node.path("lladdr").asString(""),
                  node.path("state").path(0).asString("NONE")));
        } else {
          unread.add(node.toString());
        }
      }
    } catch (JacksonException e) {
      unread.add(text.lines().findFirst().orElse(""));
    }
    return new RouteText.Parsed<>(values, unread);
  }
}
