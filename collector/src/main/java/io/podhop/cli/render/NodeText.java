package io.podhop.cli.render;

import io.podhop.cli.render.Grid.Cell;
import io.podhop.cli.render.Grid.Column;
import io.podhop.cli.render.Style.Tone;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeDescription;
import io.podhop.model.PodRef;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The answer of {@code podhop node} for people. */
public final class NodeText {
  private static final IpAddress UNKNOWN = IpAddress.parse("0.0.0.0");
  private static final int KEY_WIDTH = 11;

  /** The newest troubles that are told, unless it is wide. */
  private static final int MAX_TROUBLES = 5;

  private final NodeDescription node;
  private final Moments moments;
  private final Style style;
  private final List<String> lines = new ArrayList<>();

  private NodeText(NodeDescription node, ZoneId zone, Style style) {
    this.node = node;
    this.moments = new Moments(zone);
    this.style = style;
  }

  /**
   * Its limits, ENIs, ranges, branch ENIs and troubles; the wide style adds every address and
   * ipamd's settings.
   */
  public static String of(NodeDescription node, ZoneId zone, Style style) {
    NodeText text = new NodeText(node, zone, style);
    text.head();
    text.block(text.enis());
    text.block(text.ranges());
    text.block(text.branches());
    if (style.wide()) {
      text.block(text.addresses());
      text.settings();
    }
    text.troubles();
    text.notes();
    return String.join("\n", text.lines) + "\n";
  }

  /** Empty when nobody told it, as of a bundle without routes. */
  private String address() {
    IpAddress primary = node.inventory().primaryAddress();
    return primary.equals(UNKNOWN) ? "" : "  " + primary;
  }

  private void head() {
    say(
        "",
        node.inventory().node()
            + address()
            + (node.instanceType().isEmpty() ? "" : "  " + node.instanceType()));
    pair("max pods", maxPods());
    pair(
        "addresses",
        node.counts()
            .map(
                counts ->
                    counts.used()
                        + " used, "
                        + counts.cooling()
                        + " cooling, "
                        + free(counts.free())
                        + " free (at "
                        + moments.exact(counts.at())
                        + ")")
            .orElse("not known"));
    pair("limit", node.limit());
  }

  private String maxPods() {
    if (node.maxPods().isEmpty()) {
      return "not known";
    }
    String most = node.maxPods().getAsInt() + " by EKS's formula";
    return node.maxEnis().isEmpty() || node.addressesPerEni().isEmpty()
        ? most
        : most
            + ": at most "
            + node.maxEnis().getAsInt()
            + " ENIs of "
            + node.addressesPerEni().getAsInt()
            + " addresses; kubelet may be set to fewer";
  }

  private static String free(int free) {
    return free == Integer.MAX_VALUE ? "very many" : Integer.toString(free);
  }

  private static String free(long free) {
    return free >= Integer.MAX_VALUE ? "very many" : Long.toString(free);
  }

  private void say(String head, String sentence) {
    lines.addAll(TextFit.hanging(head, style.text(sentence), style.width()));
  }

  private void pair(String key, String value) {
    say(TextFit.padRight(key, KEY_WIDTH), value);
  }

  private void block(Grid grid) {
    List<String> drawn = grid.lines();
    if (drawn.size() > 1) {
      lines.add("");
      lines.addAll(drawn);
    }
  }

  private Cell cell(String text) {
    return Cell.of(text.isEmpty() ? "-" : style.text(text));
  }

  private static Cell number(long number) {
    return Cell.of(Long.toString(number));
  }

  private Grid enis() {
    Grid grid =
        new Grid(
            style,
            2,
            List.of(
                new Column("ENI", 21, true),
                new Column("INTERFACE", 9, true),
                Column.of("DEV/CARD", 8),
                Column.of("TABLE", 6),
                new Column("SUBNET", 17, true),
                Column.of("KIND", 0)));
    for (NodeDescription.Eni eni : node.enis()) {
      grid.row(
          List.of(
              cell(eni.id()),
              cell(eni.interfaceName()),
              cell(eni.told() ? eni.deviceNumber() + "/" + eni.networkCard() : ""),
              cell(table(eni.routeTable())),
              cell(eni.subnetId()),
              cell(kind(eni))));
    }
    return grid;
  }

  private static String table(int table) {
    return switch (table) {
      case 0 -> "";
      case 254 -> "main";
      default -> Integer.toString(table);
    };
  }

  private static String kind(NodeDescription.Eni eni) {
    List<String> words = new ArrayList<>();
    if (eni.primary()) {
      words.add("primary");
    }
    if (eni.trunk()) {
      words.add("trunk");
    }
    if (eni.excluded()) {
      words.add("excluded");
    }
    return String.join(" ", words);
  }

