package io.podhop.agent.describe;

import io.podhop.agent.correlate.NodeView;
import io.podhop.agent.ipam.IntrospectionSnapshot;
import io.podhop.agent.ipam.IpamReader;
import io.podhop.agent.ipam.IpamSnapshot;
import io.podhop.agent.nat.Backend;
import io.podhop.agent.nat.NatSnapshot;
import io.podhop.agent.nat.Ruleset;
import io.podhop.agent.route.RouteSnapshot;
import io.podhop.model.EniInfo;
import io.podhop.model.IpAddress;
import io.podhop.model.NodeInventory;
import io.podhop.model.PodInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A node of which two ENIs, ipamd's and the plugin's lines and an answer of ipamd are known. */
public final class LoggedNode {
  public static final String WEB_CID = "a1".repeat(32);
  public static final String DB_CID = "b2".repeat(32);

  private final List<String> ipamd = new ArrayList<>();
  private final List<String> plugin = new ArrayList<>();
  private final List<PodInfo> pods = new ArrayList<>();
  private IntrospectionSnapshot answer = IntrospectionSnapshot.EMPTY;

  static String json(String at, String message) {
    return "{\"level\":\"info\",\"ts\":\""
        + at
        + "\",\"caller\":\"ipamd/ipamd.go:1\",\"msg\":\""
        + message.replace("\"", "\\\"")
        + "\"}";
  }

  public LoggedNode ipamd(String at, String message) {
    ipamd.add(json(at, message));
    return this;
  }

  public LoggedNode plugin(String at, String message) {
    plugin.add(json(at, message));
    return this;
  }

  public LoggedNode assigned(String at, String address, String cid, String pod) {
    return ipamd(
        at,
        "assignPodIPAddressUnsafe: Assign IP "
            + address
            + " to sandbox aws-cni/"
            + cid
            + "/eth0 with metadata {K8SPodNamespace:shop K8SPodName:"
            + pod
            + " InterfacesCount:1}");
  }

  public LoggedNode released(String at, String address, String cid) {
    return ipamd(
        at,
        "unassignPodIPAddressUnsafe: Unassign IP "
            + address
            + " from sandbox aws-cni/"
            + cid
            + "/eth0");
  }

  public LoggedNode answers(String enis, String at) {
    try {
      answer = IntrospectionSnapshot.of(enis, Instant.parse(at));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  public LoggedNode pod(PodInfo pod) {
    pods.add(pod);
    return this;
  }

  /**
   * What the agent would see.
   *
   * @param directory an empty one
   */
  public NodeView view(Path directory) {
    try {
      Files.write(directory.resolve("ipamd.log"), ipamd);
      Files.write(directory.resolve("plugin.log"), plugin);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try (IpamReader reader = new IpamReader(directory, directory, () -> answer)) {
      reader.poll();
      return view(reader.poll());
    }
  }

  private NodeView view(IpamSnapshot ipam) {
    List<EniInfo> enis =
        List.of(
            new EniInfo("eni-0aa", "ens5", 2, List.of(IpAddress.parse("10.1.0.10")), 254),
            new EniInfo("eni-0bb", "ens6", 3, List.of(IpAddress.parse("10.1.0.20")), 2));
    return new NodeView(
        new NodeInventory(
            "node-a", IpAddress.parse("10.1.0.10"), List.of(), enis, pods, List.of(), List.of()),
        ipam,
        new RouteSnapshot(List.of(), List.of(), List.of(), List.of(), List.of(), 0),
        NatSnapshot.of(Ruleset.empty(Backend.NFT)));
  }
}
