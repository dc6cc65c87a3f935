package io.podhop.agent.ipam;

/**
 * Bounds of following one log.
 *
 * @param maxLineBytes a longer line is cut there
 * @param maxBackups how many rotated files are read at the start, newest ones first
 * @param maxBackupBytes how much text they may hold together, unpacked
 */
public record FollowLimits(int maxLineBytes, int maxBackups, long maxBackupBytes) {
  /** Lines of 256 KiB; what VPC CNI keeps, as long as it is no more than 64 MiB of text. */
  public static final FollowLimits DEFAULT = new FollowLimits(256 * 1024, 24, 64L << 20);
}
