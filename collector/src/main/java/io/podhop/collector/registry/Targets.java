package io.podhop.collector.registry;

import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.Protocol;
import io.podhop.model.ServicePort;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A destination once its kind is known: where its packets may end, and under which tuples. */
record Targets(Cluster cluster, int port, Protocol protocol, boolean ipv4) {
  Resolution<Destination> pod(Cluster.Placed placed) {
    Optional<IpAddress> address =
        placed.pod().addresses().stream().filter(a -> a.isIpv4() == ipv4).findFirst();
    if (address.isEmpty()) {
      return Resolution.usage(
          "pod " + placed.pod().ref() + " has no address of the source's family");
    }
    Endpoint endpoint = new Endpoint(address.get(), portOr(Names.DEFAULT_PORT), placed.owner());
    return found(endpoint, List.of(endpoint), List.of());
  }

  /** An address by itself, or the one a host name has. */
  Resolution<Destination> address(IpAddress address, String hostName) {
    if (address.isIpv4() != ipv4) {
      return Resolution.usage(address + " is not of the source's address family");
    }
    Owner owner = cluster.ownerOf(address);
    return switch (owner) {
      case Owner.Service _ -> virtual(address);
      case Owner.Node _ -> node(address, owner);
      case Owner.Pod _ -> {
        Endpoint endpoint = new Endpoint(address, portOr(Names.DEFAULT_PORT), owner);
        yield found(endpoint, List.of(endpoint), List.of());
      }
      case Owner.External _ -> {
        Owner named = new Owner.External(hostName);
        yield found(new Endpoint(address, portOr(Names.DEFAULT_PORT), named), List.of(), List.of());
      }
      case Owner.Unknown _ ->
          found(
              new Endpoint(address, portOr(Names.DEFAULT_PORT), owner),
              List.of(),
              List.of(address + " is inside the VPC, but no agent knows who holds it"));
    };
  }

  private Resolution<Destination> node(IpAddress address, Owner owner) {
    List<ServicePort> services = cluster.nodePorts(port, protocol);
    Endpoint endpoint = new Endpoint(address, portOr(Names.DEFAULT_PORT), owner);
    return services.isEmpty()
        ? found(endpoint, List.of(endpoint), List.of())
        : found(endpoint, cluster.backends(services), List.of());
  }

  /**
   * @param name {@code namespace/name}
   */
  Resolution<Destination> service(String name) {
    List<ServicePort> all =
        cluster.services().stream()
            .filter(s -> (s.namespace() + "/" + s.name()).equals(name))
            .filter(s -> s.clusterIp().isIpv4() == ipv4)
            .toList();
    if (all.isEmpty()) {
      List<String> near =
          Spelling.nearest(
              name, cluster.services().stream().map(s -> s.namespace() + "/" + s.name()));
      return Resolution.usage(
          "no service "
              + name
              + "; "
              + cluster.known()
              + (near.isEmpty()
                  ? ""
                  : "; did you mean svc/" + String.join(" or svc/", near) + "?"));
    }
    return virtual(all.getFirst().clusterIp());
  }

  private Resolution<Destination> virtual(IpAddress clusterIp) {
    List<ServicePort> all =
        cluster.services().stream().filter(s -> s.clusterIp().equals(clusterIp)).toList();
    List<ServicePort> fitting =
        all.stream()
            .filter(s -> s.protocol() == protocol && (port == 0 || s.port() == port))
            .toList();
    List<String> warnings = new ArrayList<>();
    ServicePort any = all.getFirst();
    if (fitting.isEmpty()) {
      warnings.add(
          "service %s/%s has no port %s; it has %s"
              .formatted(
                  any.namespace(),
                  any.name(),
                  port == 0 ? protocol.toString() : port + "/" + protocol,
                  Names.ports(all)));
    } else if (fitting.size() > 1) {
      warnings.add(
          "service %s/%s has several ports (%s); taking %d"
              .formatted(
                  any.namespace(), any.name(), Names.ports(fitting), fitting.getFirst().port()));
    }
    ServicePort chosen = fitting.isEmpty() ? any : fitting.getFirst();
    Owner owner = new Owner.Service(chosen.namespace(), chosen.name(), chosen.portName());
    int asked = portOr(fitting.isEmpty() ? Names.DEFAULT_PORT : chosen.port());
    List<Endpoint> backends = fitting.isEmpty() ? List.of() : cluster.backends(List.of(chosen));
    if (backends.isEmpty() && !fitting.isEmpty()) {
      warnings.add("service " + any.namespace() + "/" + any.name() + " has no endpoint");
    }
    return found(new Endpoint(clusterIp, asked, owner), backends, warnings);
  }

  private int portOr(int fallback) {
    return protocol.isIcmp() ? 0 : port == 0 ? fallback : port;
  }

  private static Resolution<Destination> found(
      Endpoint endpoint, List<Endpoint> targets, List<String> warnings) {
    Set<IpAddress> addresses = new HashSet<>();
    Set<Integer> ports = new HashSet<>();
    addresses.add(endpoint.address());
    ports.add(endpoint.port());
    for (Endpoint target : targets) {
      addresses.add(target.address());
      ports.add(target.port());
    }
    ports.remove(0);
    return new Resolution.Found<>(new Destination(endpoint, targets, addresses, ports, warnings));
  }
}
