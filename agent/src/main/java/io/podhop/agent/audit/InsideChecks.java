package io.podhop.agent.audit;

import io.podhop.agent.linux.InterfaceAddress;
import io.podhop.agent.linux.Link;
import io.podhop.agent.linux.RtNames;
import io.podhop.agent.route.Neighbour;
import io.podhop.agent.route.NextHop;
import io.podhop.agent.route.Route;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.agent.route.RouteType;
import io.podhop.model.Citation;
import io.podhop.model.Finding.Severity;
import io.podhop.model.IpAddress;
import io.podhop.model.PodInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** What the plugin set up inside each pod's network namespace. */
final class InsideChecks {
  static final List<Check> ALL =
      List.of(
          new Check("pod-default-route", InsideChecks::defaultRoute),
          new Check("pod-gateway-mac", InsideChecks::gatewayMac),
          new Check("pod-link-down", InsideChecks::linkDown),
          new Check("pod-mtu", InsideChecks::mtu));

  /** Gateways that only exist as static neighbours of each pod. */
  private static final IpAddress GATEWAY = IpAddress.parse("169.254.1.1");

  private static final IpAddress GATEWAY6 = IpAddress.parse("fe80::1");

  private static final String RECREATE = "delete the pod so that its controller makes it anew";
  private static final String IN_POD = " in the pod";

  private InsideChecks() {}

  /**
   * One pod, seen from inside.
   *
   * @param address the first that the CNI gave it
   * @param link the interface that has the address
   */
  private record Inside(PodInfo pod, RouteSnapshot state, IpAddress address, Optional<Link> link) {
    String name() {
      return pod.ref().toString();
    }

    IpAddress gateway() {
      return address.isIpv4() ? GATEWAY : GATEWAY6;
    }
  }

  private static void each(NodeFacts node, Remarks remarks, Consumer<Inside> look) {
    if (node.view().insides().isEmpty() && !node.pods().isEmpty()) {
      remarks.notMade("no pod's network namespace was read");
      return;
    }
    for (PodInfo pod : node.pods()) {
      Optional<RouteSnapshot> state = Optional.ofNullable(node.view().insides().get(pod.ref()));
      if (state.isEmpty()) {
        remarks.gap("the network namespace of " + pod.ref() + " was not read");
      } else if (!pod.addresses().isEmpty()) {
        IpAddress address = NodeFacts.addresses(pod).getFirst();
        Optional<Link> link =
            state.get().addresses().stream()
                .filter(one -> one.address().equals(address))
                .map(InterfaceAddress::interfaceName)
                .findFirst()
                .flatMap(name -> state.get().link(name));
        look.accept(new Inside(pod, state.get(), address, link));
      }
    }
  }

  private static void defaultRoute(NodeFacts node, Remarks remarks) {
    each(node, remarks, inside -> defaultRoute(inside, remarks));
  }

  private static void defaultRoute(Inside inside, Remarks remarks) {
    List<Route> main =
        inside.state().table(RtNames.TABLE_MAIN).stream()
            .filter(route -> route.destination().address().isIpv4() == inside.address().isIpv4())
            .toList();
    List<Route> defaults =
        main.stream()
            .filter(route -> route.destination().prefixLength() == 0)
            .filter(route -> route.type() == RouteType.UNICAST)
            .toList();
    boolean right =
        defaults.stream()
            .flatMap(route -> route.nextHop().stream())
            .flatMap(hop -> hop.gateway().stream())
            .anyMatch(inside.gateway()::equals);
    if (defaults.isEmpty()) {
      List<Citation> evidence = new ArrayList<>(Cite.routes(main));
      evidence.add(Cite.note("no default route" + IN_POD));
      remarks.error(
          inside.name(),
          "the pod has no default route: it reaches nothing, and answers nobody",
          RECREATE + ", and look what in it changes routes",
          evidence);
    } else if (!right) {
      remarks.warning(
          inside.name(),
          "the pod's default route does not lead to "
              + inside.gateway()
              + ", as the CNI wrote it: another plugin, or the pod itself, has changed it",
          "see whether another network plugin (Multus) should own the default route",
          Cite.routes(defaults));
    }
  }

  private static void gatewayMac(NodeFacts node, Remarks remarks) {
    each(node, remarks, inside -> gatewayMac(node, inside, remarks));
  }

