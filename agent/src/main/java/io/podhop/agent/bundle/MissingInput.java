package io.podhop.agent.bundle;

import io.podhop.agent.correlate.NodePart;
import java.util.List;
import java.util.Optional;

/**
 * Something that a bundle does not hold.
 *
 * @param lookedFor the files that would have said it; empty for what no bundle holds
 * @param unknowable what cannot be known without it, as a sentence for people
 * @param part of the view that it would have been; empty when it would have been none by itself
 */
public record MissingInput(List<String> lookedFor, String unknowable, Optional<NodePart> part) {
  public MissingInput {
    lookedFor = List.copyOf(lookedFor);
  }

  /** {@code no networking/iprule.txt: …}. */
  @Override
  public String toString() {
    return lookedFor.isEmpty()
        ? "in no bundle: " + unknowable
        : "no " + String.join(" or ", lookedFor) + ": " + unknowable;
  }
}
