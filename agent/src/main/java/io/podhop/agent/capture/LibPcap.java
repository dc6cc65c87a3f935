package io.podhop.agent.capture;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;

/**
 * The libpcap calls that compile a filter without a device: pcap4j does not give the instructions
 * out. Public because jnr-ffi's generated class lives elsewhere; nobody else should call it.
 */
public interface LibPcap {
  Pointer pcap_open_dead(int linkType, int snapshotBytes);

  int pcap_compile(Pointer handle, Pointer program, String text, int optimize, int netmask);

  String pcap_geterr(Pointer handle);

  void pcap_freecode(Pointer program);

  void pcap_close(Pointer handle);

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
