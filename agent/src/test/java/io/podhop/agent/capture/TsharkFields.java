package io.podhop.agent.capture;

import io.podhop.model.IpAddress;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What tshark reads in a file: one map per packet, with the names that {@link ViewFields} uses. */
final class TsharkFields {
  private static final List<String> NAMES =
      List.of(
          "frame.time_epoch",
          "frame.len",
          "frame.protocols",
          "vxlan.vni",
          "vlan.id",
          "ieee8021ad.id",
          "ip.src",
          "ip.dst",
          "ipv6.src",
          "ipv6.dst",
          "ip.ttl",
          "ipv6.hlim",
          "ip.proto",
          "ipv6.nxt",
          "ipv6.fraghdr.nxt",
          "ipv6.hopopts.nxt",
          "ip.id",
          "ipv6.fraghdr.ident",
          "ip.flags.df",
          "ip.flags.mf",
          "ipv6.fraghdr.more",
          "ip.frag_offset",
          "ipv6.fraghdr.offset",
          "ip.len",
          "ipv6.plen",
          "tcp.srcport",
          "tcp.dstport",
          "tcp.seq",
          "tcp.seq_raw",
          "tcp.ack_raw",
          "tcp.flags",
          "tcp.window_size_value",
          "tcp.hdr_len",
          "tcp.len",
          "tcp.options.mss_val",
          "tcp.options.wscale.shift",
          "tcp.options.sack_perm",
          "tcp.options.timestamp.tsval",
          "tcp.options.timestamp.tsecr",
          "tcp.options.sack_le",
          "tcp.options.sack_re",
          "udp.srcport",
          "udp.dstport",
          "udp.length",
          "icmp.type",
          "icmp.code",
          "icmp.ident",
          "icmp.seq",
          "icmp.mtu",
          "icmpv6.type",
          "icmpv6.code",
          "icmpv6.mtu",
          "icmpv6.echo.identifier",
          "icmpv6.echo.sequence_number",
          "dns.id",
          "dns.flags.response",
          "dns.flags.rcode",
          "dns.qry.name",
          "dns.qry.type",
          "dns.flags.truncated",
          "dns.count.answers",
          "dns.resp.type",
          "dns.resp.ttl",
          "dns.a",
          "dns.aaaa",
          "quic.version",
          "quic.dcid",
          "quic.dcil",
          "quic.scil");

  /** Columns that an outer header has its value in first. */
  private static final List<String> OF_IPV4 =
      NAMES.stream().filter(name -> name.startsWith("ip.")).toList();

  private static final List<String> OF_IPV6 =
      List.of("ipv6.src", "ipv6.dst", "ipv6.hlim", "ipv6.nxt", "ipv6.plen");
  private static final List<String> OF_UDP = List.of("udp.srcport", "udp.dstport", "udp.length");

  private final Map<String, List<String>> row = new HashMap<>();
  private final Map<String, String> fields = new TreeMap<>();

  private TsharkFields(String line) {
    String[] cells = line.split("\\|", -1);
    for (int i = 0; i < NAMES.size(); i++) {
      row.put(NAMES.get(i), cells[i].isEmpty() ? List.of() : List.of(cells[i].split(",")));
    }
  }

