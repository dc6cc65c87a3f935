package io.podhop.agent.ipam;

import io.podhop.model.IpAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The messages of one pod's life in the words of a release. */
record FakeLines(
    FakeNode.Release release, String cid, String pod, String netns, IpAddress address) {
  private boolean seelog() {
    return release == FakeNode.Release.SEELOG_1_5;
  }

  List<String> cni(String operation) {
    return List.of(
        "Received CNI "
            + operation
            + " request: ContainerID("
            + cid
            + ") Netns("
            + netns
            + ") IfName(eth0) Args(IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME="
            + pod
            + ") Path(/opt/cni/bin) argsStdinData({})");
  }

  List<String> addReceived() {
    if (seelog()) {
      return List.of(
          "Received AddNetwork for NS "
              + netns
              + ", Pod "
              + pod
              + ", NameSpace shop, Container "
              + cid
              + ", ifname eth0");
    }
    return List.of(
        "Received AddNetwork for NS " + netns + ", Sandbox " + cid + ", ifname eth0",
        "AddNetworkRequest: K8S_POD_NAME:\""
            + pod
            + "\"  K8S_POD_NAMESPACE:\"shop\"  ContainerID:\""
            + cid
            + "\"  IfName:\"eth0\"  NetworkName:\"aws-cni\"  Netns:\""
            + netns
            + "\"");
  }

  List<String> assign() {
    String sandbox = " to sandbox aws-cni/" + cid + "/eth0";
    return List.of(
        switch (release) {
          case SEELOG_1_5 ->
              "AssignPodIPv4Address: Assign IP "
                  + address
                  + " to pod (name "
                  + pod
                  + ", namespace shop container "
                  + cid
                  + ")";
          case JSON_1_7 -> "AssignPodIPv4Address: Assign IP " + address + sandbox;
          case JSON_1_16 -> "assignPodIPAddressUnsafe: Assign IP " + address + sandbox;
          case JSON_1_21 ->
              "assignPodIPAddressUnsafe: Assign IP "
                  + address
                  + sandbox
                  + " with metadata {K8SPodNamespace:shop K8SPodName:"
                  + pod
                  + " InterfacesCount:1}";
        });
  }

  List<String> reply() {
    return List.of(
        switch (release) {
          case SEELOG_1_5, JSON_1_7 ->
              "Send AddNetworkReply: IPv4Addr " + address + ", DeviceNumber: 1, err: <nil>";
          case JSON_1_16 ->
              "Send AddNetworkReply: IPv4Addr: "
                  + address
                  + ", IPv6Addr: , DeviceNumber: 1, err: <nil>";
          case JSON_1_21 ->
              "Send AddNetworkReply: Success: true IPAddr: [IPv4Addr:\""
                  + address
                  + "\" DeviceNumber:1 RouteTableId:2], resp: Success:true, err: <nil>";
        });
  }

  List<String> response() {
    return List.of(
        seelog()
            ? "Received add network response for pod "
                + pod
                + " namespace shop container "
                + cid
                + ": "
                + address
                + ", table 2, external-SNAT: false"
            : "Received add network response from ipamd for container "
                + cid
                + " interface eth0: Success:true  IPv4Addr:\""
                + address
                + "\"  DeviceNumber:1");
  }

  List<String> setup() {
    String start = "hostVethName=eni" + pod + ", contVethName=eth0, netnsPath=" + netns + ", ";
    return List.of(
        switch (release) {
          case SEELOG_1_5 -> "SetupNS: " + start + "table=2";
          case JSON_1_7, JSON_1_16 ->
              "SetupPodNetwork: "
                  + start
                  + "v4Addr="
                  + address
                  + "/32, v6Addr=<nil>, deviceNumber=1, mtu=9001";
          case JSON_1_21 ->
              "SetupPodNetwork: "
                  + start
                  + "ipAddr="
                  + address
                  + "/32, routeTableNumber=2, mtu=9001";
        });
  }

  List<String> delReceived() {
    return List.of(
        seelog()
            ? "Received DelNetwork for IP <nil>, Pod " + pod + ", Namespace shop, Container " + cid
            : "Received DelNetwork for Sandbox " + cid);
  }

  List<String> unassign(Instant now) {
    if (seelog()) {
      return List.of(
          "UnassignPodIPv4Address: pod (Name: "
              + pod
              + ", NameSpace shop Container "
              + cid
              + ")'s ipAddr "
              + address
              + ", DeviceNumber1");
    }
    List<String> lines = new ArrayList<>();
    boolean early = release == FakeNode.Release.JSON_1_7;
    lines.add(
        (early ? "UnAssignPodIPv4Address" : "unassignPodIPAddressUnsafe")
            + ": Unassign IP "
            + address
            + " from sandbox aws-cni/"
            + cid
            + "/eth0");
    if (release == FakeNode.Release.JSON_1_21) {
      lines.add(
          "IP "
              + address
              + " entering cooldown period of 30s (available after "
              + now.plus(Cooling.USUAL)
              + ")");
    }
    lines.add(
        "UnassignPodIPAddress: sandbox aws-cni/"
            + cid
            + "/eth0's ipAddr "
            + address
            + ", DeviceNumber 1");
    return lines;
  }
}
