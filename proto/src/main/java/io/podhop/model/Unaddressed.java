package io.podhop.model;

import java.util.List;

/**
 * A pod that asked for an address and got none.
 *
 * @param reason one sentence; what ipamd's logs accuse
 * @param evidence the lines that say so
 */
public record Unaddressed(PodRef pod, String reason, List<Citation> evidence) {
  public Unaddressed {
    evidence = List.copyOf(evidence);
  }
}
