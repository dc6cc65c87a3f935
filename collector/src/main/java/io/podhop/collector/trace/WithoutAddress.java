package io.podhop.collector.trace;

import io.podhop.collector.stitch.Judge;
import io.podhop.model.Endpoint;
import io.podhop.model.IpAddress;
import io.podhop.model.Owner;
import io.podhop.model.Unaddressed;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A trace of a pod that never got an address: nothing can be sent, and why is known. */
final class WithoutAddress {
  private static final IpAddress NONE = IpAddress.ofIpv4(0);

  private WithoutAddress() {}

  static void conclude(Unaddressed pod, Ask ask, Consumer<Progress> progress) {
    String name = pod.pod().name();
    boolean isSource = ask.source().equals(name) || ask.source().endsWith("/" + name);
    Endpoint without =
        new Endpoint(NONE, 0, new Owner.Pod(pod.pod(), "", "", "", Optional.empty()));
    Endpoint other = new Endpoint(NONE, 0, new Owner.Unknown());
    progress.accept(
        new Progress.Resolved(
            isSource ? without : other,
            isSource ? other : without,
            ask.protocol(),
            List.of(),
            List.of()));
    progress.accept(new Progress.Concluded(0, 0, Judge.noAddress(pod, isSource), ""));
  }
}