  private Grid ranges() {
    Grid grid =
        new Grid(
            style,
            1,
            List.of(
                new Column("RANGE OF", 21, true),
                new Column("RANGE", 28, true),
                Column.of("USED", 5),
                Column.of("COOLING", 7),
                Column.of("FREE", 0)));
    for (NodeDescription.Eni eni : node.enis()) {
      List<NodeDescription.Range> single =
          eni.ranges().stream().filter(range -> !range.prefix()).toList();
      if (!single.isEmpty()) {
        row(grid, eni, single.size() + " secondary addresses", single);
      }
      eni.ranges().stream()
          .filter(NodeDescription.Range::prefix)
          .forEach(range -> row(grid, eni, range.cidr().toString(), List.of(range)));
    }
    return grid;
  }

  private void row(
      Grid grid, NodeDescription.Eni eni, String what, List<NodeDescription.Range> ranges) {
    grid.row(
        List.of(
            cell(eni.id().isEmpty() ? eni.interfaceName() : eni.id()),
            cell(what),
            number(ranges.stream().mapToLong(NodeDescription.Range::used).sum()),
            number(ranges.stream().mapToLong(NodeDescription.Range::cooling).sum()),
            cell(
                eni.excluded()
                    ? "none for pods"
                    : free(ranges.stream().mapToLong(NodeDescription.Range::free).sum()))));
  }

  private Grid branches() {
    Grid grid =
        new Grid(
            style,
            1,
            List.of(
                new Column("BRANCH ENI", 21, true),
                Column.of("VLAN", 5),
                new Column("ADDRESS", 15, true),
                Column.of("MODE", 8),
                Column.of("POD", 0)));
    for (NodeDescription.Branch branch : node.branches()) {
      grid.row(
          List.of(
              cell(branch.eniId()),
              number(branch.vlan()),
              cell(branch.address().toString()),
              cell(branch.mode()),
              cell(name(branch.pod()))));
    }
    return grid;
  }

  private static String name(Optional<PodRef> pod) {
    return pod.map(PodRef::toString).orElse("");
  }

  private Grid addresses() {
    Grid grid =
        new Grid(
            style,
            1,
            List.of(
                Column.of("ADDRESS", 0),
                Column.of("ENI", 0),
                Column.of("STATE", 0),
                Column.of("SINCE", 0),
                Column.of("POD", 0)));
    for (NodeDescription.Eni eni : node.enis()) {
      for (NodeDescription.Range range : eni.ranges()) {
        for (NodeDescription.Slot slot : range.addresses()) {
          grid.row(
              List.of(
                  cell(slot.address().toString()),
                  cell(eni.id()),
                  cell(state(slot)),
                  cell(slot.assigned().map(moments::exact).orElse("")),
                  cell(name(slot.pod()))));
        }
      }
    }
    return grid;
  }

  private String state(NodeDescription.Slot slot) {
    Optional<Instant> cooling = slot.coolingUntil();
    return cooling.map(until -> "cooling until " + moments.exact(until)).orElse("used");
  }

  private void settings() {
    if (!node.settings().isEmpty()) {
      lines.add("");
      new TreeMap<>(node.settings()).forEach((key, value) -> say("", key + "=" + value));
    }
  }

  private void troubles() {
    List<NodeDescription.Trouble> all = node.troubles();
    int left = style.wide() ? 0 : Math.max(0, all.size() - MAX_TROUBLES);
    if (!all.isEmpty()) {
      lines.add("");
    }
    for (NodeDescription.Trouble trouble : all.subList(left, all.size())) {
      String head = moments.exact(trouble.at()) + "  ";
      String reason = style.text(trouble.reason());
      List<String> drawn =
          TextFit.hanging(head, reason + "  " + style.text(trouble.sentence()), style.width());
      lines.add(
          head
              + style.paint(Tone.BAD, reason)
              + drawn.getFirst().substring(head.length() + reason.length()));
      lines.addAll(drawn.subList(1, drawn.size()));
      for (Citation line : trouble.evidence()) {
        say("    ", line.toString());
      }
    }
    if (left > 0) {
      say("note  ", left + " earlier troubles are not shown; -o wide shows them");
    }
  }

  private void notes() {
    List<String> notes = new ArrayList<>(node.warnings());
    notes.addAll(node.inventory().warnings());
    if (!notes.isEmpty()) {
      lines.add("");
    }
    notes.forEach(note -> say("note  ", note));
  }
}