  private static void gatewayMac(NodeFacts node, Inside inside, Remarks remarks) {
    Optional<Neighbour> entry =
        inside.state().neighbours().stream()
            .filter(one -> one.address().equals(inside.gateway()))
            .filter(
                one -> inside.link().filter(l -> l.name().equals(one.interfaceName())).isPresent())
            .findFirst();
    Optional<Link> veth = node.link(inside.pod().hostVeth()).filter(link -> !link.mac().isEmpty());
    if (veth.isEmpty()) {
      remarks.gap("the MAC of the host's end of the veth of " + inside.name() + " is not known");
    } else if (entry.isEmpty()) {
      remarks.error(
          inside.name(),
          "the pod has no static neighbour entry of its gateway "
              + inside.gateway()
              + ", which answers no ARP: the pod reaches nothing",
          RECREATE,
          List.of(Cite.link(veth.get(), "")));
    } else if (!entry.get().mac().toLowerCase(Locale.ROOT).equals(veth.get().mac())) {
      remarks.error(
          inside.name(),
          "the pod's static entry of its gateway "
              + inside.gateway()
              + " has not the MAC of its veth: the node ignores whatever the pod sends",
          RECREATE
              + "; if new pods have it too, set MACAddressPolicy=none for veths (udev changes their"
              + " MAC) or update the CNI to 1.20.1",
          List.of(Cite.neighbour(entry.get(), IN_POD), Cite.link(veth.get(), "")));
    } else if (!entry.get().state().equals("PERMANENT")) {
      remarks.warning(
          inside.name(),
          "the pod's entry of its gateway " + inside.gateway() + " is not permanent",
          RECREATE,
          List.of(Cite.neighbour(entry.get(), IN_POD)));
    }
  }

  private static void linkDown(NodeFacts node, Remarks remarks) {
    each(
        node,
        remarks,
        inside -> {
          if (inside.link().isEmpty()) {
            remarks.gap("which interface of " + inside.name() + " has its address is not known");
          } else if (!inside.link().get().up()) {
            remarks.error(
                inside.name(),
                "the pod's " + inside.link().get().name() + " is down",
                RECREATE,
                List.of(Cite.link(inside.link().get(), IN_POD)));
          }
        });
  }

  private static void mtu(NodeFacts node, Remarks remarks) {
    each(node, remarks, inside -> mtu(node, inside, remarks));
  }

  private static void mtu(NodeFacts node, Inside inside, Remarks remarks) {
    Optional<Link> veth = node.link(inside.pod().hostVeth());
    Optional<Link> eni = eni(node, inside.pod());
    if (inside.link().isEmpty() || veth.isEmpty()) {
      remarks.gap("the MTU of both ends of the veth of " + inside.name() + " is not known");
      return;
    }
    int ours = inside.link().get().mtuBytes();
    List<Citation> evidence = new ArrayList<>();
    evidence.add(Cite.link(inside.link().get(), IN_POD));
    evidence.add(Cite.link(veth.get(), ""));
    if (ours != veth.get().mtuBytes()) {
      remarks.add(
          Severity.ERROR,
          new Remarks.Fault(
              inside.name(),
              "the pod's MTU is "
                  + ours
                  + " and its veth's "
                  + veth.get().mtuBytes()
                  + ": larger packets vanish between them, without ICMP",
              RECREATE + ": the CNI sets both to one value",
              evidence));
    } else if (eni.isPresent() && ours > eni.get().mtuBytes()) {
      evidence.add(Cite.link(eni.get(), ""));
      remarks.warning(
          inside.name(),
          "the pod's MTU is above that of its ENI (" + eni.get().mtuBytes() + ")",
          "set AWS_VPC_ENI_MTU or POD_MTU to what the ENI can carry, and make the pod anew",
          evidence);
    }
  }

  private static Optional<Link> eni(NodeFacts node, PodInfo pod) {
    if (!pod.eniInterface().isEmpty()) {
      return node.link(pod.eniInterface());
    }
    return node.routing().table(pod.routeTable()).stream()
        .filter(route -> route.destination().prefixLength() == 0)
        .flatMap(route -> route.nextHop().stream())
        .map(NextHop::interfaceName)
        .findFirst()
        .flatMap(node::link);
  }
}
