package io.podhop.agent.linux;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Interface names by index, of one network namespace at one moment. */
public final class InterfaceNames {
  private final Map<Integer, String> names = new HashMap<>();

  public InterfaceNames(List<Link> links) {
    for (Link link : links) {
      names.put(link.ifindex(), link.name());
    }
  }

  /** The name; {@code if7} when the interface is unknown; empty for index 0. */
  public String of(int ifindex) {
    return ifindex == 0 ? "" : names.getOrDefault(ifindex, "if" + ifindex);
  }
}
