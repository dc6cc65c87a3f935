package io.podhop.agent.capture;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;

/**
 * The libpcap calls of the hot loop, through jnr-ffi: pcap4j's own per-packet path allocates and is
 * an order of magnitude slower. Handles still come from pcap4j. Public because jnr-ffi's generated
 * class lives elsewhere; nobody else should call it.
 */
public interface LibPcap {
  int pcap_next_ex(Pointer handle, Pointer header, Pointer data);

  int pcap_get_selectable_fd(Pointer handle);

  int pcap_datalink(Pointer handle);

  String pcap_geterr(Pointer handle);

  /** Debian names the library libpcap.so.0.8, Amazon Linux libpcap.so.1. */
  static LibPcap load() {
    try {
      return load("libpcap.so.0.8");
    } catch (UnsatisfiedLinkError e) {
      return load("libpcap.so.1");
    }
  }

  private static LibPcap load(String fileName) {
    return LibraryLoader.create(LibPcap.class).failImmediately().load(fileName);
  }
}
