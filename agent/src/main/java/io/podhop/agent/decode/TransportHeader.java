package io.podhop.agent.decode;

/**
 * The fields of a TCP, UDP or ICMP header. Only those of the {@link #kind} are valid, the others
 * are left from packets before: clearing all of them for every packet would cost as much as
 * decoding.
 */
final class TransportHeader {
  static final int NONE = 0;
  static final int TCP = 1;
  static final int UDP = 2;

  /** ICMP and ICMPv6. */
  static final int ICMP = 3;

  int kind;

  // Of every kind.
  int sourcePort;
  int destinationPort;
  int headerLength;
  int payloadLength;

  // Of TCP.
  long sequence;
  long acknowledgment;
  int flags;
  int window;
  boolean optionsTruncated;
  int mss;
  int windowScale;
  boolean sackPermitted;
  long timestampValue;
  long timestampEcho;
  int sackBlocks;

  /** Where the first SACK block is in the buffer. */
  int sackAt;

  // Of ICMP.
  int icmpType;
  int icmpCode;
  int echoIdentifier;
  int echoSequence;
  long icmpMtu;

  void clearOptions() {
    mss = -1;
    windowScale = -1;
    sackPermitted = false;
    timestampValue = -1;
    timestampEcho = -1;
    sackBlocks = 0;
  }
}
