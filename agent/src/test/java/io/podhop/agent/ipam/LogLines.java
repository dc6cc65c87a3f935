package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.util.ArrayList;
import java.util.List;

/** Lines of the logs' shapes with made-up pods, and what a parser makes of lines. */
final class LogLines {
  static final String CID = "a1".repeat(32);
  static final String OTHER_CID = "b2".repeat(32);

  private LogLines() {}

  static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }

  static String json(String ts, String msg) {
    return "{\"level\":\"info\",\"ts\":\""
        + ts
        + "\",\"caller\":\"datastore/data_store.go:714\",\"msg\":\""
        + msg.replace("\\", "\\\\").replace("\"", "\\\"")
        + "\"}";
  }

  static String assign(String ts, String ip, String cid, String namespace, String pod) {
    return json(
        ts,
        "assignPodIPAddressUnsafe: Assign IP "
            + ip
            + " to sandbox aws-cni/"
            + cid
            + "/eth0 with metadata {K8SPodNamespace:"
            + namespace
            + " K8SPodName:"
            + pod
            + " InterfacesCount:1}");
  }

  static String unassign(String ts, String ip, String cid) {
    return json(
        ts,
        "unassignPodIPAddressUnsafe: Unassign IP " + ip + " from sandbox aws-cni/" + cid + "/eth0");
  }

  static String reply(String ts, String ip, String deviceAndTable) {
    String metadata = "IPv4Addr:\"" + ip + "\"  " + deviceAndTable;
    return json(
        ts,
        "Send AddNetworkReply: Success: true IPAddr: ["
            + metadata
            + "], resp: Success:true  IPAllocationMetadata:{"
            + metadata
            + "}  VPCv4CIDRs:\"192.168.0.0/16\", err: <nil>");
  }

  static List<IpamEvent> parse(String text) {
    List<IpamEvent> events = new ArrayList<>();
    IpamLogParser parser = new IpamLogParser((event, _) -> events.add(event));
    text.lines().forEach(parser::accept);
    parser.flush();
    return events;
  }

  /** The events that are not {@link IpamEvent.Other}. */
  static List<IpamEvent> facts(String text) {
    return parse(text).stream().filter(event -> !(event instanceof IpamEvent.Other)).toList();
  }
}
