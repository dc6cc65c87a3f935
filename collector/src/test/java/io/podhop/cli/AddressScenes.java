package io.podhop.cli;

import io.podhop.model.AddressHistory;
import io.podhop.model.AddressMoment;
import io.podhop.model.Cidr;
import io.podhop.model.Citation;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeDescription;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodRef;
import io.podhop.model.Tenure;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** An address with three owners on two nodes, and a node with two ENIs. */
public final class AddressScenes {
  public static final IpAddress ADDRESS = IpAddress.parse("10.1.2.3");
  public static final Instant NOW = Instant.parse("2026-03-01T11:00:00Z");

  private AddressScenes() {}

  private static Citation line(String text) {
    return new Citation(Citation.Source.IPAMD, "ipamd.log", 0, text);
  }

  public static Tenure tenure(String pod, String from, Optional<String> until, boolean atMost) {
    return new Tenure(
        ADDRESS,
        Optional.of(new PodRef("shop", pod)),
        "c1".repeat(32),
        Instant.parse(from),
        false,
        until.map(Instant::parse),
        atMost,
        Instant.parse(from).plusSeconds(120),
        atMost ? Optional.empty() : until.map(end -> Instant.parse(end).plusSeconds(300)),
        "eni-0bb1122334455667",
        OptionalInt.of(1),
        List.of(line("Assign IP 10.1.2.3 to sandbox aws-cni/c1/eth0 for " + pod)));
  }

  public static AddressHistory onNodeB() {
    return history(
        "node-b",
        "",
        tenure("old-0", "2026-03-01T10:00:00Z", Optional.of("2026-03-01T10:10:00Z"), true));
  }

  public static AddressHistory onNodeA() {
    return history(
        "node-a",
        "eni-0bb1122334455667",
        tenure("web-0", "2026-03-01T10:20:00Z", Optional.of("2026-03-01T10:40:00Z"), false),
        tenure("db-0", "2026-03-01T10:50:00Z", Optional.empty(), false));
  }

  public static AddressHistory history(String node, String nowOn, Tenure... tenures) {
    return new AddressHistory(
        node,
        List.of(tenures),
        Optional.of(Instant.parse("2026-03-01T09:00:00Z")),
        nowOn,
        false,
        Optional.empty(),
        List.of());
  }

  public static AddressHistory at(AddressHistory history, AddressMoment moment) {
    return new AddressHistory(
        history.node(),
        history.tenures(),
        history.knownFrom(),
        history.nowOn(),
        history.own(),
        Optional.of(moment),
        history.warnings());
  }

  public static AddressMoment moment(AddressMoment.State state, Optional<Tenure> tenure) {
    return new AddressMoment(
        Instant.parse("2026-03-01T10:30:00Z"),
        state,
        tenure,
        state == AddressMoment.State.COOLING
            ? Optional.of(Instant.parse("2026-03-01T10:30:20Z"))
            : Optional.empty(),
        state == AddressMoment.State.UNKNOWN ? "ipamd's logs do not go back so far" : "",
        tenure.map(Tenure::evidence).orElse(List.of()));
  }

  private static NodeDescription.Range single(NodeDescription.Slot slot) {
    return new NodeDescription.Range(new Cidr(slot.address(), 32), false, 1, List.of(slot));
  }

  private static NodeDescription.Slot used() {
    return new NodeDescription.Slot(
        ADDRESS,
        Optional.of(new PodRef("shop", "web-0")),
        Optional.of(Instant.parse("2026-03-01T10:20:00Z")),
        Optional.empty());
  }

  private static NodeDescription.Slot cooling() {
    return new NodeDescription.Slot(
        IpAddress.parse("10.1.2.4"),
        Optional.empty(),
        Optional.empty(),
        Optional.of(NOW.plusSeconds(20)));
  }

  private static NodeDescription.Eni eni(
      String id, String name, int device, NodeDescription.Range... ranges) {
    return new NodeDescription.Eni(
        id,
        name,
        device == 0,
        device != 0,
        device == 0,
        true,
        device,
        0,
        device == 0 ? 254 : 2,
        "subnet-0123456789abcdef0",
        List.of(IpAddress.parse("10.1.0." + (10 + device))),
        List.of(ranges));
  }

  private static NodeDescription.Trouble trouble() {
    return new NodeDescription.Trouble(
        Instant.parse("2026-03-01T10:55:00Z"),
        "subnet",
        Optional.of(new PodRef("shop", "new\u001b[31m")),
        "shop/new\u001b[31m got no address: the subnet has no free addresses",
        List.of(line("api error InsufficientFreeAddressesInSubnet")));
  }

  private static NodeInventory inventory() {
    return new NodeInventory(
        "node-a",
        IpAddress.parse("10.1.0.10"),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of("ipamd.log: 1 reads failed"));
  }

  public static NodeDescription node() {
    NodeDescription.Branch branch =
        new NodeDescription.Branch(
            Optional.of(new PodRef("shop", "pay-0")), IpAddress.parse("10.1.9.9"), 4, "", "strict");
    NodeDescription.Range prefix =
        new NodeDescription.Range(Cidr.parse("10.1.3.0/28"), true, 16, List.of());
    return new NodeDescription(
        inventory(),
        "m5.large",
        OptionalInt.of(29),
        OptionalInt.of(3),
        OptionalInt.of(10),
        List.of(
            eni("eni-0aa1122334455667", "ens5", 0),
            eni("eni-0bb1122334455667", "ens6", 1, single(used()), single(cooling()), prefix)),
        List.of(branch),
        Optional.of(new NodeDescription.Counts(NOW, 1, 1, 16)),
        "16 addresses are free, and m5.large allows 1 ENI more, of 9 addresses",
        List.of(trouble()),
        Map.of("WARM_ENI_TARGET", "1"),
        List.of());
  }
}
