package io.podhop.cli.render;

import io.podhop.cli.render.Grid.Cell;
import io.podhop.cli.render.Grid.Column;
import io.podhop.cli.render.Style.Tone;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The answer of {@code podhop nodes} for people. */
public final class NodesText {
  private NodesText() {}

  /**
   * One line per node; the wide style adds every pod.
   *
   * @param now what "heard" is counted back from
   */
  public static String of(List<NodeReport> nodes, Instant now, Style style) {
    if (nodes.isEmpty()) {
      return "no agent has registered with this collector yet\n";
    }
    List<String> lines = new ArrayList<>(nodeGrid(nodes, now, style).lines());
    for (NodeReport node : nodes) {
      for (String warning : node.inventory().warnings()) {
        String head = "note  " + style.text(node.inventory().node()) + ": ";
        lines.addAll(TextFit.hanging("", head + style.text(warning), style.width()));
      }
    }
    if (style.wide()) {
      lines.add("");
      lines.addAll(podGrid(nodes, style).lines());
    }
    return String.join("\n", lines) + "\n";
  }

  private static Grid nodeGrid(List<NodeReport> nodes, Instant now, Style style) {
    Grid grid =
        new Grid(
            style,
            1,
            List.of(
                new Column("NODE", 24, true),
                Column.of("AGENT", 12),
                Column.of("HEARD", 8),
                Column.of("ADDRESS", 15),
                Column.of("ENIS", 4),
                Column.of("PODS", 5),
                Column.of("VERSION", 0)));
    for (NodeReport node : nodes) {
      NodeInventory inventory = node.inventory();
      grid.row(
          List.of(
              Cell.of(style.text(inventory.node())),
              node.connected()
                  ? new Cell("connected", Tone.GOOD)
                  : new Cell("disconnected", Tone.BAD),
              Cell.of(age(Duration.between(node.lastHeard(), now))),
              Cell.of(inventory.primaryAddress().toString()),
              Cell.of(Integer.toString(inventory.enis().size())),
              Cell.of(Integer.toString(inventory.pods().size())),
              Cell.of(style.text(node.version()))));
    }
    return grid;
  }

  private static Grid podGrid(List<NodeReport> nodes, Style style) {
    List<Column> columns =
        List.of(
            Column.of("POD", 0),
            Column.of("NODE", 0),
            Column.of("ENI", 0),
            Column.of("TABLE", 0),
            Column.of("VETH", 0),
            Column.of("NETNS", 0),
            Column.of("ADDRESSES", 0));
    Grid grid = new Grid(style, 1, columns);
    for (NodeReport node : nodes) {
      for (PodInfo pod : node.inventory().pods()) {
        String addresses =
            pod.addresses().stream().map(Object::toString).collect(Collectors.joining(" "));
        grid.row(
            List.of(
                Cell.of(style.text(pod.ref().toString())),
                Cell.of(style.text(node.inventory().node())),
                Cell.of(style.text(pod.eniInterface())),
                Cell.of(Integer.toString(pod.routeTable())),
                Cell.of(style.text(pod.hostVeth())),
                Cell.of(Long.toString(pod.netnsInode())),
                Cell.of(addresses)));
      }
    }
    return grid;
  }

  private static String age(Duration silence) {
    long seconds = Math.max(0, silence.toSeconds());
    if (seconds < 120) {
      return seconds + "s ago";
    }
    return seconds < 7200 ? seconds / 60 + "m ago" : seconds / 3600 + "h ago";
  }
}
