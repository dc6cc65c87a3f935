package io.podhop.e2e;

/** The lab's pods as {@code namespace/name}; the lab gives them the same names every time. */
final class LabPods {
  /** On node-a, with an address of its primary ENI. */
  static final String WEB = "shop/web-7c9f5d8b6-x2x4k";

  /** On node-a, primary ENI. */
  static final String CART = "shop/cart-0";

  /** On node-a, secondary ENI. */
  static final String API = "shop/api-5b8d9c7f44-q8w2z";

  /** On node-a, secondary ENI. */
  static final String PAY = "shop/pay-0";

  /** On node-b, secondary ENI. */
  static final String DB = "shop/db-0";

  /** On node-b, primary ENI; answers DNS. */
  static final String DNS = "infra/dns-6f7b8c9d5-t4v6s";

  static final String INTERNET = "203.0.113.10";

  private LabPods() {}
}
