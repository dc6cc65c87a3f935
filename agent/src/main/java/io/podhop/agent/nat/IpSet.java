package io.podhop.agent.nat;

import io.podhop.model.Cidr;
import io.podhop.model.FlowKey;
import io.podhop.model.IpAddress;
import io.podhop.model.Ternary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One set of ipset(8): its type and what is in it.
 *
 * @param type for example {@code hash:ip,port}
 * @param dimensions the type's parts
 * @param complete false when an element could not be read
 */
public record IpSet(
    String type, List<String> dimensions, List<Element> elements, boolean complete) {
  private static final int MAX_ELEMENTS = 1_000_000;
  private static final int MAX_NESTING = 8;

  public IpSet {
    dimensions = List.copyOf(dimensions);
    elements = List.copyOf(elements);
  }

  /**
   * @param parts one per dimension
   * @param except {@code nomatch}: what lies in it is not in the set
   */
  public record Element(List<Part> parts, boolean except) {
    public Element {
      parts = List.copyOf(parts);
    }

    int specificity() {
      return parts.stream()
          .mapToInt(part -> part instanceof Range range ? range.range().prefixLength() : 0)
          .sum();
    }
  }

  /** What an element says in one dimension. */
  public sealed interface Part {}

  /** An address or a network. */
  record Range(Cidr range) implements Part {}

  /** Inclusive addresses. */
  record Span(IpAddress first, IpAddress last) implements Part {}

  /**
   * @param protocol IANA number; 0 for any that has ports
   */
  record Ports(int protocol, int first, int last) implements Part {}

  record Interface(String name) implements Part {}

  record Mac(String address) implements Part {}

  record Mark(int value) implements Part {}

  record Nested(String set) implements Part {}

  /** Collects one set. */
  static final class Building {
    private final String type;
    private final List<String> dimensions;
    private final int netmask;
    private final List<Element> elements = new ArrayList<>();
    private boolean complete = true;

    private Building(String type, List<String> dimensions, int netmask) {
      this.type = type;
      this.dimensions = dimensions;
      this.netmask = netmask;
    }

    /** Reads {@code add NAME ELEMENT [options]}. */
    void add(RuleTokens words) {
      List<Part> parts = new ArrayList<>();
      String[] texts = words.get(2).split(",");
      for (int i = 0; i < texts.length && i < dimensions.size(); i++) {
        part(dimensions.get(i), texts[i]).ifPresent(parts::add);
      }
      boolean read = texts.length == dimensions.size() && parts.size() == texts.length;
      if (!read || elements.size() >= MAX_ELEMENTS) {
        complete = false;
        return;
      }
      boolean except = false;
      for (int i = 3; i < words.size(); i++) {
        except |= words.get(i).equals("nomatch");
        complete &= !words.get(i).equals("wildcard");
      }
      elements.add(new Element(parts, except));
    }

    private Optional<Part> part(String dimension, String text) {
      return switch (dimension) {
        case "ip", "net" -> address(text);
        case "port" -> ports(text);
        case "iface" ->
            text.startsWith("physdev:") ? Optional.empty() : Optional.of(new Interface(text));
        case "mac" -> Optional.of(new Mac(text.toLowerCase(Locale.ROOT)));
        case "mark" -> Masks.mark(text, -1).map(mark -> new Mark(mark[0]));
        case "set" -> Optional.of(new Nested(text));
        default -> Optional.empty();
      };
    }

    private Optional<Part> address(String text) {
      int dash = text.indexOf('-');
      if (dash > 0) {
        Optional<IpAddress> first = IpAddress.tryParse(text.substring(0, dash));
        Optional<IpAddress> last = IpAddress.tryParse(text.substring(dash + 1));
        return first.isPresent() && last.isPresent() && netmask < 0
            ? Optional.of(new Span(first.get(), last.get()))
            : Optional.empty();
      }
      return Cidr.tryParse(text)
          .map(
              range ->
                  new Range(
                      netmask < 0
                          ? range
                          : new Cidr(range.address(), Math.min(netmask, range.prefixLength()))));
    }

    private static Optional<Part> ports(String text) {
      int colon = text.indexOf(':');
      int protocol =
          switch (colon < 0 ? "" : text.substring(0, colon)) {
            case "" -> 0;
            case "tcp" -> 6;
            case "udp" -> 17;
            default -> -1;
          };
      String[] ends = text.substring(colon + 1).split("-", 2);
      if (!ends[0].matches("\\d{1,5}") || !ends[ends.length - 1].matches("\\d{1,5}")) {
        return Optional.empty();
      }
      return Optional.of(
          new Ports(protocol, Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])));
    }

    IpSet finish() {
      return new IpSet(type, dimensions, elements, complete);
    }
  }

  /** Reads {@code create NAME TYPE [options]}. */
  static Building create(RuleTokens words) {
    String type = words.get(2);
    List<String> dimensions =
        type.startsWith("list:")
            ? List.of("set")
            : Arrays.asList(type.substring(type.indexOf(':') + 1).split(","));
    int netmask = -1;
    for (int i = 3; i < words.size(); i++) {
      if (words.get(i).equals("netmask") && words.get(i + 1).matches("\\d{1,3}")) {
        netmask = Integer.parseInt(words.get(i + 1));
      }
    }
    return new Building(type, dimensions, netmask);
  }

  /**
   * Whether a packet is in the set.
   *
   * @param directions {@code src} or {@code dst} for each dimension
   */
  Ternary contains(NatQuery query, WalkState at, List<String> directions, IpSets all) {
    return contains(query, at, directions, all, 0);
  }

  private Ternary contains(
      NatQuery query, WalkState at, List<String> directions, IpSets all, int depth) {
    if (directions.size() < dimensions.size()) {
      return Ternary.NO;
    }
    Ternary otherwise = complete ? Ternary.NO : Ternary.UNKNOWN;
    boolean open = !complete;
    Optional<Element> best = Optional.empty();
    for (Element element : elements) {
      Ternary one = holds(element, query, at, directions, all, depth);
      if (one == Ternary.UNKNOWN) {
        otherwise = Ternary.UNKNOWN;
        open = true;
      } else if (one == Ternary.YES && isCloser(element, best)) {
        best = Optional.of(element);
      }
    }
    if (best.isEmpty()) {
      return otherwise;
    }
    // With several networks in an element it is not told which of two is the closer one.
    boolean exceptions = elements.stream().anyMatch(Element::except);
    boolean certain = !exceptions || (!open && dimensions.size() == 1);
    return certain ? Ternary.of(!best.get().except()) : Ternary.UNKNOWN;
  }

  private static boolean isCloser(Element element, Optional<Element> best) {
    return best.isEmpty() || element.specificity() > best.get().specificity();
  }

  private static Ternary holds(
      Element element,
      NatQuery query,
      WalkState at,
      List<String> directions,
      IpSets all,
      int depth) {
    Ternary answer = Ternary.YES;
    for (int i = 0; i < element.parts().size(); i++) {
      Part part = element.parts().get(i);
      Ternary one =
          part instanceof Nested nested
              ? nested(nested, query, at, directions, all, depth)
              : part(part, query, at, directions.get(i).equals("src"));
      if (one == Ternary.NO) {
        return Ternary.NO;
      }
      answer = one == Ternary.UNKNOWN ? one : answer;
    }
    return answer;
  }

  private static Ternary nested(
      Nested nested, NatQuery query, WalkState at, List<String> directions, IpSets all, int depth) {
    Optional<IpSet> set = all.named(nested.set());
    return set.isEmpty() || depth >= MAX_NESTING
        ? Ternary.UNKNOWN
        : set.get().contains(query, at, directions, all, depth + 1);
  }

  private static Ternary part(Part part, NatQuery query, WalkState at, boolean source) {
    FlowKey packet = at.packet;
    IpAddress address = source ? packet.source() : packet.destination();
    return switch (part) {
      case Range range -> Ternary.of(range.range().contains(address));
      case Span span ->
          Ternary.of(
              address.isIpv4() == span.first().isIpv4()
                  && span.first().compareTo(address) <= 0
                  && address.compareTo(span.last()) <= 0);
      case Ports ports -> ports(ports, packet, source);
      case Interface named ->
          Ternary.of((source ? query.inInterface() : query.outInterface()).equals(named.name()));
      case Mac mac ->
          source
              ? query
                  .details()
                  .sourceMac()
                  .map(known -> Ternary.of(known.equals(mac.address())))
                  .orElse(Ternary.UNKNOWN)
              : Ternary.UNKNOWN;
      case Mark mark -> Ternary.of(at.fwmark == mark.value());
      case Nested _ -> Ternary.UNKNOWN;
    };
  }

  private static Ternary ports(Ports ports, FlowKey packet, boolean source) {
    if (packet.protocol().isIcmp()) {
      return ports.protocol() == 6 || ports.protocol() == 17 ? Ternary.NO : Ternary.UNKNOWN;
    }
    int port = source ? packet.sourcePort() : packet.destinationPort();
    boolean protocol = ports.protocol() == 0 || ports.protocol() == packet.protocol().number();
    return Ternary.of(protocol && port >= ports.first() && port <= ports.last());
  }
}
