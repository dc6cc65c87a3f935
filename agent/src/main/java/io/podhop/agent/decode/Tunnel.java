package io.podhop.agent.decode;

/** What carried the packet that a {@link PacketView} speaks of. */
public enum Tunnel {
  /** Nothing: the packet is the frame's own. */
  NONE,
  /** An Ethernet frame in UDP (RFC 7348), by port 4789 or Linux's earlier 8472. */
  VXLAN,
  /** An IP packet straight in another: protocol 4 (RFC 2003, RFC 2473) or 41 (RFC 4213). */
  IP_IN_IP
}
