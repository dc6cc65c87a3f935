package io.podhop.agent.capture;

import java.util.HashMap;
import java.util.Map;

/** A filter for frames of any link type: compiled for each when its first frame comes. */
final class FrameFilter {
  /** Link types of one file; more is not a capture any more. */
  private static final int MAX_LINK_TYPES = 256;

  private final String text;
  private final Map<Integer, FilterRun> compiled = new HashMap<>();

  private FrameFilter(String text) {
    this.text = text;
  }

  /**
   * @param text pcap-filter(7); empty lets everything pass
   * @throws CaptureException when it does not compile for Ethernet
   */
  static FrameFilter of(String text) throws CaptureException {
    FrameFilter filter = new FrameFilter(text);
    if (!text.isEmpty()) {
      filter.compile(LinkTypes.ETHERNET);
    }
    return filter;
  }

  boolean passes(int linkType, byte[] buffer, int offset, int captured, int wire)
      throws CaptureException {
    if (text.isEmpty()) {
      return true;
    }
    FilterRun run = compiled.get(linkType);
    if (run == null) {
      run = compile(linkType);
    }
    return run.keep(buffer, offset, captured, wire) != 0;
  }

  private FilterRun compile(int linkType) throws CaptureException {
    if (compiled.size() == MAX_LINK_TYPES) {
      throw new CaptureException("more than " + MAX_LINK_TYPES + " link types");
    }
    Snapshot any = Snapshot.of(FileFormat.MAX_CAPTURED_BYTES);
    FilterRun run = new FilterRun(FilterCompiler.compile(linkType, text, any));
    compiled.put(linkType, run);
    return run;
  }
}
