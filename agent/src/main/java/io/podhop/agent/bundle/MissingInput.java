package io.podhop.agent.bundle;

import java.util.List;

/**
 * Something that a bundle does not hold.
 *
 * @param lookedFor the files that would have said it; empty for what no bundle holds
 * @param unknowable what cannot be known without it, as a sentence for people
 */
public record MissingInput(List<String> lookedFor, String unknowable) {
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