  static List<Map<String, String>> read(Path file) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "tshark",
                "-n",
                "-r",
                file.toString(),
                "-o",
                "ip.defragment:FALSE",
                "-o",
                "ipv6.defragment:FALSE",
                "-o",
                "tcp.desegment_tcp_streams:FALSE",
                "-o",
                "tcp.relative_sequence_numbers:FALSE",
                "-d",
                "udp.port==8472,vxlan",
                "-T",
                "fields",
                "-E",
                "separator=|",
                "-E",
                "occurrence=a",
                "-E",
                "aggregator=,"));
    NAMES.forEach(name -> command.addAll(List.of("-e", name)));
    String output = Tools.run(command.toArray(String[]::new));
    return output.lines().map(line -> new TsharkFields(line).read()).toList();
  }

  private Map<String, String> read() {
    put("timeNs", new BigDecimal(cell("frame.time_epoch", 0)).movePointRight(9).toBigInteger());
    put("wire", cell("frame.len", 0));
    readTunnel();
    boolean ipv4 = !row.get("ip.src").isEmpty() && !isIpv6Outside();
    if (!ipv4 && row.get("ipv6.src").isEmpty()) {
      put("status", "NOT_IP");
      return fields;
    }
    put("status", "OK");
    copyLast("vlan", "vlan.id");
    copy("outerVlan", "ieee8021ad.id");
    readIp(ipv4);
    boolean error = ipv4 ? isIpv4Error() : isIpv6Error();
    readIcmp(ipv4 ? "icmp" : "icmpv6", ipv4, error);
    if (error) {
      readQuote(ipv4);
    } else {
      readTransport();
      readDns();
      readQuic();
    }
    return fields;
  }

  /** Takes the headers around a tunnelled packet out of the columns. */
  private void readTunnel() {
    List<String> layers = List.of(cell("frame.protocols", 0).split(":"));
    long ips =
        layers.stream()
            .takeWhile(layer -> !layer.startsWith("icmp"))
            .filter(layer -> layer.equals("ip") || layer.equals("ipv6"))
            .count();
    if (ips < 2) {
      return;
    }
    boolean vxlan = layers.contains("vxlan");
    boolean outerIpv4 =
        layers.stream()
            .filter(layer -> layer.startsWith("ip"))
            .findFirst()
            .orElseThrow()
            .equals("ip");
    put("tunnel", vxlan ? "VXLAN" : "IP_IN_IP");
    copy("vni", "vxlan.vni");
    put("outerSource", IpAddress.parse(cell(outerIpv4 ? "ip.src" : "ipv6.src", 0)));
    put("outerDestination", IpAddress.parse(cell(outerIpv4 ? "ip.dst" : "ipv6.dst", 0)));
    (outerIpv4 ? OF_IPV4 : OF_IPV6).forEach(this::dropFirst);
    if (vxlan) {
      OF_UDP.forEach(this::dropFirst);
    }
  }

  private void dropFirst(String name) {
    List<String> cells = row.get(name);
    row.put(name, cells.subList(1, cells.size()));
  }

  /** No packet of these tests carries one version in the other. */
  private boolean isIpv6Outside() {
    return !row.get("ipv6.src").isEmpty();
  }

  private void readIp(boolean ipv4) {
    put("source", IpAddress.parse(cell(ipv4 ? "ip.src" : "ipv6.src", 0)));
    put("destination", IpAddress.parse(cell(ipv4 ? "ip.dst" : "ipv6.dst", 0)));
    put("ttl", cell(ipv4 ? "ip.ttl" : "ipv6.hlim", 0));
    if (ipv4) {
      put("protocol", cell("ip.proto", 0));
      put("id", number(cell("ip.id", 0)));
      put("df", flag("ip.flags.df"));
      put("mf", flag("ip.flags.mf"));
      put("offset", 8 * number(cell("ip.frag_offset", 0)));
      put("length", cell("ip.len", 0));
      return;
    }
    boolean fragment = !row.get("ipv6.fraghdr.nxt").isEmpty();
    for (String header : List.of("ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.fraghdr.nxt")) {
      copy("protocol", header);
    }
    put("id", fragment ? number(cell("ipv6.fraghdr.ident", 0)) : -1);
    put("df", false);
    put("mf", fragment && flag("ipv6.fraghdr.more"));
    put("offset", fragment ? 8 * number(cell("ipv6.fraghdr.offset", 0)) : 0);
    put("length", 40 + number(cell("ipv6.plen", 0)));
  }

  private boolean isIpv4Error() {
    return List.of("3", "4", "5", "11", "12").contains(first("icmp.type"));
  }

  private boolean isIpv6Error() {
    String type = first("icmpv6.type");
    return !type.isEmpty() && Integer.parseInt(type) < 128;
  }

  private void readIcmp(String layer, boolean ipv4, boolean error) {
    if (row.get(layer + ".type").isEmpty()) {
      return;
    }
    put("icmpType", cell(layer + ".type", 0));
    put("icmpCode", cell(layer + ".code", 0));
    copy("icmpMtu", layer + ".mtu");
    if (!error) {
      copy("echoId", ipv4 ? "icmp.ident" : "icmpv6.echo.identifier");
      copy("echoSeq", ipv4 ? "icmp.seq" : "icmpv6.echo.sequence_number");
    }
  }

  private void readQuote(boolean ipv4) {
    String layer = row.get("tcp.srcport").isEmpty() ? "udp" : "tcp";
    put("quotedSource", IpAddress.parse(cell(ipv4 ? "ip.src" : "ipv6.src", 1)));
    put("quotedDestination", IpAddress.parse(cell(ipv4 ? "ip.dst" : "ipv6.dst", 1)));
    put("quotedProtocol", layer.equals("tcp") ? 6 : 17);
    put("quotedPorts", cell(layer + ".srcport", 0) + " " + cell(layer + ".dstport", 0));
    copy("quotedSeq", "tcp.seq");
    copy("quotedDnsId", "dns.id");
  }

  private void readTransport() {
    for (String layer : List.of("tcp", "udp")) {
      if (!row.get(layer + ".srcport").isEmpty()) {
        put("ports", cell(layer + ".srcport", 0) + " " + cell(layer + ".dstport", 0));
      }
    }
    if (!row.get("udp.length").isEmpty() && "false".equals(fields.get("mf"))) {
      put("payload", number(cell("udp.length", 0)) - 8);
    }
    if (row.get("tcp.srcport").isEmpty()) {
      return;
    }
    copy("payload", "tcp.len");
    copy("seq", "tcp.seq_raw");
    copy("ack", "tcp.ack_raw");
    copy("flags", "tcp.flags");
    copy("window", "tcp.window_size_value");
    copy("headerLength", "tcp.hdr_len");
    copy("mss", "tcp.options.mss_val");
    copy("scale", "tcp.options.wscale.shift");
    put("sack", !row.get("tcp.options.sack_perm").isEmpty());
    copy("tsval", "tcp.options.timestamp.tsval");
    copy("tsecr", "tcp.options.timestamp.tsecr");
    List<String> blocks = new ArrayList<>();
    for (int i = 0; i < row.get("tcp.options.sack_le").size(); i++) {
      blocks.add(cell("tcp.options.sack_le", i) + "-" + cell("tcp.options.sack_re", i));
    }
    put("sackBlocks", blocks);
  }

  private void readDns() {
    if (row.get("dns.id").isEmpty()) {
      return;
    }
    copy("dnsId", "dns.id");
    put("dnsResponse", flag("dns.flags.response"));
    put("dnsRcode", row.get("dns.flags.rcode").isEmpty() ? "0" : cell("dns.flags.rcode", 0));
    put("dnsName", cell("dns.qry.name", 0));
    copy("dnsType", "dns.qry.type");
    put("dnsTruncated", flag("dns.flags.truncated"));
    List<String> answers = new ArrayList<>();
    Iterator<String> ipv4 = row.get("dns.a").iterator();
    Iterator<String> ipv6 = row.get("dns.aaaa").iterator();
    for (int i = 0; i < number(cell("dns.count.answers", 0)); i++) {
      String type = cell("dns.resp.type", i);
      if (type.equals("1") || type.equals("28")) {
        String address = type.equals("1") ? ipv4.next() : ipv6.next();
        answers.add(IpAddress.parse(address) + " " + cell("dns.resp.ttl", i));
      }
    }
    put("dnsAnswers", answers);
  }

  private void readQuic() {
    if (!row.get("quic.dcid").isEmpty()) {
      copy("quicVersion", "quic.version");
      put("quicDestinationId", cell("quic.dcid", 0).replace(":", ""));
      copy("quicDestinationIdLength", "quic.dcil");
      copy("quicSourceIdLength", "quic.scil");
    }
  }

  private void copy(String to, String from) {
    if (!row.get(from).isEmpty()) {
      put(to, number(cell(from, 0)));
    }
  }

  private void copyLast(String to, String from) {
    if (!row.get(from).isEmpty()) {
      put(to, number(row.get(from).getLast()));
    }
  }

  private String first(String name) {
    return row.get(name).isEmpty() ? "" : cell(name, 0);
  }

  private boolean flag(String name) {
    return List.of("1", "True").contains(cell(name, 0));
  }

  private String cell(String name, int index) {
    return row.get(name).get(index);
  }

  private void put(String name, Object value) {
    fields.put(name, value.toString());
  }

  private static long number(String text) {
    return Long.decode(text);
  }
}
