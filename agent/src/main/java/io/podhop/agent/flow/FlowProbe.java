package io.podhop.agent.flow;

import io.podhop.agent.decode.IcmpQuote;
import io.podhop.agent.decode.PacketView;
import io.podhop.model.Protocol;

/** The key that a packet is looked up by; reused for every packet. */
final class FlowProbe {
  int point;
  int protocol;
  long sourceHigh;
  long sourceLow;
  long destinationHigh;
  long destinationLow;
  int sourcePort;
  int destinationPort;

  /**
   * What tells exchanges of one tuple apart: DNS id or echo sequence, plus one; 0 where the tuple
   * is the connection.
   */
  int discriminator;

  void setPacket(int pointIndex, PacketView view) {
    point = pointIndex;
    protocol = view.protocolNumber();
    sourceHigh = view.sourceHigh();
    sourceLow = view.sourceLow();
    destinationHigh = view.destinationHigh();
    destinationLow = view.destinationLow();
    sourcePort = view.sourcePort();
    destinationPort = view.destinationPort();
    discriminator = discriminator(view.dnsId(), view.echoSequence());
  }

  void setQuoted(int pointIndex, IcmpQuote quote) {
    point = pointIndex;
    protocol = quote.protocolNumber();
    sourceHigh = quote.sourceHigh();
    sourceLow = quote.sourceLow();
    destinationHigh = quote.destinationHigh();
    destinationLow = quote.destinationLow();
    sourcePort = quote.sourcePort();
    destinationPort = quote.destinationPort();
    discriminator = discriminator(quote.dnsId(), quote.echoSequence());
  }

  int ports() {
    return sourcePort << 16 | destinationPort;
  }

  int reversedPorts() {
    return destinationPort << 16 | sourcePort;
  }

  /** Point and protocol in one number. */
  int context() {
    return point << 8 | protocol;
  }

  /** Who asked, when nothing better is known: of two ports the lower one is the service's. */
  boolean looksLikeRequest() {
    return sourcePort >= destinationPort;
  }

  private int discriminator(int dnsId, int echoSequence) {
    if (protocol == Protocol.TCP.number()) {
      return 0;
    }
    return protocol == Protocol.UDP.number() ? dnsId + 1 : echoSequence + 1;
  }
}
