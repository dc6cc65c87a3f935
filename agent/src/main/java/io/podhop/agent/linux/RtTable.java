package io.podhop.agent.linux;

/** What rtnetlink(7) can list. */
public enum RtTable {
  LINKS(18, 16),
  ADDRESSES(22, 8),
  ROUTES(26, 12),
  NEIGHBOURS(30, 12),
  RULES(34, 12);

  private final int request;
  private final int headerBytes;

  RtTable(int request, int headerBytes) {
    this.request = request;
    this.headerBytes = headerBytes;
  }

  /** Size of the fixed header (rtmsg, ndmsg, …) before the attributes. */
  public int headerBytes() {
    return headerBytes;
  }

  /** The RTM_GET… number. */
  int request() {
    return request;
  }

  /** The RTM_NEW… number, which the kernel answers with. */
  int answer() {
    return request - 2;
  }
}
