package io.podhop.agent.ipam;

import io.podhop.model.PodRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The last ADDs that got no address. ipamd says so without a name, its data store says it once
 * more, and the plugin says it with the sandbox: that is one failure.
 */
final class Failures {
  private static final int MAX_FAILURES = 256;

  /** The three lines of one failure are logged within this. */
  private static final Duration SAME = Duration.ofSeconds(2);

  private static final String POOL_EMPTY = "DataStore has no available IP";

  private final List<IpamEvent.NoAddress> failures = new ArrayList<>();
  private long forgotten;

  long forgotten() {
    return forgotten;
  }

  void add(IpamEvent.NoAddress event) {
    for (int i = failures.size() - 1; i >= 0; i--) {
      IpamEvent.NoAddress known = failures.get(i);
      if (same(known, event)) {
        failures.set(i, merged(known, event));
        return;
      }
    }
    failures.add(event);
    if (failures.size() > MAX_FAILURES) {
      failures.removeFirst();
      forgotten++;
    }
  }

  List<IpamEvent.NoAddress> last() {
    return List.copyOf(failures);
  }

  private static boolean same(IpamEvent.NoAddress known, IpamEvent.NoAddress event) {
    boolean near = Duration.between(known.at(), event.at()).abs().compareTo(SAME) <= 0;
    boolean named = !known.containerId().isEmpty() && !event.containerId().isEmpty();
    if (!near || named) {
      return near && known.containerId().equals(event.containerId());
    }
    return isPool(known) != isPool(event)
        || known.containerId().isEmpty() != event.containerId().isEmpty()
        || known.equals(event);
  }

  private static boolean isPool(IpamEvent.NoAddress event) {
    return event.reason().startsWith(POOL_EMPTY);
  }

  /** ipamd's answer gives the reason; whoever names the pod gives the pod. */
  private static IpamEvent.NoAddress merged(IpamEvent.NoAddress known, IpamEvent.NoAddress event) {
    Optional<PodRef> pod = known.pod().or(event::pod);
    String container = known.containerId().isEmpty() ? event.containerId() : known.containerId();
    String reason = rank(event) < rank(known) ? event.reason() : known.reason();
    return new IpamEvent.NoAddress(
        known.at().isBefore(event.at()) ? known.at() : event.at(), pod, container, reason);
  }

  /** ipamd's answer, then the plugin's word, then the data store's. */
  private static int rank(IpamEvent.NoAddress event) {
    if (isPool(event)) {
      return 2;
    }
    return event.reason().startsWith("Failed to assign an IP address to") ? 1 : 0;
  }
}
