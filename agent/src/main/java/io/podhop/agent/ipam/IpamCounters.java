package io.podhop.agent.ipam;

/**
 * What the readers of ipamd's files have seen since start.
 *
 * @param unparsedLines lines of which nothing could be made
 * @param cutLines lines longer than the bound, of which only the beginning was read
 * @param malformedStates times a state file could not be read and the last good one was kept
 * @param forgottenAllocations holdings dropped because the history is bounded
 */
public record IpamCounters(
    long lines,
    long unparsedLines,
    long cutLines,
    long rotations,
    long truncations,
    long malformedStates,
    long forgottenAllocations) {}
