package io.podhop.agent.judge;

import io.podhop.agent.judge.SightBook.Counters;
import io.podhop.model.Coverage;
import java.util.ArrayList;
import java.util.List;

/** One point's counters over time; the older, the coarser. */
final class SightHistory {
  private static final int MAX_NOTES = 128;

  private final String filter;
  private final long openedNs;
  private final List<Note> notes = new ArrayList<>(MAX_NOTES);
  private long closedNs = Long.MAX_VALUE;

  SightHistory(String filter, long openedNs) {
    this.filter = filter;
    this.openedNs = openedNs;
    notes.add(new Note(openedNs, Counters.ZERO));
  }

  private record Note(long atNs, Counters counters) {}

  synchronized void note(long atNs, Counters counters) {
    if (notes.size() == MAX_NOTES) {
      thin();
    }
    notes.add(new Note(atNs, counters));
  }

  /** Every second one of the older half goes, never the first. */
  private void thin() {
    for (int i = MAX_NOTES / 2 - 1; i > 0; i -= 2) {
      notes.remove(i);
    }
  }

  synchronized void close(long atNs) {
    closedNs = atNs;
  }

  synchronized boolean closedBefore(long atNs) {
    return closedNs < atNs;
  }

  synchronized boolean overlaps(long fromNs, long toNs) {
    return openedNs <= toNs && closedNs >= fromNs;
  }

  synchronized Coverage between(long fromNs, long toNs) {
    Counters before = before(fromNs);
    Counters after = after(toNs);
    return new Coverage(
        filter,
        Math.max(openedNs, fromNs),
        Math.min(closedNs, toNs),
        after.received() - before.received(),
        after.droppedByKernel() - before.droppedByKernel(),
        after.droppedByUs() - before.droppedByUs(),
        after.undecoded() - before.undecoded());
  }

  /** The last ones noted before; who asks, asks of the latest seconds. */
  private Counters before(long ns) {
    int at = notes.size() - 1;
    while (at > 0 && notes.get(at).atNs() > ns) {
      at--;
    }
    return notes.get(at).counters();
  }

  /** The first ones noted after; the newest when none was yet. */
  private Counters after(long ns) {
    int at = notes.size() - 1;
    while (at > 0 && notes.get(at - 1).atNs() >= ns) {
      at--;
    }
    return notes.get(at).counters();
  }
}
