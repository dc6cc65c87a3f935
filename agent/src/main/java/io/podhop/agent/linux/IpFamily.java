package io.podhop.agent.linux;

import io.podhop.model.IpAddress;

/** Address family, with the kernel's number for it. */
public enum IpFamily {
  IPV4(2),
  IPV6(10);

  private final int number;

  IpFamily(int number) {
    this.number = number;
  }

  public static IpFamily of(IpAddress address) {
    return address.isIpv4() ? IPV4 : IPV6;
  }

  /** AF_INET or AF_INET6. */
  public int number() {
    return number;
  }
}
