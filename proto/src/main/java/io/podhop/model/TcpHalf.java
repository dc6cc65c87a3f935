package io.podhop.model;

/**
 * What one end of a TCP connection sent, as seen at one point.
 *
 * @param mss maximum segment size option of its SYN; -1 when none was seen
 * @param windowScale shift of its SYN's window scale option; -1 when none was seen
 * @param maxWindowBytes the largest receive window it announced, scaled when the scale is known
 * @param retransmits segments sent again soon after duplicate acknowledgments (fast retransmit, RFC
 *     5681)
 * @param timeouts segments sent again after a pause without that sign (retransmission timeout, RFC
 *     6298), SYN included
 * @param duplicateAcks acknowledgments that repeat the last one without need (RFC 5681, 2)
 * @param outOfOrder segments that came behind later ones and are no retransmission
 * @param zeroWindows times its window closed
 * @param unseenBytes bytes that the other end acknowledged and that never passed this capture: loss
 *     of the capture, or another way through the network, not loss of the connection
 * @param rtt from its segments to the other end's acknowledgments
 */
public record TcpHalf(
    int mss,
    int windowScale,
    long maxWindowBytes,
    long retransmits,
    long timeouts,
    long duplicateAcks,
    long outOfOrder,
    long zeroWindows,
    long unseenBytes,
    Rtt rtt) {
  public static final TcpHalf UNKNOWN = new TcpHalf(-1, -1, 0, 0, 0, 0, 0, 0, 0, Rtt.NONE);
}
