package io.podhop.collector;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.podhop.collector.api.ExplainService;
import io.podhop.collector.explain.NodeQuestions;
import io.podhop.collector.registry.Names;
import io.podhop.collector.registry.Registry;
import io.podhop.model.NodeInventory;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;

/**
 * A collector inside the program that asks it, over nodes that are not there any more: it explains,
 * and traces nothing. No port is opened and no name is looked up outside.
 */
public final class OfflineCollector implements AutoCloseable {
  private static final String VERSION = "bundle";

  private final Server server;
  private final ManagedChannel channel;

  private OfflineCollector(Server server, ManagedChannel channel) {
    this.server = server;
    this.channel = channel;
  }

  /**
   * Serves the nodes.
   *
   * @throws IOException when two of them have one name
   */
  public static OfflineCollector serve(List<NodeInventory> nodes, NodeQuestions questions)
      throws IOException {
    Registry registry = new Registry(InstantSource.system());
    for (NodeInventory node : nodes) {
      Registry.Registration registration = registry.register(node.node(), VERSION, node);
      if (registration instanceof Registry.Registration.Refused) {
        throw new IOException("two bundles are of one node, " + node.node() + ": give one of them");
      }
      registry.update(node.node(), node, node);
    }
    String name = InProcessServerBuilder.generateName();
    Server server =
        InProcessServerBuilder.forName(name)
            .addService(
                new ExplainService(registry, new Names(registry, _ -> List.of()), questions))
            .build()
            .start();
    return new OfflineCollector(server, InProcessChannelBuilder.forName(name).build());
  }

  public ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
  }
}
