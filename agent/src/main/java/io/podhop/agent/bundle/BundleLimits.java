package io.podhop.agent.bundle;

/**
 * Bounds of a bundle; what exceeds them is refused.
 *
 * @param maxEntries files, directories and links
 * @param maxTotalBytes of an archive: all that it unpacks to; of a directory: the files to be read
 * @param maxFileBytes of a file to be read; of a longer log the end is read
 * @param maxTextBytes of a file that is held in memory as one text
 * @param maxRatio unpacked bytes for one byte of the archive, over all that was read so far
 */
public record BundleLimits(
    int maxEntries, long maxTotalBytes, long maxFileBytes, int maxTextBytes, int maxRatio) {
  /** Ten times what nodes of some hundred pods give; logs shrink to a tenth or a thirtieth. */
  public static final BundleLimits DEFAULT =
      new BundleLimits(20_000, 1L << 30, 256L << 20, 64 << 20, 200);
}
