package io.podhop.agent.route;

import io.podhop.agent.linux.IpFamily;
import io.podhop.agent.linux.Sysctls;
import io.podhop.model.Citation;
import java.util.List;
import java.util.Optional;

/**
 * Whether the namespace forwards packets that are not for itself: of IPv4 by the interface they
 * came in by (net.ipv4.ip_forward sets all of them), of IPv6 by {@code all}.
 */
public final class Forwarding {
  private Forwarding() {}

  /** What becomes of a packet that would be forwarded. */
  public sealed interface Result {
    List<Citation> why();

    /** It may be forwarded, or is the node's own. */
    record Allowed(List<Citation> why) implements Result {}

    /** The kernel drops it (IpInAddrErrors, Ip6InAddrErrors). */
    record Refused(List<Citation> why) implements Result {}

    /**
     * @param because what is not known
     */
    record CannotTell(String because, List<Citation> why) implements Result {}
  }

  public static Result check(RouteSnapshot snapshot, RouteQuery packet) {
    if (packet.isOwn()) {
      return new Result.Allowed(List.of());
    }
    IpFamily family = IpFamily.of(packet.destination());
    Sysctls sysctls = snapshot.sysctls();
    String disabled = Sysctls.key(family, packet.inInterface(), "disable_ipv6");
    if (family == IpFamily.IPV6 && sysctls.flag(disabled).orElse(false)) {
      return new Result.Refused(List.of(cite(sysctls, disabled)));
    }
    String key =
        Sysctls.key(family, family == IpFamily.IPV4 ? packet.inInterface() : "all", "forwarding");
    List<Citation> why = List.of(cite(sysctls, key));
    Optional<Boolean> forwards = sysctls.forwarding(family, packet.inInterface());
    if (forwards.isEmpty()) {
      return new Result.CannotTell(sysctls.cite(key), why);
    }
    return forwards.get() ? new Result.Allowed(why) : new Result.Refused(why);
  }

  private static Citation cite(Sysctls sysctls, String key) {
    return new Citation(Citation.Source.NOTE, "sysctl", 0, sysctls.cite(key));
  }
}
