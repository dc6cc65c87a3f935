package io.podhop.agent.linux;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** Takes a capability from the calling thread, and from threads that it starts afterwards. */
final class ThreadCapabilities {
  static final int CAP_SYS_ADMIN = 21;

  private static final int VERSION_3 = 0x20080522;

  private ThreadCapabilities() {}

  static void drop(int capability) {
    LibCap library = LibraryLoader.create(LibCap.class).load("c");
    Pointer header = Memory.allocateDirect(Runtime.getRuntime(library), 8);
    Pointer sets = Memory.allocateDirect(Runtime.getRuntime(library), 24);
    header.putInt(0, VERSION_3);
    header.putInt(4, 0);
    check(library.capget(header, sets));
    sets.putInt(0, sets.getInt(0) & ~(1 << capability));
    check(library.capset(header, sets));
  }

  private static void check(int result) {
    if (result != 0) {
      throw new AssertionError("this test needs root");
    }
  }

  /** capget(2) and capset(2). */
  public interface LibCap {
    int capget(Pointer header, Pointer sets);

    int capset(Pointer header, Pointer sets);
  }
}
