package io.podhop.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Trace and span ids that are derived, not dealt: two nodes that never spoke give one connection
 * the same id, and delivering a span twice changes nothing.
 */
public final class TraceIds {
  /** Width of the coarse time that joins a connection without a better identity, in seconds. */
  public static final long COARSE_SECONDS = 600;

  private TraceIds() {}

  /** The id of a TCP connection whose SYN was seen. The ISN is unsigned 32 bit. */
  public static String ofTcp(FlowKey wire, long clientIsn) {
    return traceId(Identity.TCP_ISN, wire, clientIsn & 0xffff_ffffL);
  }

  /** The id of an ICMP echo exchange: the wire tuple already holds the identifier. */
  public static String ofEcho(FlowKey wire, int sequence) {
    return traceId(Identity.ICMP_ECHO, wire, sequence);
  }

  /** The id of a DNS exchange over UDP, from its id and a hash of its question. */
  public static String ofDns(FlowKey wire, int dnsId, int questionHash) {
    return traceId(Identity.DNS, wire, (long) dnsId << 32 | questionHash & 0xffff_ffffL);
  }

  /**
   * The id of anything joined late. Ambiguous when a tuple is used twice within the coarse time.
   */
  public static String ofTuple(FlowKey wire, long timeNs) {
    return traceId(Identity.TUPLE, wire, timeNs / 1_000_000_000L / COARSE_SECONDS);
  }

  /**
   * The id of what the CNI did to add a sandbox, which it does once.
   *
   * @param containerId the sandbox id
   */
  public static String ofAdd(String node, String containerId) {
    return hex("cni-add|" + node + "|" + containerId, 16);
  }

  /**
   * The span id of one thing said about a trace: {@code kind} names it, {@code place} tells where.
   */
  public static String spanId(String traceId, String place, String kind) {
    return hex(traceId + "|" + place + "|" + kind, 8);
  }

  /** The span of the whole connection: parent of everything that both nodes say. */
  public static String rootSpanId(String traceId) {
    return spanId(traceId, "", "connection");
  }

  private static String traceId(Identity identity, FlowKey wire, long discriminator) {
    // The identifiers of an ICMP tuple are not in its text.
    String ports = wire.sourcePort() + ">" + wire.destinationPort();
    String text = identity + "|" + wire + "|" + ports + "|" + Long.toUnsignedString(discriminator);
    return hex(text, 16);
  }

  private static String hex(String text, int bytes) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
