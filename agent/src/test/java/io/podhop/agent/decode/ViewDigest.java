package io.podhop.agent.decode;

/** Everything a view tells, folded into one number; equal for views that tell the same. */
final class ViewDigest {
  private long hash;

  private ViewDigest() {}

  static long of(DecodeStatus status, PacketView view) {
    ViewDigest digest = new ViewDigest();
    digest.add(status.ordinal(), view.hasTransport(), view.hasDns(), view.hasQuote());
    digest.addIp(view);
    digest.addTransport(view);
    digest.addDns(view);
    digest.addQuote(view.quote());
    digest.add(view.hasQuicInitial(), view.quicVersion(), view.quicConnectionId());
    digest.add(view.quicConnectionIdLength(), view.quicSourceConnectionIdLength());
    digest.add(view.quicConnectionIdText().hashCode());
    return digest.hash;
  }

  private void addIp(PacketView view) {
    add(view.tunnel().ordinal(), view.vni(), view.vlanId(), view.outerVlanId());
    add(view.outerSourceHigh(), view.outerSourceLow());
    add(view.outerDestinationHigh(), view.outerDestinationLow());
    add(view.ipVersion(), view.ttl(), view.ipId(), view.ipLength(), view.protocolNumber());
    add(view.sourceHigh(), view.sourceLow(), view.destinationHigh(), view.destinationLow());
    add(view.dontFragment(), view.moreFragments(), view.fragmentOffsetBytes());
  }

  private void addTransport(PacketView view) {
    add(view.sourcePort(), view.destinationPort(), view.payloadLength());
    add(view.tcpSequence(), view.tcpAcknowledgment(), view.tcpFlags(), view.tcpHeaderLength());
    add(view.tcpWindow(), view.tcpMss(), view.tcpWindowScale(), view.tcpSackPermitted());
    add(view.tcpTimestampValue(), view.tcpTimestampEcho(), view.optionsTruncated());
    add(view.tcpSackBlocks());
    for (int i = 0; i < view.tcpSackBlocks(); i++) {
      add(view.tcpSackLeft(i), view.tcpSackRight(i));
    }
    add(view.icmpType(), view.icmpCode(), view.icmpMtu());
    add(view.echoIdentifier(), view.echoSequence(), view.isEchoRequest(), view.isEchoReply());
  }

  private void addDns(PacketView view) {
    add(view.dnsId(), view.dnsResponse(), view.dnsRcode(), view.dnsTruncated());
    add(view.dnsQuestionType(), view.dnsQuestionHash(), view.questionName().hashCode());
    add(view.forEachAnswer((high, low, ttl) -> add(high, low, ttl)));
  }

  private void addQuote(IcmpQuote quote) {
    add(quote.protocolNumber(), quote.sourcePort(), quote.destinationPort());
    add(quote.sourceHigh(), quote.sourceLow(), quote.destinationHigh(), quote.destinationLow());
    add(quote.tcpSequence(), quote.echoSequence(), quote.dnsId());
  }

  private void add(Object... values) {
    for (Object value : values) {
      hash = hash * 31 + value.hashCode();
    }
  }
}
