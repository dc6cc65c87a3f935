package io.podhop.agent.capture;

import io.podhop.agent.decode.DecodeStatus;
import io.podhop.agent.decode.Decoder;
import io.podhop.agent.decode.IcmpQuote;
import io.podhop.agent.decode.PacketView;
import io.podhop.agent.decode.Tunnel;
import io.podhop.model.IpAddress;
import io.podhop.model.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** What our decoder reads in a file: one map per packet; absent fields are left out. */
final class ViewFields {
  private final Map<String, String> fields = new TreeMap<>();

  private ViewFields() {}

  static List<Map<String, String>> read(Path path) throws IOException {
    List<Map<String, String>> packets = new ArrayList<>();
    PacketView view = new PacketView();
    try (PcapFile file = PcapFile.open(path, "")) {
      FrameHandler handler =
          (linkType, buffer, offset, captured, wire, timestampNs) -> {
            ViewFields fields = new ViewFields();
            fields.put("timeNs", timestampNs);
            fields.put("wire", wire);
            fields.read(Decoder.decode(linkType, buffer, offset, captured, wire, view), view);
            packets.add(fields.fields);
          };
      while (file.poll(handler, 1000) > 0) {
        continue;
      }
    }
    return packets;
  }

  private void read(DecodeStatus status, PacketView view) {
    put("status", status);
    if (status == DecodeStatus.NOT_IP) {
      return;
    }
    putKnown("vlan", view.vlanId());
    putKnown("outerVlan", view.outerVlanId());
    readTunnel(view);
    put("source", new IpAddress(view.sourceHigh(), view.sourceLow()));
    put("destination", new IpAddress(view.destinationHigh(), view.destinationLow()));
    put("ttl", view.ttl());
    put("protocol", view.protocolNumber());
    put("id", view.ipId());
    put("df", view.dontFragment());
    put("mf", view.moreFragments());
    put("offset", view.fragmentOffsetBytes());
    put("length", view.ipLength());
    if (!view.hasTransport()) {
      return;
    }
    if (view.icmpType() >= 0) {
      readIcmp(view);
    } else {
      put("ports", view.sourcePort() + " " + view.destinationPort());
      readTransport(view);
    }
  }

  private void readTunnel(PacketView view) {
    if (view.tunnel() != Tunnel.NONE) {
      put("tunnel", view.tunnel());
      putKnown("vni", view.vni());
      put("outerSource", new IpAddress(view.outerSourceHigh(), view.outerSourceLow()));
      put(
          "outerDestination",
          new IpAddress(view.outerDestinationHigh(), view.outerDestinationLow()));
    }
  }

  private void readTransport(PacketView view) {
    if (!view.moreFragments()) {
      put("payload", view.payloadLength());
    }
    if (view.protocolNumber() == Protocol.TCP.number()) {
      put("seq", view.tcpSequence());
      put("ack", view.tcpAcknowledgment());
      put("flags", view.tcpFlags());
      put("window", view.tcpWindow());
      put("headerLength", view.tcpHeaderLength());
      putKnown("mss", view.tcpMss());
      putKnown("scale", view.tcpWindowScale());
      put("sack", view.tcpSackPermitted());
      putKnown("tsval", view.tcpTimestampValue());
      putKnown("tsecr", view.tcpTimestampEcho());
      put("sackBlocks", sackBlocks(view));
    }
    if (view.hasQuicInitial()) {
      put("quicVersion", view.quicVersion());
      put("quicDestinationId", view.quicConnectionIdText());
      put("quicDestinationIdLength", view.quicConnectionIdLength());
      put("quicSourceIdLength", view.quicSourceConnectionIdLength());
    }
    if (view.hasDns()) {
      put("dnsId", view.dnsId());
      put("dnsResponse", view.dnsResponse());
      put("dnsRcode", view.dnsRcode());
      put("dnsName", view.questionName());
      put("dnsType", view.dnsQuestionType());
      put("dnsTruncated", view.dnsTruncated());
      put("dnsAnswers", answers(view));
    }
  }

  private static List<String> sackBlocks(PacketView view) {
    return IntStream.range(0, view.tcpSackBlocks())
        .mapToObj(i -> view.tcpSackLeft(i) + "-" + view.tcpSackRight(i))
        .toList();
  }

  private static List<String> answers(PacketView view) {
    List<String> answers = new ArrayList<>();
    view.forEachAnswer((high, low, ttl) -> answers.add(new IpAddress(high, low) + " " + ttl));
    return answers;
  }

  private void readIcmp(PacketView view) {
    put("icmpType", view.icmpType());
    put("icmpCode", view.icmpCode());
    putKnown("icmpMtu", view.icmpMtu());
    putKnown("echoId", view.echoIdentifier());
    putKnown("echoSeq", view.echoSequence());
    if (view.hasQuote()) {
      IcmpQuote quote = view.quote();
      put("quotedSource", new IpAddress(quote.sourceHigh(), quote.sourceLow()));
      put("quotedDestination", new IpAddress(quote.destinationHigh(), quote.destinationLow()));
      put("quotedProtocol", quote.protocolNumber());
      put("quotedPorts", quote.sourcePort() + " " + quote.destinationPort());
      putKnown("quotedSeq", quote.tcpSequence());
      putKnown("quotedDnsId", quote.dnsId());
    }
  }

  private void putKnown(String name, long value) {
    if (value >= 0) {
      put(name, value);
    }
  }

  private void put(String name, Object value) {
    fields.put(name, value.toString());
  }
}
