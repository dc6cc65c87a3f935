package io.podhop.collector.registry;

import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.Owner;
import io.podhop.model.PodRef;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import io.podhop.model.Unaddressed;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** What people type for the two ends of a trace, resolved against what the agents told. */
public final class Names {
  static final int DEFAULT_PORT = 80;

  private static final String NO_AGENTS =
      "no agent has registered with this collector: start `podhop agent --collector HOST:PORT`"
          + " on the nodes";

  private final Registry registry;
  private final Function<String, List<IpAddress>> hostNames;

  /**
   * @param hostNames resolves a host name in bounded time; an empty list when there is no answer
   */
  public Names(Registry registry, Function<String, List<IpAddress>> hostNames) {
    this.registry = registry;
    this.hostNames = hostNames;
  }

  /**
   * Both ends of a connection; refuses the first one that means nothing or too much.
   *
   * @param namespace for names without one
   * @param port 0 for the service's own, else 80
   */
  public Resolution<Ends> ends(
      String source, String destination, String namespace, int port, Protocol protocol) {
    return switch (source(source, namespace)) {
      case Resolution.Refused<Source> r -> new Resolution.Refused<>(r.observable(), r.sentence());
      case Resolution.Found<Source>(Source from) -> {
        boolean ipv4 = from.endpoint().address().isIpv4();
        Protocol own = protocol.isIcmp() ? (ipv4 ? Protocol.ICMP : Protocol.ICMPV6) : protocol;
        yield switch (destination(destination, namespace, port, own, ipv4)) {
          case Resolution.Refused<Destination> r ->
              new Resolution.Refused<>(r.observable(), r.sentence());
          case Resolution.Found<Destination>(Destination to) ->
              new Resolution.Found<>(new Ends(from, to, own));
        };
      }
    };
  }

  /**
   * The nodes that hold an address, as a pod's or as an ENI's own. More than one when they
   * contradict each other.
   */
  public List<Holder> holders(IpAddress address) {
    return new Cluster(registry.nodes()).holders(address);
  }

  /** Who an address belongs to by the word of all nodes. */
  public Owner owner(IpAddress address) {
    return new Cluster(registry.nodes()).ownerOf(address);
  }

  /**
   * The source: {@code ns/name}, {@code name} or the address of a pod, or the name of a node.
   *
   * @param namespace for names without one
   */
  public Resolution<Source> source(String text, String namespace) {
    Cluster cluster = new Cluster(registry.nodes());
    if (cluster.nodes().isEmpty()) {
      return Resolution.notObservable(NO_AGENTS);
    }
    PodRef ref = podRef(text, namespace);
    Optional<IpAddress> address = IpAddress.tryParse(unbracketed(text));
    List<Cluster.Placed> pods =
        address.isPresent() ? cluster.podsAt(address.get()) : cluster.podsNamed(ref);
    if (pods.size() > 1) {
      return Resolution.usage(ambiguous(ref, pods));
    }
    if (pods.size() == 1) {
      return podSource(pods.getFirst());
    }
    Optional<AgentStatus> node = cluster.node(text);
    return node.isPresent()
        ? nodeSource(node.get())
        : Resolution.usage(unknown(text, ref, cluster));
  }

  /**
   * A pod that has no address, and why; empty when the name is none of a pod, or it has one.
   *
   * @param text {@code ns/name} or {@code name}
   * @param namespace for names without one
   */
  public Optional<Unaddressed> unaddressed(String text, String namespace) {
    Cluster cluster = new Cluster(registry.nodes());
    PodRef ref = podRef(text, namespace);
    boolean hasOne =
        cluster.podsNamed(ref).stream().anyMatch(placed -> !placed.pod().addresses().isEmpty());
    return hasOne
        ? Optional.empty()
        : cluster
            .unaddressed()
            .filter(pod -> pod.pod().name().equals(ref.name()))
            .filter(pod -> ref.namespace().isEmpty() || pod.pod().equals(ref))
            .findFirst();
  }

  private Resolution<Source> podSource(Cluster.Placed placed) {
    String pod = placed.pod().ref().toString();
    if (!placed.status().connected()) {
      return Resolution.notObservable("pod " + pod + " is on " + dead(placed.status()));
    }
    if (placed.pod().addresses().isEmpty()) {
      return Resolution.notObservable("pod " + pod + " has no address yet");
    }
    Endpoint endpoint = new Endpoint(placed.pod().addresses().getFirst(), 0, placed.owner());
    return new Resolution.Found<>(
        new Source(endpoint, placed.inventory(), pod, placed.pod().addresses()));
  }

  private Resolution<Source> nodeSource(AgentStatus status) {
    if (!status.connected()) {
      return Resolution.notObservable(dead(status));
    }
    if (status.inventory().isEmpty()) {
      return Resolution.notObservable(
          "the agent on " + status.node() + " has not described its node yet: try again");
    }
    NodeInventory inventory = status.inventory().get();
    Owner owner = new Cluster(List.of(status)).ownerOf(inventory.primaryAddress());
    return new Resolution.Found<>(
        new Source(
            new Endpoint(inventory.primaryAddress(), 0, owner),
            inventory,
            "",
            Cluster.addresses(inventory)));
  }

