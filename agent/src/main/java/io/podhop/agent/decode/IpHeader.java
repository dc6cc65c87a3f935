package io.podhop.agent.decode;

/** The fields of an IPv4 or IPv6 header with its extension headers. */
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
