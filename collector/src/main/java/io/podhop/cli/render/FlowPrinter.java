package io.podhop.cli.render;

import io.podhop.model.Flow;
import java.io.IOException;

/** Prints flows one after the other as they come; keeps none of them. */
public sealed interface FlowPrinter permits FlowLines, FlowObjects {
  void flow(Flow flow) throws IOException;

  /**
   * Says that flows of a node are missing.
   *
   * @param count how many, as far as known; 0 when that is not known
   */
  void lost(String node, long count, String reason) throws IOException;
}
