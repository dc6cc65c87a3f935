package io.podhop.collector.explain;

import io.podhop.collector.registry.Ends;
import io.podhop.collector.registry.Source;
import io.podhop.model.Endpoint;
import io.podhop.model.FlowKey;
import io.podhop.model.LegQuery;
import io.podhop.model.PodRef;

/**
 * A connection whose way is wanted.
 *
 * @param client the tuple that its first packet has where it begins
 * @param length bytes of the IP packet; 0 for one that is small
 */
record Connection(Ends ends, FlowKey client, int length) {
  /** Stands for the port that a client's kernel would choose: first of the dynamic ones. */
  static final int SOME_PORT = 49_152;

  /**
   * @param sourcePort 0 for any
   */
  static Connection between(Ends ends, int sourcePort, int length) {
    int port = sourcePort == 0 ? SOME_PORT : sourcePort;
    Endpoint destination = ends.destination().endpoint();
    FlowKey client =
        new FlowKey(
            ends.protocol(),
            ends.source().endpoint().address(),
            port,
            destination.address(),
            ends.protocol().isIcmp() ? port : destination.port());
    return new Connection(ends, client, length);
  }

  Walk.Step first() {
    Source source = ends.source();
    String from = source.pod().isEmpty() ? source.node() : source.pod();
    return new Walk.Step(source.node(), entry(from), client);
  }

  /**
   * Where packets enter a node's part of their way.
   *
   * @param sender {@code namespace/name} of a pod; without a slash the node itself
   */
  static LegQuery.Entry entry(String sender) {
    int slash = sender.indexOf('/');
    return slash < 0
        ? new LegQuery.FromNode()
        : new LegQuery.FromPod(new PodRef(sender.substring(0, slash), sender.substring(slash + 1)));
  }
}
