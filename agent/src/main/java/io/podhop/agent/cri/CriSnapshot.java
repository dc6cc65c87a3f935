package io.podhop.agent.cri;

import io.podhop.model.IpAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The pod sandboxes of one answer of the container runtime.
 *
 * @param warnings a sentence for each thing that makes the list incomplete or old
 */
public record CriSnapshot(List<Sandbox> sandboxes, List<String> warnings) {
  public static final CriSnapshot EMPTY = new CriSnapshot(List.of(), List.of());

  private static final Comparator<Sandbox> BY_CLAIM =
      Comparator.comparing(Sandbox::ready).thenComparing(Sandbox::created);

  public CriSnapshot {
    sandboxes = List.copyOf(sandboxes);
    warnings = List.copyOf(warnings);
  }

  public Optional<Sandbox> byId(String id) {
    return sandboxes.stream().filter(sandbox -> sandbox.id().equals(id)).findFirst();
  }

  /**
   * Who has the address; when several sandboxes name it, the one that runs, and of those the
   * youngest.
   */
  public Optional<Sandbox> byAddress(IpAddress address) {
    return sandboxes.stream()
        .filter(sandbox -> sandbox.addresses().contains(address))
        .max(BY_CLAIM);
  }
}
