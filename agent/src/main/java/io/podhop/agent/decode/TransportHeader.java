package io.podhop.agent.decode;

/** The fields of a TCP, UDP or ICMP header. */
final class TransportHeader {
  boolean present;
  int sourcePort;
  int destinationPort;
  int payloadLength;
  long sequence;
  long acknowledgment;
  int flags;
  int headerLength;
  int window;
  int mss;
  int windowScale;
  boolean sackPermitted;
  long timestampValue;
  long timestampEcho;
  int icmpType;
  int icmpCode;
  int echoIdentifier;
  int echoSequence;
  long icmpMtu;

  void reset() {
    present = false;
    sourcePort = 0;
    destinationPort = 0;
    payloadLength = 0;
    sequence = -1;
    acknowledgment = -1;
    flags = 0;
    headerLength = 0;
    window = -1;
    mss = -1;
    windowScale = -1;
    sackPermitted = false;
    timestampValue = -1;
    timestampEcho = -1;
    icmpType = -1;
    icmpCode = -1;
    echoIdentifier = -1;
    echoSequence = -1;
    icmpMtu = -1;
  }
}
