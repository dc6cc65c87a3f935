package io.podhop.agent;

import io.podhop.agent.correlate.NodePoints;
import io.podhop.agent.correlate.NodeView;
import io.podhop.model.EniInfo;
import io.podhop.model.ObservationPoint;
import io.podhop.model.PodInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** An interface to capture on, and the network namespace it is in. */
record Tap(ObservationPoint point, Path namespace) {
  /**
   * Points that one trace may arm on a node: thirty pods' and those of every ENI an instance takes.
   */
  static final int MAX_TAPS = 96;

  /** The network namespace that the agent itself runs in: the node's. */
  static final Path HOST = Path.of("/proc/self/ns/net");

  /**
   * The points a trace watches: both ends of the veth of every pod concerned, and every ENI,
   * because a packet may leave by the wrong one.
   *
   * @param pods as {@code namespace/name}
   * @throws IllegalArgumentException when a pod is not on this node, or there are too many points
   */
  static List<Tap> of(NodeView view, Collection<String> pods, long hostInode) {
    List<Tap> taps = new ArrayList<>();
    String node = view.inventory().node();
    for (String name : pods) {
      PodInfo pod = pod(view, name);
      taps.add(ofPod(node, pod));
      if (pod.hostVethIndex() != 0) {
        taps.add(ofVeth(node, pod, hostInode));
      }
    }
    view.inventory().enis().forEach(eni -> taps.add(ofEni(node, eni, hostInode)));
    if (taps.size() > MAX_TAPS) {
      throw new IllegalArgumentException(
          taps.size() + " points to watch on " + node + ", at most " + MAX_TAPS + " at once");
    }
    return List.copyOf(taps);
  }

  /** The points that are watched all the time: every pod's own interface, and every ENI. */
  static List<Tap> ofNode(NodeView view, long hostInode) {
    List<Tap> taps = new ArrayList<>();
    String node = view.inventory().node();
    view.inventory().pods().forEach(pod -> taps.add(ofPod(node, pod)));
    view.inventory().enis().forEach(eni -> taps.add(ofEni(node, eni, hostInode)));
    return List.copyOf(taps);
  }

  /**
   * A pod of this node by its {@code namespace/name}.
   *
   * @throws IllegalArgumentException when it is not on this node
   */
  static PodInfo pod(NodeView view, String name) {
    return view.inventory().pods().stream()
        .filter(candidate -> candidate.ref().toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no pod " + name + " on " + view.inventory().node() + " any more"));
  }

  static Path namespace(PodInfo pod) {
    return Path.of("/proc", Integer.toString(pod.pid()), "ns", "net");
  }

  /** A pod's own interface. */
  static ObservationPoint pointOf(String node, PodInfo pod) {
    return new NodePoints(node, 0).podEth0(pod);
  }

  private static Tap ofPod(String node, PodInfo pod) {
    return new Tap(pointOf(node, pod), namespace(pod));
  }

  private static Tap ofVeth(String node, PodInfo pod, long hostInode) {
    return new Tap(new NodePoints(node, hostInode).hostVeth(pod), HOST);
  }

  private static Tap ofEni(String node, EniInfo eni, long hostInode) {
    return new Tap(new NodePoints(node, hostInode).eni(eni), HOST);
  }
}