  private String dead(AgentStatus status) {
    return "node "
        + status.node()
        + ", whose agent is not connected (last heard "
        + registry.ago(status.lastHeardNs())
        + "): look at the agent on that node";
  }

  private static String ambiguous(PodRef ref, List<Cluster.Placed> pods) {
    boolean anywhere = ref.namespace().isEmpty();
    return "there are "
        + pods.size()
        + " pods "
        + (anywhere ? ref.name() : ref)
        + ": "
        + pods.stream()
            .map(
                p ->
                    (anywhere ? p.pod().ref() + " on " : "on ")
                        + p.inventory().node()
                        + (p.pod().addresses().isEmpty()
                            ? ""
                            : " with " + p.pod().addresses().getFirst()))
            .reduce((a, b) -> a + ", " + b)
            .orElse("")
        + (anywhere
            ? "; name the namespace with -n, or give an address"
            : "; give an address instead");
  }

  private static String unknown(String text, PodRef ref, Cluster cluster) {
    Stream<String> names =
        Stream.concat(
            cluster.pods().map(p -> p.pod().ref().toString()),
            cluster.nodes().stream().map(AgentStatus::node));
    String wanted = ref.namespace().isEmpty() ? ref.name() : ref.toString();
    List<String> near =
        Spelling.nearest(wanted, names).isEmpty()
            ? Spelling.nearest(text, cluster.nodes().stream().map(AgentStatus::node))
            : Spelling.nearest(wanted, cluster.pods().map(p -> p.pod().ref().toString()));
    return "no pod "
        + (ref.namespace().isEmpty() ? ref.name() : ref)
        + (text.indexOf('/') < 0 ? " and no node " + text : "")
        + "; "
        + cluster.known()
        + (near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?");
  }

  /** An empty namespace stands for all of them. */
  private static PodRef podRef(String text, String namespace) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new PodRef(namespace, text)
        : new PodRef(text.substring(0, slash), text.substring(slash + 1));
  }

  /**
   * The destination: {@code ns/name}, {@code name}, {@code svc/name}, {@code svc/ns/name}, {@code
   * ns/svc/name}, an address, a node or a host name.
   *
   * @param port 0 for the service's own, else 80
   * @param ipv4 the family of the source's address
   */
  public Resolution<Destination> destination(
      String text, String namespace, int port, Protocol protocol, boolean ipv4) {
    Cluster cluster = new Cluster(registry.nodes());
    Targets targets = new Targets(cluster, port, protocol, ipv4);
    Optional<IpAddress> address = IpAddress.tryParse(unbracketed(text));
    if (address.isPresent()) {
      return targets.address(address.get(), "");
    }
    Optional<String> service = serviceName(text, namespace, cluster);
    if (service.isPresent()) {
      return targets.service(service.get());
    }
    PodRef ref = podRef(text, namespace);
    List<Cluster.Placed> pods = cluster.podsNamed(ref);
    if (pods.size() > 1) {
      return Resolution.usage(ambiguous(ref, pods));
    }
    if (pods.size() == 1) {
      return targets.pod(pods.getFirst());
    }
    if (text.indexOf('/') >= 0) {
      return Resolution.usage(unknown(text, ref, cluster));
    }
    Optional<AgentStatus> node = cluster.node(text);
    if (node.isPresent() && node.get().inventory().isPresent()) {
      return targets.address(node.get().inventory().get().primaryAddress(), "");
    }
    return host(text, ref, targets, ipv4);
  }

  private Resolution<Destination> host(String text, PodRef ref, Targets targets, boolean ipv4) {
    List<IpAddress> addresses = hostNames.apply(text);
    Optional<IpAddress> fitting = addresses.stream().filter(a -> a.isIpv4() == ipv4).findFirst();
    if (fitting.isPresent()) {
      return targets.address(fitting.get(), text);
    }
    return Resolution.usage(
        addresses.isEmpty()
            ? unknown(text, ref, targets.cluster()) + " It is no host name either."
            : text + " has no address of the source's family");
  }

  private static String unbracketed(String text) {
    return text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
  }

  /** {@code namespace/name} when the text names a service. */
  private static Optional<String> serviceName(String text, String namespace, Cluster cluster) {
    String[] parts = text.split("/", -1);
    if (parts.length == 2 && parts[0].equals("svc")) {
      String own = namespace.isEmpty() ? cluster.namespaceOfService(parts[1]) : namespace;
      return Optional.of(own + "/" + parts[1]);
    }
    if (parts.length == 3 && parts[0].equals("svc")) {
      return Optional.of(parts[1] + "/" + parts[2]);
    }
    return parts.length == 3 && parts[1].equals("svc")
        ? Optional.of(parts[0] + "/" + parts[2])
        : Optional.empty();
  }

  /** All ports of a service, for messages. */
  static String ports(List<ServicePort> services) {
    return services.stream()
        .map(s -> s.port() + "/" + s.protocol())
        .distinct()
        .reduce((a, b) -> a + ", " + b)
        .orElse("none");
  }
}
