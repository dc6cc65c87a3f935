package io.podhop.model;

/**
 * What a point was able to see: the kernel filter and window of its capture, and every loss.
 *
 * @param filter the pcap filter in force
 * @param fromNs epoch nanoseconds (CLOCK_REALTIME) from which packets were captured
 * @param toNs epoch nanoseconds until which packets were captured
 * @param received packets that passed the filter
 * @param droppedByKernel packets the kernel dropped for want of ring space (pcap_stats ps_drop)
 * @param droppedByUs packets we received and dropped at a bound of our own
 * @param undecoded packets we received and could not read
 */
public record Coverage(
    String filter,
    long fromNs,
    long toNs,
    long received,
    long droppedByKernel,
    long droppedByUs,
    long undecoded) {
  /** Packets lost on their way to us or by us. */
  public long dropped() {
    return droppedByKernel + droppedByUs;
  }

  /** Whether "not seen" here proves "was not here": a real window and no loss of any kind. */
  public boolean complete() {
    return toNs > fromNs && dropped() == 0 && undecoded == 0;
  }
}
