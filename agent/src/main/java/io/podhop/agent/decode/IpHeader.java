package io.podhop.agent.decode;

/**
 * The fields of an IPv4 or IPv6 header with its extension headers; {@link IpDecoder} writes all of
 * them, so nothing is cleared between packets.
 */
final class IpHeader {
  int version;
  long sourceHigh;
  long sourceLow;
  long destinationHigh;
  long destinationLow;
  int ttl;
  long id;
  boolean dontFragment;
  boolean moreFragments;
  int fragmentOffset;
  int length;
  int protocol;

  /** Where the transport header begins in the buffer. */
  int payloadAt;

  /** Bytes from there to the packet's end by the IP length. */
  int payloadLength;

  void copy(IpHeader other) {
    version = other.version;
    sourceHigh = other.sourceHigh;
    sourceLow = other.sourceLow;
    destinationHigh = other.destinationHigh;
    destinationLow = other.destinationLow;
    ttl = other.ttl;
    id = other.id;
    dontFragment = other.dontFragment;
    moreFragments = other.moreFragments;
    fragmentOffset = other.fragmentOffset;
    length = other.length;
    protocol = other.protocol;
    payloadAt = other.payloadAt;
    payloadLength = other.payloadLength;
  }

  void reset() {
    version = 0;
    sourceHigh = 0;
    sourceLow = 0;
    destinationHigh = 0;
    destinationLow = 0;
    ttl = -1;
    id = -1;
    dontFragment = false;
    moreFragments = false;
    fragmentOffset = 0;
    length = 0;
    protocol = -1;
    payloadAt = 0;
    payloadLength = 0;
  }
}
