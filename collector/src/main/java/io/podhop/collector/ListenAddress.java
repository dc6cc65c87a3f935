package io.podhop.collector;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** An address to listen on, as {@code host:port} or {@code [ipv6]:port}; port 0 picks one. */
record ListenAddress(String host, int port) {
  /**
   * @throws IllegalArgumentException with a sentence for people
   */
  static ListenAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    String digits = text.substring(colon + 1);
    if (colon <= 0 || !digits.matches("\\d{1,5}") || Integer.parseInt(digits) > 65_535) {
      throw new IllegalArgumentException(
          "not an address to listen on: '" + text + "'; write HOST:PORT");
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return new ListenAddress(
        bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(digits));
  }

  InetSocketAddress socketAddress() {
    return new InetSocketAddress(address(), port);
  }

  boolean isLoopback() {
    return address().isLoopbackAddress();
  }

  private InetAddress address() {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("cannot listen on " + this + ": unknown host", e);
    }
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
