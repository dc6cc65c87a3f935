package io.podhop.model;

/**
 * What two workloads exchanged since a node's agent started watching; only ever grows.
 *
 * @param source {@code namespace/workload}, a node, a host name or {@code external}
 * @param requestBytes IP bytes from source to destination
 * @param replyBytes IP bytes back
 * @param failed connections whose verdict is not delivered
 * @param handshakeNs sum over the handshakes seen, {@code handshakes} of them
 */
public record PairTotals(
    String source,
    String destination,
    int port,
    Protocol protocol,
    long requestBytes,
    long replyBytes,
    long requestPackets,
    long replyPackets,
    long connections,
    long failed,
    long retransmits,
    long resets,
    long handshakes,
    long handshakeNs) {}
